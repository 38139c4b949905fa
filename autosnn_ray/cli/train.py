"""Train a supernet: one network that holds every architecture of a search space, with shared weights.

With --architecture, or a space without slots, one network of its own is trained instead, from scratch.

A training that was cut off goes on when the same command is given again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.data_options import add_data_options, load_data
from autosnn_ray.cli.options import add_neuron_options, add_training_options, training_settings
from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from autosnn_ray.data import Dataset
    from autosnn_ray.space import SearchSpace
    from autosnn_ray.spiking.neurons import NeuronSettings
    from autosnn_ray.training import TrainSettings

AFTER_INTERRUPT = "The same command goes on from the last saved epoch."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("folder", type=str, help="where the supernet, or the network, is written")
    parser.add_argument(
        "--space", type=str, default="digits_16", help="name of a search space, or a TOML file of your own"
    )
    parser.add_argument(
        "--stem",
        type=str | None,
        default=None,
        help="what stands before the first slot, in place of the space's own: static, event, tiny_imagenet",
    )
    parser.add_argument(
        "--architecture",
        type=str | None,
        default=None,
        help="train this one alone (srb_k5/skip/…) instead of a supernet",
    )
    parser.add_argument("--seed", type=int, default=0, help="what every random draw comes from")
    parser.add_argument(
        "--sampling",
        type=str,
        default="strict",
        help="paths of a step: uniform (one), strict (fairness: one a choice), sandwich (largest, smallest, one drawn)",
    )
    parser.add_argument(
        "--workers", type=int, default=1, help="processes that train a supernet together, by Ray Train (1: this one)"
    )
    parser.add_argument(
        "--address", type=str | None, default=None, help="train on this Ray cluster; see docs/cluster.md"
    )
    parser.add_argument("--gpus", type=bool, default=False, help="true: each process has a GPU of its own")
    add_data_options(parser)
    add_training_options(parser)
    add_neuron_options(parser)


def run(options: Namespace) -> None:
    """Trains and saves a supernet, or a network of its own."""
    import search_spaces
    from autosnn_ray.spiking.neurons import NeuronSettings

    space = search_spaces.load(options.space, stem=options.stem)
    data = load_data(options)
    neuron = NeuronSettings(
        model=options.neuron,
        tau=options.tau,
        threshold=options.threshold,
        decay_input=options.decay_input,
        surrogate=options.surrogate,
    )
    settings = training_settings(options)
    _refuse_finished(Path(options.folder))
    train = _train_supernet if space.slots and options.architecture is None else _train_alone
    if train is _train_alone and _on_ray(options):
        raise InvalidInputError("workers, address, gpus: they train a supernet; one network is trained in this process")
    train(options, space, data, neuron, settings)


def _on_ray(options: Namespace) -> bool:
    return options.workers != 1 or options.address is not None or options.gpus


def _refuse_finished(folder: Path) -> None:
    from autosnn_ray.training.checkpoint import DESCRIPTION, NETWORK_DESCRIPTION

    for name, what in ((DESCRIPTION, "supernet"), (NETWORK_DESCRIPTION, "network")):
        if (folder / name).exists():
            raise InvalidInputError(f"{folder}: already holds a {what}; give another folder")


def _train_supernet(
    options: Namespace, space: SearchSpace, data: Dataset, neuron: NeuronSettings, settings: TrainSettings
) -> None:
    from autosnn_ray.cli.console import console, training_bar
    from autosnn_ray.training import train_supernet

    how: dict[str, Any] = {
        "seed": options.seed,
        "timesteps": options.timesteps,
        "neuron": neuron,
        "settings": settings,
        "sampling": options.sampling,
        "folder": Path(options.folder),
    }
    with training_bar("supernet") as on_step:
        if _on_ray(options):
            from autosnn_ray.cluster.train import train_on_ray

            where = {"workers": options.workers, "address": options.address, "gpus": options.gpus}
            supernet = train_on_ray(space, data, on_step=on_step, **how, **where)
        else:
            supernet = train_supernet(space, data, on_step=on_step, **how)
    paths = supernet.paths
    console.print(
        f"{paths.count} paths drawn uniformly reach {paths.accuracy_min:.1%} to {paths.accuracy_max:.1%} on "
        f"validation, median {paths.accuracy_median:.1%} (guessing: {paths.chance:.1%});\n"
        f"reference_spikes = {paths.spikes_mean:,.0f} spikes/sample\n"
        f"written to {options.folder}; next: autosnn-ray search {options.folder} runs/first"
    )


def _train_alone(
    options: Namespace, space: SearchSpace, data: Dataset, neuron: NeuronSettings, settings: TrainSettings
) -> None:
    from autosnn_ray.cli.console import console, training_bar
    from autosnn_ray.training import train_and_keep

    with training_bar("network") as on_step:
        trained = train_and_keep(
            space,
            space.parse(options.architecture or ""),
            data,
            seed=options.seed,
            timesteps=options.timesteps,
            neuron=neuron,
            settings=settings,
            folder=options.folder,
            on_step=on_step,
        )
    console.print(
        f"accuracy {trained.validation.accuracy:.2%}, {trained.validation.spikes:,.0f} spikes/sample on validation\n"
        f"written to {options.folder}; next: autosnn-ray inspect {options.folder}"
    )
