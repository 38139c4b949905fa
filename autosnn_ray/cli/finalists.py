"""What a search ends with: its best, trained from scratch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.console import amount, command, percent
from autosnn_ray.cli.halving import hold_halving
from autosnn_ray.cli.tables import Column, Output, Table, write_tables
from autosnn_ray.errors import AutoSNNError, CheckpointError, InvalidInputError, SearchInterruptedError
from autosnn_ray.shown import epochs_text

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem
    from autosnn_ray.runs.executors import Executor, OpenExecutor
    from autosnn_ray.runs.run import Run

FILE = "finalists.json"
"""In ``finalists/`` in the search's folder: what came of them."""


def add_finalists_option(parser: ArgumentParser) -> None:
    """Adds how many of the best are trained at the end."""
    parser.add_argument(
        "--finalists",
        type=int | None,
        default=None,
        help="at the end the best are trained from scratch (default: where numbers are predicted, five, once, for 8 "
        "epochs; elsewhere none): so many enter successive halving, fewer and fewer for longer; 0: none",
    )


def check_finalists(options: Namespace) -> None:
    """Refuses less than none."""
    if options.finalists is not None and options.finalists < 0:
        raise InvalidInputError(f"--finalists: expected 0, which trains none, or more, got {options.finalists}")


def trains_finalists(options: Namespace, config: dict[str, Any]) -> bool:
    """Says whether a search ends with trainings: as it was asked, or where it predicts and has one objective.

    Args:
        options: Those of the command.
        config: The search's, or the part of it that is known before: ``evaluator`` and ``goal``.
    """
    if options.finalists is not None:
        return bool(options.finalists)
    return config["evaluator"].get("name") == "predictor" and len(config["goal"]["objectives"]) == 1


def end_with_finalists(options: Namespace, problem: Problem, run: Run, executor: Executor | OpenExecutor) -> None:
    """Trains the best of a search, as the options of ``add_finalists_option`` say, and prints what came of them."""
    from autosnn_ray.storage.run_folder import open_run_folder
    from autosnn_ray.studies.halving import halving_rounds

    # Where the storage is a URL, what is trained here is copied there too.
    with open_run_folder(options.run, options.storage):
        try:
            if options.finalists:
                hold_halving(problem, run, halving_rounds(options.finalists), executor)
            else:
                _train(problem, run, executor)
        except SearchInterruptedError as error:
            asked = ("--finalists", options.finalists) if options.finalists else ()
            again = command("resume", run.path, *asked)
            raise SearchInterruptedError(
                f"the search is finished, the training of its best was stopped; nothing is lost: {again}"
            ) from error


def _train(problem: Problem, run: Run, executor: Executor | OpenExecutor) -> None:
    from autosnn_ray.cli.console import console, say_written
    from autosnn_ray.files import write_atomically
    from autosnn_ray.studies.finalists import COUNT, EPOCHS, FINALISTS, train_finalists
    from autosnn_ray.studies.halving import describe
    from autosnn_ray.studies.verdict import judge

    frame, places = run.frame(), [str(name) for name in run.best(COUNT)["architecture"]]
    console.print(
        f"the {len(places)} that are predicted best are now trained from scratch, for {epochs_text(EPOCHS)}: the "
        "first of a predicted order is often not the best of them (--finalists 0 leaves this out)"
    )
    found = train_finalists(problem, run, count=COUNT, epochs=EPOCHS, executor=executor, progress=True)
    if not found:
        raise AutoSNNError(
            f"{run.path / FINALISTS}: every training failed; `autosnn-ray show` of a folder there says why"
        )
    verdict = judge(found, problem.data.chance)
    told = {
        "epochs": EPOCHS,
        "candidates": int((frame["status"] == "done").sum()),
        "samples": len(problem.data.validation),
        "above_chance": verdict is not None and verdict.is_above_chance,
        "finalists": [{**row, "predicted_place": places.index(row["architecture"]) + 1} for row in describe(found)],
    }
    target = run.path / FINALISTS / FILE
    write_atomically(target, f"{json.dumps(told, indent=2)}\n".encode())
    write_tables(Output([_table(run.path, told)]))
    say_written([target])


def finalists_of(run: Path) -> Table | None:
    """Returns what came of a search's best when they were trained at its end; None where they were not.

    Raises:
        CheckpointError: The file holds something else.
    """
    file = run / "finalists" / FILE
    if not file.exists():
        return None
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return _table(run, told)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise CheckpointError(f"{file}: expected what a search wrote of its finalists: {error!r}") from error


def _table(run: Path, told: dict[str, Any]) -> Table:
    rows = told["finalists"]
    columns = [
        Column("architecture"),
        Column("predicted_place", title="predicted place", is_number=True),
        Column("accuracy", percent, is_number=True),
        Column("spikes", amount, is_number=True),
        Column("fitness", lambda value: amount(value, 4), is_number=True),
    ]
    title = (
        f"the best of {told['candidates']:,} predicted candidates, trained from scratch: once, for "
        f"{epochs_text(told['epochs'])}, on {told['samples']:,} validation samples"
    )
    name = rows[0]["architecture"]
    notes = [
        f"found: {name}, the fittest of them",
        f"with fresh seeds, and on test samples: {command('retrain', run, '--architecture', name)}",
    ]
    if not rows[0]["feasible"]:
        notes.append("but it breaks a constraint: none of them keeps them all")
    if not told["above_chance"]:
        notes.append(
            "but it is no better than chance, and a fitness rewards networks that hardly fire: train longer, as "
            "`autosnn-ray halving` does"
        )
    return Table("finalists", columns, rows, title, notes)
