"""What came of a search's best, trained from scratch, as a frame."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from autosnn_ray.errors import JournalError
from autosnn_ray.journal import JOURNAL_FILE, read_journal
from autosnn_ray.journal.folders import FINALISTS, HALVING, HALVING_FILE
from autosnn_ray.objectives import Goal
from autosnn_ray.own_code import own_code_of
from autosnn_ray.space import format_architecture

from .frames import frame_of, open_journal
from .rows import goal_of, quality_of_goal, rows_of
from .statistics import best

_OF_HALVING = {"architecture", "round", "place", "seeds", "fitness", "accuracy", "spikes", "feasible"}

_COLUMNS = (
    "architecture", "predicted_place", "accuracy", "accuracy_low", "accuracy_high", "spikes", "fitness", "loss",
    "feasible", "violation", "epochs", "samples", "seconds", "status", "reason",
)  # fmt: skip


def read_finalists(path: str | Path) -> pd.DataFrame:
    """Reads what came of the best of a search that were trained from scratch, the best of them first.

    They are judged by what the search aimed at: feasible before infeasible, then by its first objective, then by
    spikes; where some were trained for longer, these come first. Where the search was extended, those that were among
    its best before are there too.

    Columns: ``architecture``; ``predicted_place`` (its place among all candidates of the search, from 1; NaN where it
    is none of them any more); ``accuracy`` (0 to 1, a share of ``samples`` validation samples) with its 95 % interval
    ``accuracy_low``, ``accuracy_high``; ``spikes`` (spikes/sample); ``fitness``; ``loss``; ``feasible`` and
    ``violation`` of constraints; ``epochs`` of its training; ``seconds``; ``status`` (done, failed, pending) and
    ``reason`` of a failure. Without any trained there is no row.

    Args:
        path: The search's folder.

    Raises:
        JournalError: No journal, or a damaged one.
    """
    return _read(Path(path))[1]


def read_halving(path: str | Path) -> list[dict[str, Any]]:
    """Reads what successive halving of a search's best has found, the last round's first, the winner at the head.

    Keys: ``architecture``, ``round``, ``place``, ``seeds``, ``epochs`` (where the version that wrote it notes them),
    ``fitness``, ``accuracy`` and ``spikes`` (means over the seeds), with their least and most. Without a halving that
    is at its end there is no row.

    Args:
        path: The search's folder, or that of its halving.

    Raises:
        JournalError: What is there is none of the toolkit's.
    """
    places = (Path(path) / HALVING / HALVING_FILE, Path(path) / HALVING_FILE)
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        return []
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        if not all(row.keys() >= _OF_HALVING for row in rows):
            raise ValueError("a row lacks an entry")
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise JournalError(
            f"{file}: expected what `autosnn-ray halving` wrote there, got {error}; the same command writes it again"
        ) from error
    return list(rows)


def best_known(path: str | Path, count: int) -> list[str]:
    """Returns the best architectures that a search knows of.

    Those of its successive halving come first, then those trained at its end, then those that it puts first.

    Args:
        path: The search's folder.
        count: How many, at most.

    Raises:
        JournalError: No journal, or a damaged one.
    """
    frame, finalists = _read(Path(path))
    halved = [row["architecture"] for row in read_halving(path)]
    names = [
        *halved,
        *longest_trained(finalists)["architecture"],
        *best(frame, count + len(finalists) + len(halved))["architecture"],
    ]
    return list(dict.fromkeys(map(str, names)))[:count]


def longest_trained(finalists: pd.DataFrame) -> pd.DataFrame:
    """Returns those that can be compared: the trained, and of these the ones that were trained for longest.

    Args:
        finalists: What ``read_finalists`` gave.
    """
    done = finalists[finalists["status"] == "done"]
    return done[done["epochs"] == done["epochs"].max()]


def _read(run: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reads a search, and its finalists."""
    searched = open_journal(run)
    with own_code_of(searched.config):
        goal = goal_of(searched.config)
    frame = frame_of(run, searched)
    places = {name: place for place, name in enumerate(best(frame, len(frame))["architecture"], start=1)}
    rows = [
        {**row, "predicted_place": places.get(row["architecture"], np.nan)}
        for file in sorted(run.glob(f"{FINALISTS}/*/*/{JOURNAL_FILE}"))
        for row in _rows(file.parent, goal)
    ]
    found = pd.DataFrame(rows, columns=[*_COLUMNS, "worth"])
    by = ["status", "epochs", "violation", "worth", "spikes"]  # done comes before failed and pending
    found = found.sort_values(by, ascending=[True, False, True, False, True], kind="stable", ignore_index=True)
    return frame, found.drop(columns="worth")


def _rows(folder: Path, goal: Goal | None) -> list[dict[str, Any]]:
    contents = read_journal(folder)
    config = contents.config
    if not config:  # it has not begun
        return []
    about = {
        "epochs": config["evaluator"]["settings"]["epochs"],
        "samples": config["problem"]["data"]["validation"],
    }
    evaluations = {key: told[0] for key, told in contents.evaluations.items()}
    if goal is not None and evaluations:
        goal = goal.found_by(next(iter(evaluations.values())).measures)
    worth = {
        format_architecture(architecture): goal.objectives[0](found) if goal else found.accuracy
        for architecture, found in evaluations.items()
    }
    return [
        {**row, **about, "worth": worth.get(row["architecture"], np.nan)}
        for row in rows_of(contents, goal, quality_of_goal(goal))
    ]
