"""A run's journal as pandas frames."""

from __future__ import annotations

import io
import shlex
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from autosnn_ray.errors import AutoSNNWarning, InvalidInputError
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import JournalContents, Stop, Tell, is_locked, read_correct, read_journal
from autosnn_ray.own_code import own_code_of
from autosnn_ray.space import SearchSpace

from .provenance import provenance
from .rows import fitness_of, goal_of, quality_of_goal, rows_of

STATUSES = ("done", "failed", "pending")

_TYPES: dict[str, str] = {
    "index": "int64",
    "architecture": "str",
    "accuracy": "float64",
    "accuracy_low": "float64",
    "accuracy_high": "float64",
    "spikes": "float64",
    "fitness": "float64",
    "loss": "float64",
    "basis": "str",
    "rank": "float64",
    "feasible": "bool",
    "violation": "float64",
    "generation": "int64",
    "repetition": "int64",
    "told": "float64",
    "origin": "str",
    "parents": "object",
    "seconds": "float64",
    "attempts": "int64",
    "status": "str",
    "reason": "str",
    "reused_from": "str",
}


def read(path: str | Path) -> pd.DataFrame:
    """Reads a run as a frame, one row a candidate, in the order of their indices.

    Columns: ``index``; ``architecture`` (``srb_k5/skip/…``) and one a slot (``slot_0`` …, categories are the slot's
    choices); ``accuracy`` (0 to 1) with its 95 % interval ``accuracy_low``, ``accuracy_high``: binomial where it is a
    share of samples, the predictor's own where it is predicted; ``spikes`` (spikes/sample); ``fitness``; ``loss``;
    ``basis`` (how accuracy, or the score in its place, came about: a key of ``autosnn_ray.evaluations.BASES``);
    ``rank`` (1 is best, by the goal); ``feasible`` and ``violation`` of constraints; ``generation``; ``repetition``;
    ``told`` (which result it was, failures counted: 1 came first); ``origin``; ``parents`` (indices, a tuple);
    ``seconds``; ``attempts``; ``status`` (done, failed, pending) and ``reason`` of a failure; ``reused_from``, the
    folder of an earlier run whose evaluation was taken; then one for every further measure, such as ``parameters``,
    ``macs``, ``memory`` or a ``score``, and for an objective of your own, by its label; a measure that is called as a
    column above, such as ``rank``, is ``rank_measured``. Numbers of candidates without an evaluation are NaN.
    ``frame.attrs`` has the path, the names of space, ``algorithm`` and ``evaluator``, the ``goal``, its fitness as
    ``objective``, the name of what is weighed against spikes, ``quality``, and ``provenance``: how the numbers came
    about, in words.

    Args:
        path: The run's folder, or its journal. The search may still be running.

    Raises:
        JournalError: No journal, or a damaged one.

    Warns:
        AutoSNNWarning: A torn last line was left out.
    """
    return frame_of(path, open_journal(path))


def frame_of(path: str | Path, contents: JournalContents) -> pd.DataFrame:
    """Makes of a journal the frame that ``read`` gives.

    Args:
        path: The run's folder, or its journal.
        contents: What the journal says.
    """
    space = _space(contents)
    with own_code_of(contents.config):
        goal = goal_of(contents.config)
    fitness = fitness_of(goal)
    quality = quality_of_goal(goal)
    rows = rows_of(contents, goal, quality)
    further = sorted({name for row in rows for name in row} - set(_TYPES))
    frame = pd.DataFrame(rows, columns=[*_TYPES, *further]).astype({**_TYPES, **dict.fromkeys(further, "float64")})
    architectures = [str(row["architecture"]).split("/") for row in rows]
    for position, slot in enumerate(space.slots if space else ()):
        choices = pd.Categorical([parts[position] for parts in architectures], categories=list(slot.choices))
        frame.insert(2 + position, f"slot_{position}", pd.Series(choices, index=frame.index))
    frame.attrs = {
        "path": str(path),
        "space": space.name if space else "",
        "objective": fitness.to_dict() if fitness else {},
        "goal": goal.to_dict() if goal else {},
        "quality": quality,
        "evaluator": str(contents.config.get("evaluator", {}).get("name", "")),
        "algorithm": str(contents.config.get("algorithm", {}).get("name", "")),
        "provenance": provenance(contents),
    }
    return frame


def read_config(path: str | Path) -> dict[str, Any]:
    """Reads what a run was started with: space, algorithm, objective, checksums, versions."""
    return open_journal(path).config


def state(path: str | Path) -> str:
    """Says in words how far a run is: running, finished, or stopped before its end."""
    contents = open_journal(path)
    last = contents.events[-1] if contents.events else None
    if isinstance(last, Stop):
        return f"finished: {last.reason}"
    folder = Path(path).parent if Path(path).suffix == ".jsonl" else Path(path)
    if is_locked(folder):
        return "running"
    return f"stopped before its end; autosnn-ray resume {shlex.quote(str(folder))} goes on with it"


def read_space(path: str | Path) -> SearchSpace:
    """Reads the search space of a run.

    Raises:
        InvalidInputError: The run has no start yet.
    """
    space = _space(open_journal(path))
    if space is None:
        raise InvalidInputError(f"{path}: the run has not begun: its journal holds no start")
    return space


def layer_spikes(path: str | Path) -> pd.DataFrame:
    """Reads the spikes of each layer: one row a candidate and layer, with ``index``, ``layer``, ``spikes``."""
    rows = [
        {"index": event.index, "layer": layer, "spikes": spikes}
        for event in open_journal(path).events
        if isinstance(event, Tell)
        for layer, spikes in event.evaluation.layer_spikes.items()
    ]
    frame = pd.DataFrame(rows, columns=["index", "layer", "spikes"])
    return frame.sort_values("index", kind="stable", ignore_index=True)


def correct(path: str | Path) -> dict[int, npt.NDArray[np.bool_]]:
    """Reads which validation samples each candidate classified right, by the candidates' numbers.

    Empty for runs whose evaluator does not tell, and for those made before it was kept.
    """
    path = Path(path)
    return read_correct(path.parent if path.suffix == ".jsonl" else path)


def write_frame(frame: pd.DataFrame, path: str | Path) -> Path:
    """Writes a frame as CSV or Parquet, by the suffix; parents are written as ``3 7``.

    Raises:
        InvalidInputError: Another suffix.
    """
    path = Path(path)
    plain = frame.assign(parents=[" ".join(map(str, parents)) for parents in frame["parents"]])
    buffer = io.BytesIO()
    if path.suffix == ".csv":
        plain.to_csv(buffer, index=False)
    elif path.suffix == ".parquet":
        plain.to_parquet(buffer, index=False)
    else:
        raise InvalidInputError(f"{path}: expected a name that ends in .csv or .parquet")
    write_atomically(path, buffer.getvalue())
    return path


def open_journal(path: str | Path) -> JournalContents:
    """Reads a run's journal, and warns where its last line is torn.

    Raises:
        JournalError: No journal, or a damaged one.
    """
    contents = read_journal(path)
    if contents.torn:
        warnings.warn(
            f"{path}: the journal ends in a half-written line, which is left out: the search is running, or was killed",
            AutoSNNWarning,
            stacklevel=3,
        )
    return contents


def _space(contents: JournalContents) -> SearchSpace | None:
    entries = contents.config.get("problem", {}).get("space")
    with own_code_of(contents.config):
        return None if entries is None else SearchSpace.from_dict(entries, source="journal")
