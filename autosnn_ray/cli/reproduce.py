"""Repeat an experiment of the paper, from the data to a table of our numbers beside the published ones.

Trains what a search believes (a supernet, or a sample that a predictor is fitted on), searches, retrains what was found
and the paper's architecture, and looks once at the test samples: as the recipe says, at the share of its epochs,
candidates and sample that --scale gives. design_choices compares macro structures and blocks instead. Without a recipe
the recipes are listed. Given again, the command goes on where it was cut off.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.data_options import add_data_options, part_arguments
from autosnn_ray.cli.executor_options import add_executor_options, chosen_executor
from autosnn_ray.cli.interrupts import goes_on
from autosnn_ray.cli.options import add_energy_options, energy_model, number
from autosnn_ray.cli.predictor_options import show_fitted
from autosnn_ray.cli.tables import Column, Output, Table, records_of, write_tables
from autosnn_ray.studies.watch import Bars

if TYPE_CHECKING:
    from autosnn_ray.evaluators import Predictor
    from autosnn_ray.runs.run import Reproduction, Run
    from autosnn_ray.training import Supernet

EXAMPLE = "autosnn-ray reproduce cifar10_autosnn_16 --scale 0.01"
AFTER_INTERRUPT = "The same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("recipe", type=str | None, nargs="?", default=None, help="name of a recipe, or a TOML file")
    parser.add_argument(
        "--scale",
        type=number,
        default=1.0,
        help="share of the recipe's epochs, candidates, sample; above 0, at most 1",
    )
    parser.add_argument(
        "--folder", type=str | None, default=None, help="where everything is written (default: runs/RECIPE-SCALE)"
    )
    parser.add_argument("--seed", type=int, default=0, help="what every random draw comes from")
    add_data_options(parser, default=None, said="the recipe's")
    add_energy_options(parser)
    add_executor_options(parser)


def run(options: Namespace) -> None:
    """Runs a recipe, or lists them."""
    from autosnn_ray.recipes import load
    from autosnn_ray.storage.run_folder import run_folder

    if options.recipe is None:
        _list()
        return
    from autosnn_ray.studies.reproduction import reproduce

    recipe = load(options.recipe)
    recipe.scaled(options.scale)
    folder = options.folder or f"runs/{recipe.name}-{options.scale:g}"
    with goes_on(f"the recipe in {folder} was", "the same command goes on"):
        done = reproduce(
            recipe,
            path=run_folder(folder, options.storage),
            scale=options.scale,
            seed=options.seed,
            data=part_arguments(options) | ({} if options.data is None else {"name": options.data}),
            energy_model=energy_model(options),
            watch=Shown(),
            executor=chosen_executor(options),
        )
    _show(done)


class Shown(Bars):
    """Shows how a job goes on, and what came of each stage."""

    def trained(self, supernet: Supernet) -> None:
        """Says what the supernet's paths are worth."""
        from autosnn_ray.cli.console import console

        console.print(f"{supernet.paths.summary}: the fitness' reference_spikes")

    def fitted(self, predictor: Predictor) -> None:
        """Says what the predictor has learned."""
        show_fitted(predictor)

    def searched(self, run: Run) -> None:
        """Shows what was found."""
        from autosnn_ray.cli.results import show_found

        show_found(run.path, best=5)


def _list() -> None:
    from autosnn_ray.cli.console import console, print_rows
    from autosnn_ray.recipes import load, names

    print_rows(["recipe", "what it is"], [[name, load(name).summary] for name in names()])
    console.print("one of them at a hundredth of its length: autosnn-ray reproduce NAME --scale 0.01")


def _show(done: Reproduction) -> None:
    from autosnn_ray.cli.console import say_written
    from autosnn_ray.cli.designs import compared, save_compared
    from autosnn_ray.cli.retrain import show_retraining
    from autosnn_ray.files import write_atomically
    from autosnn_ray.runs.run import DesignChoices

    if isinstance(done, DesignChoices):
        write_tables(compared(done.path))
        say_written(save_compared(done.path, done.path))
        return
    show_retraining(done.retraining)
    write_tables(reproduction(done.path))
    table = done.path / "table.csv"
    write_atomically(table, done.frame().to_csv(index=False).encode())
    say_written([table])


def reproduction(path: Path) -> Output:
    """Returns our numbers beside those of the paper."""
    from autosnn_ray.own_packages import analysis

    frame, config = analysis.read_reproduction(path), analysis.read_reproduction_config(path)
    before = "found: " if config["recipe"]["published"] else ""
    columns = [
        Column("", lambda row: ("" if row["is_published"] else before) + row["architecture"], "architecture"),
        Column("measure"),
        Column("", lambda row: _number(row["measure"], row["ours"]), "ours"),
        Column("", lambda row: _number(row["measure"], row["published"]), "published"),
        Column("status"),
    ]
    seeds = sorted(set(frame["seeds"]))
    over = "" if not seeds else f", {seeds[0]} {'seed' if seeds[0] == 1 else 'seeds'}"
    title = (
        f"{config['recipe']['name']} at scale {config['scale']:g}, trained from scratch{over}, test samples: "
        "ours beside the paper's"
    )
    notes = [f"note: {note}" for note in config["recipe"]["notes"]]
    if config["scale"] < 1:
        share = f"{config['scale']:.2%} of the recipe's epochs"
        notes.insert(0, f"ours were trained for {share}, and are not the paper's to match")
    about = {"recipe": config["recipe"]["name"], "scale": config["scale"]}
    return Output([Table("reproduction", columns, records_of(frame), title, notes)], about)


def _number(measure: str, value: Any) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.2%}" if measure.endswith("accuracy") else f"{value:,.0f}"
