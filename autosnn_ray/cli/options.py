"""Options that several commands share, declared once."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem
    from autosnn_ray.profiles import EnergyModel
    from autosnn_ray.spiking.neurons import NeuronSettings
    from autosnn_ray.training import TrainSettings


class _OptionType:
    """Reads an option; the help shows its name where it would show a function's address."""

    def __init__(self, read: Callable[[object], Any]) -> None:
        update_wrapper(self, read)
        self._read, self._name = read, read.__name__

    def __call__(self, given: object) -> Any:
        return self._read(given)

    def __repr__(self) -> str:
        return self._name


@_OptionType
def number(given: object) -> float:
    """Reads a number, ``nan`` and ``inf`` included, so that what uses it can say what it expects in their place.

    Example:
        >>> number("-0.08")
        -0.08
    """
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError(f"expected a number, got {given!r}")
    return float(given)


@_OptionType
def amount(given: object) -> float | None:
    """Reads a number that may be left out.

    Example:
        >>> amount("0.25"), amount(None)
        (0.25, None)
    """
    return None if given is None else number(given)


def group(parser: ArgumentParser, title: str, about: str | None = None) -> Any:
    """Returns the group of a title in a command's help, made where it is missing."""
    return (parser.groups or {}).get(title) or parser.add_argument_group(title, about, name=title)


def add_training_options(parser: ArgumentParser) -> None:
    """Adds the options of ``TrainSettings``."""
    shown = group(parser, "training")
    shown.add_argument("--epochs", type=int, default=30, help="passes over the training samples")
    shown.add_argument("--batch-size", type=int, default=32, help="samples a training step")
    shown.add_argument("--learning-rate", type=number, default=4e-3, help="peak rate of Adam")
    shown.add_argument("--schedule", type=str, default="one_cycle", help="course of the rate: constant or one_cycle")
    shown.add_argument(
        "--distillation", type=number, default=0.0, help="share of the loss that follows the first path of a step"
    )
    shown.add_argument("--loss", type=str, default="mse", help="mse (squared error of firing rates) or cross_entropy")
    shown.add_argument(
        "--precision", type=str, default="float32", help="of activations: float32, or bfloat16 on hardware made for it"
    )
    shown.add_argument(
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


def add_neuron_options(parser: ArgumentParser, *, by_default: bool = True) -> None:
    """Adds T and the options of ``NeuronSettings``.

    Args:
        parser: Where to.
        by_default: Whether T has a default; without, it is None where it is not given.
    """
    shown = group(parser, "time steps and neurons")
    shown.add_argument(
        "--timesteps",
        type=int if by_default else int | None,
        default=4 if by_default else None,
        help="simulation steps T a sample" + ("" if by_default else " (default: 4, or the supernet's)"),
    )
    shown.add_argument(
        "--neuron",
        type=str,
        default="plif",
        help="plif (learned time constant), lif, if, or MODULE:NAME of a Norse step or cell",
    )
    shown.add_argument("--tau", type=number, default=2.0, help="membrane time constant at the start, in time steps")
    shown.add_argument("--threshold", type=number, default=1.0, help="membrane voltage at which a neuron fires")
    shown.add_argument(
        "--decay-input",
        type=bool,
        default=True,
        help="true: the input is divided by tau like the voltage; false: it enters whole (networks with "
        "average pooling are silent otherwise)",
    )
    shown.add_argument(
        "--surrogate",
        type=str,
        default="atan",
        help="gradient of a spike: atan, super, triangle, tanh, circ, heavi_erfc",
    )


def neuron_model(name: str) -> str:
    """Returns a neuron's name; one of the user's own, ``module:attribute``, is imported: it was asked for here."""
    from autosnn_ray.spiking.own_neurons import allow_neuron

    if ":" in name:
        allow_neuron(name)
    return name


def neuron_settings(options: Namespace) -> NeuronSettings:
    """Returns the settings that the options of ``add_neuron_options`` give."""
    from autosnn_ray.spiking.neurons import NeuronSettings

    return NeuronSettings(
        model=neuron_model(options.neuron),
        tau=options.tau,
        threshold=options.threshold,
        decay_input=options.decay_input,
        surrogate=options.surrogate,
    )


def add_energy_options(parser: ArgumentParser) -> None:
    """Adds the constants of ``EnergyModel``."""
    shown = group(parser, "energy estimate")
    shown.add_argument("--mac-energy", type=number, default=4.6, help="of a multiply-accumulate, pJ (real inputs)")
    shown.add_argument("--accumulate-energy", type=number, default=0.9, help="of an accumulate, pJ (spikes)")


def energy_model(options: Namespace) -> EnergyModel:
    """Returns the model that the options of ``add_energy_options`` give."""
    from autosnn_ray.profiles import EnergyModel

    return EnergyModel(options.mac_energy * 1e-12, options.accumulate_energy * 1e-12)


def add_moved_options(parser: ArgumentParser, *, supernet: bool = True) -> None:
    """Adds the options that say where a run's supernet and data are now."""
    shown = group(parser, "where supernet and data are now")
    if supernet:
        shown.add_argument("--supernet", type=str | None, default=None, help="folder of the supernet, if it has moved")
    shown.add_argument(
        "--data", type=str | None, default=None, help="where the run's own data, a file or a folder, are now"
    )
    shown.add_argument(
        "--data-folder", type=str | None, default=None, help="where the files of its data set are now, if they moved"
    )


def moved_data(options: Namespace) -> str | None:
    """Returns where a run's data are now, if the options of ``add_moved_options`` say so."""
    found: str | None = options.data or options.data_folder
    return found


def problem_of_run(options: Namespace, run: Path) -> tuple[Problem, dict[str, Any]]:
    """Reads what a run searched, wherever the options say that its data are now, and its configuration."""
    from autosnn_ray.errors import JournalError
    from autosnn_ray.journal import read_journal
    from autosnn_ray.runs.problems import problem_of

    config = read_journal(run).config
    if "problem" not in config:
        raise JournalError(f"{run}: the search was ended before it had begun; start it again with autosnn-ray search")
    return problem_of(run, config, moved_data(options)), config
