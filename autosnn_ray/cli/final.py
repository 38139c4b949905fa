"""Declare a winner: train the best of a search alone, fewer and fewer of them for longer and longer.

The last round trains each with several seeds; the spread is shown. Given again, it goes on where it was cut off.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import add_ray_options

if TYPE_CHECKING:
    from autosnn_ray.cluster.final import Round
    from autosnn_ray.data import Dataset
    from autosnn_ray.training import Supernet

AFTER_INTERRUPT = "The same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the search")
    parser.add_argument("--supernet", type=str, required=True, help="folder of the supernet that was searched")
    parser.add_argument("--finalists", type=int, default=16, help="how many of the best take part")
    parser.add_argument("--rounds", type=int, default=3, help="each halves the finalists and doubles the epochs")
    parser.add_argument("--epochs", type=int, default=20, help="length of a training in the last round")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each architecture in the last round")
    parser.add_argument("--also", type=list[str], default=[], help="further architectures, such as hand-made ones")
    parser.add_argument(
        "--data-folder", type=str | None, default=None, help="where the data set's files are now, if they were moved"
    )
    add_ray_options(parser)


def run(options: Namespace) -> None:
    """Runs a final and prints its rounds."""
    from autosnn_ray.cluster.final import halving
    from autosnn_ray.data import load_described
    from autosnn_ray.training import Supernet

    supernet = Supernet.load(options.supernet)
    plan = halving(options.finalists, epochs=options.epochs, seeds=options.seeds, rounds=options.rounds)
    hold_final(options, supernet, load_described(supernet.data, options.data_folder), plan, options.also)


def hold_final(
    options: Namespace, supernet: Supernet, data: Dataset, plan: Sequence[Round], also: Sequence[str] = ()
) -> None:
    """Runs a final of ``options.run``, prints its rounds, and writes ``final/final.json``."""
    from autosnn_ray.cli.console import console, run_bar
    from autosnn_ray.cluster.final import describe, final
    from autosnn_ray.files import write_atomically
    from autosnn_ray.run import Run

    with run_bar() as on_run:
        found = final(
            supernet,
            data,
            Run(options.run),
            rounds=plan,
            also=also,
            address=options.address,
            num_cpus=options.num_cpus,
            cpus_per_candidate=options.cpus_per_candidate,
            on_run=on_run,
        )
    rows = describe(found)
    for number in range(len(plan) - 1, -1, -1):
        here = [row for row in rows if row["round"] == number]
        _print_round(here, f"round {number + 1}: alone, {plan[number].epochs} epochs, {plan[number].seeds} seeds")
    console.print(f"winner: {rows[0]['architecture']}, by the mean fitness of {rows[0]['seeds']} trainings alone")
    target = Path(options.run) / "final" / "final.json"
    write_atomically(target, f"{json.dumps(rows, indent=2)}\n".encode())
    console.print(f"written: {target}")


def _print_round(rows: list[dict[str, Any]], title: str) -> None:
    from autosnn_ray.cli.console import print_rows

    print_rows(
        ["architecture", "accuracy", "spikes", "fitness", "least", "most"],
        [
            [row["architecture"], f"{row['accuracy']:.2%}", f"{row['spikes']:,.0f}", f"{row['fitness']:.4f}",
             f"{row['fitness_low']:.4f}", f"{row['fitness_high']:.4f}"]
            for row in rows
        ],
        title=f"{title}, on validation samples",
        numbers_from=1,
    )  # fmt: skip
