"""Evaluate every architecture of the space, exactly: the true front in place of a search's estimate of it.

Architectures that begin alike share their beginning, so that all 3,125 of a five-slot space cost about as much as
800 evaluated one by one. The run is a search like any other: show, resume, rank and final work on it.
"""

from __future__ import annotations

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import add_ray_options, amount, number, ray_arguments

AFTER_INTERRUPT = "Nothing is lost: autosnn-ray resume RUN goes on with it."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("supernet", type=str, help="folder of a trained supernet")
    parser.add_argument("run", type=str, help="folder for the run's journal and results")
    parser.add_argument("--exponent", type=number, default=-0.08, help="of the fitness; 0: accuracy alone")
    parser.add_argument(
        "--reference-spikes", type=amount, default=None, help="of the fitness (default: measured with the supernet)"
    )
    parser.add_argument(
        "--data-folder", type=str | None, default=None, help="where the data set's files are now, if they were moved"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run that is in the folder")
    add_ray_options(parser)


def run(options: Namespace) -> None:
    """Evaluates the whole space."""
    from autosnn_ray.algorithms import Enumeration
    from autosnn_ray.cli.console import console, search_bar
    from autosnn_ray.cli.search import show_results
    from autosnn_ray.cluster.search import search
    from autosnn_ray.data import load_described
    from autosnn_ray.objectives import SpikeAwareFitness
    from autosnn_ray.training import Supernet

    supernet = Supernet.load(options.supernet)
    reference = supernet.reference_spikes if options.reference_spikes is None else options.reference_spikes
    fitness = SpikeAwareFitness(reference, options.exponent)
    with search_bar("enumerate", supernet.space.size, fitness) as on_told:
        found = search(
            supernet,
            load_described(supernet.data, options.data_folder),
            path=Path(options.run),
            algorithm=Enumeration(),
            candidates=supernet.space.size,
            exponent=options.exponent,
            reference_spikes=reference,
            resume=options.resume,
            on_told=on_told,
            **ray_arguments(options),
        )
    show_results(found.path, best=5)
    console.print(f"next: autosnn-ray show {found.path} --save pictures")
