"""Repeat an experiment of the paper, from the data to a table of our numbers beside the published ones.

Trains a supernet, searches it, retrains what was found and the paper's architecture, and looks once at the test
samples: as the recipe says, at the share of its epochs and candidates that --scale gives. Without a recipe the
recipes are listed. Given again, the command goes on where it was cut off.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.data_options import add_part_options, part_arguments
from autosnn_ray.cli.options import add_energy_options, add_ray_options, energy_model, number, ray_arguments

if TYPE_CHECKING:
    from autosnn_ray.algorithms import OnTold
    from autosnn_ray.cluster.rank import OnRun
    from autosnn_ray.objectives import SpikeAwareFitness
    from autosnn_ray.run import Reproduction, Run
    from autosnn_ray.training import Supernet
    from autosnn_ray.training.loop import OnStep

AFTER_INTERRUPT = "The same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("recipe", type=str | None, nargs="?", default=None, help="name of a recipe, or a TOML file")
    parser.add_argument(
        "--scale", type=number, default=1.0, help="share of the recipe's epochs and candidates, above 0, at most 1"
    )
    parser.add_argument(
        "--folder", type=str | None, default=None, help="where everything is written (default: runs/RECIPE-SCALE)"
    )
    parser.add_argument("--seed", type=int, default=0, help="what every random draw comes from")
    add_part_options(parser)
    add_energy_options(parser)
    add_ray_options(parser)


def run(options: Namespace) -> None:
    """Runs a recipe, or lists them."""
    from autosnn_ray.cluster.storage import run_folder
    from autosnn_ray.recipes import load

    if options.recipe is None:
        _list()
        return
    from autosnn_ray.pipeline import reproduce

    recipe = load(options.recipe)
    recipe.scaled(options.scale)
    folder = options.folder or f"runs/{recipe.name}-{options.scale:g}"
    done = reproduce(
        recipe,
        path=run_folder(folder, options.storage),
        scale=options.scale,
        seed=options.seed,
        data=part_arguments(options),
        energy_model=energy_model(options),
        watch=Shown(),
        **ray_arguments(options, storage=False),
    )
    _show(done)


class Shown:
    """Shows how a job goes on, on the terminal."""

    def training(self) -> AbstractContextManager[OnStep | None]:
        """Shows a bar while the supernet is trained."""
        from autosnn_ray.cli.console import training_bar

        return training_bar("1/3 supernet")

    def searching(self, candidates: int, fitness: SpikeAwareFitness) -> AbstractContextManager[OnTold | None]:
        """Shows a bar while the supernet is searched."""
        from autosnn_ray.cli.console import search_bar

        return search_bar("2/3 search", candidates, fitness)

    def retraining(self) -> AbstractContextManager[OnRun | None]:
        """Shows a bar while architectures are trained alone."""
        from autosnn_ray.cli.console import run_bar

        return run_bar("3/3 ")

    def trained(self, supernet: Supernet) -> None:
        """Says what the supernet's paths are worth."""
        from autosnn_ray.cli.console import console

        paths = supernet.paths
        console.print(
            f"{paths.count} random paths: {paths.accuracy_min:.1%} to {paths.accuracy_max:.1%} on validation, median "
            f"{paths.accuracy_median:.1%}; fitness reference {paths.spikes_mean:,.0f} spikes/sample"
        )

    def searched(self, run: Run) -> None:
        """Shows what was found."""
        from autosnn_ray.cli.search import show_results

        show_results(run.path, best=5)


def _list() -> None:
    from autosnn_ray.cli.console import console, print_rows
    from autosnn_ray.recipes import load, names

    print_rows(["recipe", "what it is"], [[name, load(name).summary] for name in names()])
    console.print("one of them at a hundredth of its length: autosnn-ray reproduce NAME --scale 0.01")


def _show(done: Reproduction) -> None:
    from autosnn_ray.cli.console import console, print_rows
    from autosnn_ray.cli.retrain import show_retraining
    from autosnn_ray.files import write_atomically

    show_retraining(done.retraining)
    frame, config = done.frame(), done.config()
    print_rows(
        ["architecture", "measure", "ours", "published", "status"],
        [
            [
                ("" if row["is_published"] else "found: ") + row["architecture"],
                row["measure"],
                _number(row["measure"], row["ours"]),
                _number(row["measure"], row["published"]),
                row["status"],
            ]
            for row in frame.to_dict("records")
        ],
        title=f"{config['recipe']['name']} at scale {config['scale']:g}, test samples: ours beside the paper's",
    )
    if config["scale"] < 1:
        console.print(
            f"ours were trained for {config['scale']:.2%} of the recipe's epochs, and are not the paper's to match"
        )
    for note in config["recipe"]["notes"]:
        console.print(f"note: {note}")
    table = done.path / "table.csv"
    write_atomically(table, frame.to_csv(index=False).encode())
    console.print(f"written: {table}")


def _number(measure: str, value: Any) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.2%}" if measure.endswith("accuracy") else f"{value:,.0f}"
