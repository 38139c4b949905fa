"""Train a supernet: one network that holds every architecture of a search space, with shared weights.

With --architecture, or a space without slots, one network of its own is trained instead, from scratch.

A training that was cut off goes on when the same command is given again.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.data_options import add_data_options, load_data
from autosnn_ray.cli.options import add_neuron_options, add_training_options, neuron_settings, training_settings
from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem
    from autosnn_ray.training import TrainSettings

EXAMPLE = "autosnn-ray train supernet --space digits_16 --data digits --epochs 40"
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
        help="train this one from scratch (srb_k5/skip/…) instead of a supernet",
    )
    parser.add_argument("--seed", type=int, default=0, help="what every random draw comes from")
    parser.add_argument(
        "--sampling",
        type=str,
        default="strict",
        help="paths of a step: uniform (one), strict (fairness: one a choice), sandwich (largest, smallest, one drawn)",
    )
    parser.add_argument(
        "--workers",
        type=int | None,
        default=None,
        help="processes that train a supernet together, by shares of a step's paths (default: all cores, where a "
        "training lasts; 1: this process alone)",
    )
    parser.add_argument(
        "--address", type=str | None, default=None, help="train on this Ray cluster, by Ray Train; see docs/cluster.md"
    )
    parser.add_argument(
        "--gpus", type=bool, default=False, help="true: each process has a GPU of its own, by Ray Train"
    )
    add_data_options(parser)
    add_training_options(parser)
    add_neuron_options(parser)


def run(options: Namespace) -> None:
    """Trains and saves a supernet, or a network of its own."""
    from autosnn_ray.own_packages import search_spaces
    from autosnn_ray.problem import Problem

    space = search_spaces.load(options.space, stem=options.stem)
    problem = Problem(space, load_data(options), options.timesteps, neuron_settings(options))
    settings = training_settings(options)
    _refuse_finished(Path(options.folder))
    train = _train_supernet if space.slots and options.architecture is None else _train_from_scratch
    if train is _train_from_scratch and (options.workers not in (None, 1) or _on_ray(options)):
        raise InvalidInputError("workers, address, gpus: they train a supernet; one network is trained in this process")
    train(options, problem, settings)


def _on_ray(options: Namespace) -> bool:
    return options.address is not None or options.gpus


def _refuse_finished(folder: Path) -> None:
    from autosnn_ray.training.checkpoint import DESCRIPTION, NETWORK_DESCRIPTION

    for name, what in ((DESCRIPTION, "supernet"), (NETWORK_DESCRIPTION, "network")):
        if (folder / name).exists():
            raise InvalidInputError(f"{folder}: already holds a {what}; give another folder")


def _train_supernet(options: Namespace, problem: Problem, settings: TrainSettings) -> None:
    from autosnn_ray.cli.console import console, say_next, say_written
    from autosnn_ray.training import train_supernet

    how: dict[str, Any] = {
        "seed": options.seed,
        "settings": settings,
        "sampling": options.sampling,
        "folder": Path(options.folder),
    }
    if _on_ray(options):
        from autosnn_ray.cluster.train import train_on_ray

        where = {"workers": options.workers or 1, "address": options.address, "gpus": options.gpus}
        supernet = train_on_ray(problem, progress=True, **how, **where)
    else:
        supernet = train_supernet(problem, progress=True, workers=options.workers, **how)
    console.print(f"{supernet.paths.summary}: the fitness' reference_spikes")
    say_written([Path(options.folder)])
    _say_neuron(options)
    say_next("search", "runs/first", "--supernet", options.folder, "--evaluator", "path")


def _train_from_scratch(options: Namespace, problem: Problem, settings: TrainSettings) -> None:
    from autosnn_ray.cli.console import console, say_next, say_written
    from autosnn_ray.training import train_and_keep

    trained = train_and_keep(
        problem,
        options.architecture or "",
        seed=options.seed,
        settings=settings,
        folder=options.folder,
        progress=True,
    )
    found = trained.validation
    console.print(
        f"accuracy {found.accuracy:.2%}, {found.spikes:,.0f} spikes/sample on {found.samples:,} validation samples"
    )
    say_written([Path(options.folder)])
    _say_neuron(options)
    say_next("inspect", options.folder)


def _say_neuron(options: Namespace) -> None:
    """Says how other commands, which import nothing that a file names, are allowed a neuron of one's own."""
    from autosnn_ray.cli.console import console
    from autosnn_ray.spiking.own_neurons import VARIABLE

    if ":" in options.neuron:
        console.print(f"first, for the neuron: export {VARIABLE}={shlex.quote(options.neuron)}", soft_wrap=True)
