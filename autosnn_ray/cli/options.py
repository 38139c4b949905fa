"""Options that several commands share, declared once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from autosnn_ray.cluster.plan import Plan
    from autosnn_ray.profiles import EnergyModel
    from autosnn_ray.training import TrainSettings


def number(given: object) -> float:
    """Reads a number, ``nan`` and ``inf`` included, so that what uses it can say what it expects in their place.

    Example:
        >>> number("-0.08")
        -0.08
    """
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError(f"expected a number, got {given!r}")
    return float(given)


def amount(given: object) -> float | None:
    """Reads a number that may be left out.

    Example:
        >>> amount("0.25"), amount(None)
        (0.25, None)
    """
    return None if given is None else number(given)


def add_training_options(parser: ArgumentParser) -> None:
    """Adds the options of ``TrainSettings``."""
    parser.add_argument("--epochs", type=int, default=30, help="passes over the training samples")
    parser.add_argument("--batch-size", type=int, default=32, help="samples a training step")
    parser.add_argument("--learning-rate", type=number, default=4e-3, help="peak rate of Adam")
    parser.add_argument("--schedule", type=str, default="one_cycle", help="course of the rate: constant or one_cycle")
    parser.add_argument(
        "--distillation", type=number, default=0.0, help="share of the loss that follows the first path of a step"
    )
    parser.add_argument("--loss", type=str, default="mse", help="mse (squared error of firing rates) or cross_entropy")
    parser.add_argument(
        "--precision", type=str, default="float32", help="of activations: float32, or bfloat16 on hardware made for it"
    )
    parser.add_argument(
        "--memory",
        type=number,
        default=None,
        help="gigabytes that activations may take: steps are cut and recomputed to fit (default: no limit)",
    )


def training_settings(options: Namespace) -> TrainSettings:
    """Returns the settings that the options of ``add_training_options`` give."""
    from autosnn_ray.training import TrainSettings

    return TrainSettings(
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        schedule=options.schedule,
        loss=options.loss,
        memory=options.memory,
        distillation=options.distillation,
        precision=options.precision,
    )


def add_neuron_options(parser: ArgumentParser) -> None:
    """Adds the options of ``NeuronSettings``."""
    parser.add_argument("--timesteps", type=int, default=4, help="simulation steps T a sample")
    parser.add_argument("--neuron", type=str, default="plif", help="plif (learned time constant), lif or if")
    parser.add_argument("--tau", type=number, default=2.0, help="membrane time constant at the start, in time steps")
    parser.add_argument("--threshold", type=number, default=1.0, help="membrane voltage at which a neuron fires")
    parser.add_argument(
        "--decay-input",
        type=bool,
        default=True,
        help="true: the input is divided by tau like the voltage; false: it enters whole (networks with "
        "average pooling are silent otherwise)",
    )
    parser.add_argument(
        "--surrogate",
        type=str,
        default="atan",
        help="gradient of a spike: atan, super, triangle, tanh, circ, heavi_erfc",
    )


def add_ray_options(parser: ArgumentParser) -> None:
    """Adds the options that say where candidates are evaluated."""
    parser.add_argument(
        "--address",
        type=str | None,
        default=None,
        help="a Ray cluster's address; without it Ray is started here",
    )
    parser.add_argument("--num-cpus", type=int | None, default=None, help="CPUs of the Ray started here (default: all)")
    parser.add_argument(
        "--concurrent",
        type=int | None,
        default=None,
        help="candidates side by side (default: as many as there is room for at the start)",
    )
    parser.add_argument(
        "--cpus-per-candidate", type=amount, default=None, help="CPUs and threads for one candidate (default: 1)"
    )
    parser.add_argument(
        "--gpus-per-candidate",
        type=amount,
        default=None,
        help="GPUs for one candidate; with 0.25 four share one (default: none)",
    )
    parser.add_argument(
        "--seconds-per-candidate",
        type=amount,
        default=None,
        help="an evaluation that takes longer is ended, and its candidate counts as failed (default: no limit)",
    )
    parser.add_argument(
        "--storage",
        type=str | None,
        default=None,
        help="folder below which RUN is, that outlives the machine, such as a network file system; for search and "
        "resume also a URL (s3://bucket/runs): RUN is here, and is copied there every few seconds",
    )
    parser.add_argument(
        "--runtime-env",
        type=str | None,
        default=None,
        help="Ray's runtime environment of the evaluating processes (env_vars, pip …): JSON, or a file of it",
    )


def add_energy_options(parser: ArgumentParser) -> None:
    """Adds the constants of ``EnergyModel``."""
    parser.add_argument("--mac-energy", type=number, default=4.6, help="of a multiply-accumulate, pJ (real inputs)")
    parser.add_argument("--accumulate-energy", type=number, default=0.9, help="of an accumulate, pJ (spikes)")


def energy_model(options: Namespace) -> EnergyModel:
    """Returns the model that the options of ``add_energy_options`` give."""
    from autosnn_ray.profiles import EnergyModel

    return EnergyModel(options.mac_energy * 1e-12, options.accumulate_energy * 1e-12)


def ray_arguments(options: Namespace, *, storage: bool = True) -> dict[str, Any]:
    """Returns those of ``add_ray_options`` that were given, as arguments of ``search``, ``resume`` and the like."""
    names = (
        "address", "num_cpus", "concurrent", "cpus_per_candidate", "gpus_per_candidate", "seconds_per_candidate",
        "storage", "runtime_env",
    )  # fmt: skip
    given = {name: options[name] for name in names if options[name] is not None}
    if "runtime_env" in given:
        given["runtime_env"] = _read_json("--runtime-env", given["runtime_env"])
    if not storage:
        given.pop("storage", None)
    return given


def _read_json(option: str, given: str) -> dict[str, Any]:
    """Reads an object from JSON, or from a file that holds it."""
    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
        content = json.loads(text)
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{option}: expected JSON, or a file of it, got {given!r}: {error}") from error
    if not isinstance(content, dict):
        raise InvalidInputError(f"{option}: expected an object in JSON, got {type(content).__name__}")
    return content


def plan_to_train(options: Namespace, run: Path) -> Plan:
    """Reads what a run searched and with what data, wherever the options say that these are now."""
    from autosnn_ray.cluster.plan import plan_of
    from autosnn_ray.data import load_described
    from autosnn_ray.journal import read_journal

    config = read_journal(run).config
    data = load_described(config["data"], options.data_folder) if options.data_folder else None
    return plan_of(run, config, supernet=options.supernet, data=data)
