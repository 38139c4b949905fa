"""Declare a winner: train the best of a search from scratch, fewer and fewer of them for longer and longer.

The last round trains each with several seeds; the spread is shown. Given again, it goes on where it was cut off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.console import amount, percent
from autosnn_ray.cli.executor_options import add_executor_options, chosen_executor
from autosnn_ray.cli.goal_options import add_constraint_options, chosen_constraints
from autosnn_ray.cli.options import add_moved_options, problem_of_run
from autosnn_ray.cli.tables import Column, Output, Table, write_tables
from autosnn_ray.shown import epochs_text

if TYPE_CHECKING:
    from autosnn_ray.objectives import Constraint
    from autosnn_ray.problem import Problem
    from autosnn_ray.runs.executors import Executor, OpenExecutor
    from autosnn_ray.runs.run import Run
    from autosnn_ray.studies.halving import Round

EXAMPLE = "autosnn-ray halving runs/first --finalists 16 --epochs 20"
AFTER_INTERRUPT = "The same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the search")
    parser.add_argument("--finalists", type=int, default=16, help="how many of the best take part")
    parser.add_argument("--rounds", type=int, default=3, help="each halves the finalists and doubles the epochs")
    parser.add_argument("--epochs", type=int, default=20, help="length of a training in the last round")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each architecture in the last round")
    parser.add_argument("--also", type=list[str], default=[], help="further architectures, such as hand-made ones")
    add_constraint_options(parser)
    add_moved_options(parser)
    add_executor_options(parser)


def run(options: Namespace) -> None:
    """Holds the rounds and prints them."""
    from autosnn_ray.runs.run import Run
    from autosnn_ray.storage.run_folder import run_folder
    from autosnn_ray.studies.halving import halving_rounds

    home = run_folder(options.run, options.storage)
    problem, _ = problem_of_run(options, home)
    rounds = halving_rounds(options.finalists, epochs=options.epochs, seeds=options.seeds, rounds=options.rounds)
    hold_halving(problem, Run(home), rounds, chosen_executor(options), options.also, chosen_constraints(options))


def hold_halving(
    problem: Problem,
    run: Run,
    rounds: Sequence[Round],
    executor: Executor | OpenExecutor,
    also: Sequence[str] = (),
    constraints: Sequence[Constraint] = (),
) -> None:
    """Holds the rounds, prints them, and writes ``halving/halving.json`` into the search's folder."""
    from autosnn_ray.cli.console import console, say_written
    from autosnn_ray.files import write_atomically
    from autosnn_ray.studies.halving import HALVING, describe, successive_halving
    from autosnn_ray.studies.verdict import judge

    found = successive_halving(
        problem, run, rounds=rounds, also=also, constraints=constraints, executor=executor, progress=True
    )
    rows = describe(found)
    titles = {number: f"from scratch, {epochs_text(plan.epochs)}" for number, plan in enumerate(rounds)}
    write_tables(halved(rows, titles))
    verdict = judge(found, problem.data.chance)
    if verdict is not None:
        console.print(f"winner: {rows[0]['architecture']}, by the mean fitness of {rows[0]['seeds']} trainings")
        for warning in verdict.warnings:
            console.print(f"but {warning}")
        if not rows[0]["feasible"]:
            console.print("but it breaks a constraint: no finalist keeps them all")
    target = run.path / HALVING / "halving.json"
    write_atomically(target, f"{json.dumps(rows, indent=2)}\n".encode())
    say_written([target])


def halved(rows: Sequence[dict[str, Any]], titles: Mapping[int, str] | None = None) -> Output:
    """Returns a table a round, the last first.

    Args:
        rows: What ``describe`` gave of the finalists, or ``halving.json`` holds.
        titles: How each round's architectures were trained, where it is known.
    """
    columns = [
        Column("architecture"),
        Column("accuracy", percent, is_number=True),
        Column("spikes", amount, is_number=True),
        Column("fitness", _fitness, is_number=True),
        Column("fitness_low", _fitness, "least", is_number=True),
        Column("fitness_high", _fitness, "most", is_number=True),
    ]
    tables = []
    for number in sorted({row["round"] for row in rows}, reverse=True):
        here = [row for row in rows if row["round"] == number]
        seeds = here[0]["seeds"]
        how = (titles or {}).get(number, "from scratch")
        title = f"round {number + 1}: {how}, {seeds} {'seed' if seeds == 1 else 'seeds'}, on validation samples"
        tables.append(Table(f"round_{number}", columns, here, title))
    return Output(tables)


def _fitness(value: float) -> str:
    return amount(value, 4)
