"""Declare a winner: train the best of a search from scratch, fewer and fewer of them for longer and longer.

The last round trains each with several seeds; the spread is shown. Given again, it goes on where it was cut off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.console import amount, percent
from autosnn_ray.cli.executor_options import add_executor_options, chosen_executor
from autosnn_ray.cli.goal_options import add_constraint_options, chosen_constraints
from autosnn_ray.cli.options import add_moved_options, problem_of_run
from autosnn_ray.cli.tables import Column, Output, Table, write_tables
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.shown import counted, epochs_text

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
    parser.add_argument(
        "--also", type=list[str], default=[], help="further architectures of the space (srb_k5/skip/…) that take part"
    )
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
    """Holds the rounds, and prints what came of them."""
    from autosnn_ray.cli.console import say_written
    from autosnn_ray.journal.folders import HALVING, HALVING_FILE
    from autosnn_ray.own_packages import analysis
    from autosnn_ray.studies.halving import successive_halving

    if not successive_halving(
        problem, run, rounds=rounds, also=also, constraints=constraints, executor=executor, progress=True
    ):
        raise AutoSNNError(
            f"{run.path / HALVING}: every training failed; `autosnn-ray show` of a folder there says why"
        )
    write_tables(halved(analysis.read_halving(run.path)))
    say_written([run.path / HALVING / HALVING_FILE])


def halved(rows: Sequence[Mapping[str, Any]]) -> Output:
    """Returns a table a round, the last first, and which is the winner.

    Args:
        rows: What ``halving.json`` holds: those of ``describe``, with their epochs and the winner's warnings where a
            version that notes these wrote it.
    """
    columns = [
        Column("architecture"),
        Column("accuracy", percent, is_number=True),
        Column("spikes", amount, is_number=True),
        Column("fitness", _fitness, is_number=True),
    ]
    ends = [
        Column("fitness_low", _fitness, "least", is_number=True),
        Column("fitness_high", _fitness, "most", is_number=True),
    ]
    tables = []
    for number in sorted({row["round"] for row in rows}, reverse=True):
        here = [row for row in rows if row["round"] == number]
        seeds = here[0]["seeds"]
        epochs = f", {epochs_text(here[0]['epochs'])}" if "epochs" in here[0] else ""
        title = f"round {number + 1}: from scratch{epochs}, {counted(seeds, 'seed')}, on validation samples"
        shown = [*columns, *(ends if seeds > 1 else [])]
        tables.append(Table(f"round_{number}", shown, here, title, _winner(rows[0]) if not number else ()))
    return Output(tables)


def _winner(row: Mapping[str, Any]) -> list[str]:
    by = "fitness of one training" if row["seeds"] == 1 else f"mean fitness of {row['seeds']} trainings"
    found = [f"winner: {row['architecture']}, by the {by}", *(f"but {warning}" for warning in row.get("warnings", ()))]
    return [*found, *([] if row["feasible"] else ["but it breaks a constraint: no finalist keeps them all"])]


def _fitness(value: float) -> str:
    return amount(value, 4)
