"""What a search ends with: its best, trained from scratch."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.console import amount, command, percent
from autosnn_ray.cli.halving import hold_halving
from autosnn_ray.cli.interrupts import goes_on
from autosnn_ray.cli.tables import Column, Output, Table, records_of, write_tables
from autosnn_ray.errors import AutoSNNError, InvalidInputError
from autosnn_ray.shown import epochs_text

if TYPE_CHECKING:
    import pandas as pd

    from autosnn_ray.problem import Problem
    from autosnn_ray.runs.executors import Executor, OpenExecutor
    from autosnn_ray.runs.run import Run


def add_finalists_option(parser: ArgumentParser) -> None:
    """Adds how many of the best are trained at the end."""
    parser.add_argument(
        "--finalists",
        type=int | None,
        default=None,
        help="at the end the best are trained from scratch (default: where numbers are predicted, five, once, for 8 "
        "epochs; elsewhere none; where a search goes on, as it was asked): so many enter successive halving, fewer and "
        "fewer for longer; 0: none",
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
    with open_run_folder(options.run, options.storage) as home:
        asked = ("--finalists", options.finalists) if options.finalists else ()
        with goes_on("the search is finished, the training of its best was", home.command("resume", *asked)):
            if options.finalists:
                hold_halving(problem, run, halving_rounds(options.finalists), executor)
            else:
                _train(problem, run, executor)


def _train(problem: Problem, run: Run, executor: Executor | OpenExecutor) -> None:
    from autosnn_ray.cli.console import console
    from autosnn_ray.journal.folders import FINALISTS
    from autosnn_ray.studies.finalists import COUNT, finalist_epochs, train_finalists

    epochs = finalist_epochs(problem)
    console.print(
        f"the {len(run.best(COUNT))} that are predicted best are now trained from scratch, for {epochs_text(epochs)}: "
        "the first of a predicted order is often not the best of them (--finalists 0 leaves this out)"
    )
    if not train_finalists(problem, run, count=COUNT, epochs=epochs, executor=executor, progress=True):
        raise AutoSNNError(
            f"{run.path / FINALISTS}: every training failed; `autosnn-ray show` of a folder there says why"
        )
    found = finalists_of(run.path)
    write_tables(Output([found] if found else []))


def finalists_of(run: Path) -> Table | None:
    """Returns what came of a search's best when they were trained at its end; None where none was."""
    from autosnn_ray.own_packages import analysis

    frame = analysis.read_finalists(run)
    done = analysis.longest_trained(frame)
    if done.empty:
        return None
    columns = [
        Column("architecture"),
        Column("predicted_place", _place, "predicted place", is_number=True),
        Column("accuracy", percent, is_number=True),
        Column("spikes", amount, is_number=True),
        *([Column("fitness", lambda value: amount(value, 4), is_number=True)] if done["fitness"].notna().all() else []),
    ]
    first = done.iloc[0]
    title = (
        f"the best of those that were predicted, trained from scratch: once, for {epochs_text(first['epochs'])}, on "
        f"{first['samples']:,} validation samples"
    )
    return Table("finalists", columns, records_of(done), title, _notes(run, frame))


def _notes(run: Path, frame: pd.DataFrame) -> list[str]:
    from autosnn_ray.journal.folders import FINALISTS
    from autosnn_ray.own_packages import analysis

    first = frame.iloc[0]
    # Those that were not begun have a folder, and no row.
    begun = sum(one.is_dir() for one in run.glob(f"{FINALISTS}/*/*"))
    pending = begun - int((frame["status"] != "pending").sum())
    name = first["architecture"]
    found = [
        f"found: {name}, the best of them",
        f"with fresh seeds, and on test samples: {command('retrain', run, '--architecture', name)}",
    ]
    if pending:
        found.append(f"{pending} more not at the end of their training yet: {command('resume', run)}")
    failed = frame[frame["status"] == "failed"]
    found += [f"{row['architecture']} failed: {row['reason']}" for row in failed.to_dict("records")]
    if not first["feasible"]:
        found.append("but it breaks a constraint: none of them keeps them all")
    if first["accuracy_low"] <= 1 / analysis.read_config(run)["problem"]["data"]["classes"]:
        found.append(
            "but it is no better than chance, and a fitness rewards networks that hardly fire: train longer, as "
            "`autosnn-ray halving` does"
        )
    return found


def _place(place: float) -> str:
    return "-" if math.isnan(place) else f"{place:.0f}"
