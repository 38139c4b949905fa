"""Declare a winner: train the best of a search alone, fewer and fewer of them for longer and longer.

The last round trains each with several seeds; the spread is shown. Given again, it goes on where it was cut off.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import add_ray_options, plan_to_train, ray_arguments

if TYPE_CHECKING:
    from autosnn_ray.cluster.final import Round
    from autosnn_ray.cluster.plan import Plan
    from autosnn_ray.run import Run

AFTER_INTERRUPT = "The same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the search")
    parser.add_argument("--supernet", type=str | None, default=None, help="folder of the supernet, if it has moved")
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
    from autosnn_ray.cluster.storage import run_folder
    from autosnn_ray.run import Run

    home = run_folder(options.run, options.storage)
    searched = plan_to_train(options, home)
    plan = halving(options.finalists, epochs=options.epochs, seeds=options.seeds, rounds=options.rounds)
    hold_final(options, Run(home), searched, plan, options.also)


def hold_final(options: Namespace, run: Run, searched: Plan, plan: Sequence[Round], also: Sequence[str] = ()) -> None:
    """Runs a final of a search, prints its rounds, and writes ``final/final.json`` into its folder."""
    from autosnn_ray.cli.console import console, run_bar
    from autosnn_ray.cluster.final import describe, final
    from autosnn_ray.files import write_atomically

    with run_bar() as on_run:
        found = final(
            searched.supernet,
            searched.data,
            run,
            rounds=plan,
            also=also,
            on_run=on_run,
            **ray_arguments(options, storage=False),
        )
    rows = describe(found)
    for number in range(len(plan) - 1, -1, -1):
        here = [row for row in rows if row["round"] == number]
        _print_round(here, f"round {number + 1}: alone, {plan[number].epochs} epochs, {plan[number].seeds} seeds")
    console.print(f"winner: {rows[0]['architecture']}, by the mean fitness of {rows[0]['seeds']} trainings alone")
    target = run.path / "final" / "final.json"
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
