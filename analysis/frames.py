"""A run's journal as pandas frames."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics import wilson_interval
from autosnn_ray.errors import AutoSNNWarning, InvalidInputError
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import Ask, Fail, JournalContents, Tell, read_journal
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import SearchSpace, format_architecture

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
    "generation": "int64",
    "origin": "str",
    "parents": "object",
    "seconds": "float64",
    "attempts": "int64",
    "status": "str",
    "reason": "str",
}


def read(path: str | Path) -> pd.DataFrame:
    """Reads a run as a frame, one row a candidate, in the order of their indices.

    Columns: ``index``; ``architecture`` (``srb_k5/skip/…``) and one a slot (``slot_0`` …, categories are the slot's
    choices); ``accuracy`` (0 to 1) with its 95 % interval ``accuracy_low``, ``accuracy_high``; ``spikes``
    (spikes/sample); ``fitness``; ``loss``; ``generation``; ``origin``; ``parents`` (indices, a tuple); ``seconds``;
    ``attempts``; ``status`` (done, failed, pending) and ``reason`` of a failure. Numbers of candidates without an
    evaluation are NaN. ``frame.attrs`` names space, objective and path.

    Args:
        path: The run's folder, or its journal. The search may still be running.

    Raises:
        JournalError: No journal, or a damaged one.

    Warns:
        AutoSNNWarning: A torn last line was left out.
    """
    contents = _contents(path)
    space, fitness = _space(contents), _fitness(contents)
    rows = _rows(contents, fitness)
    frame = pd.DataFrame(rows, columns=list(_TYPES)).astype(_TYPES)
    architectures = [str(row["architecture"]).split("/") for row in rows]
    for position, slot in enumerate(space.slots if space else ()):
        choices = pd.Categorical([parts[position] for parts in architectures], categories=list(slot.choices))
        frame.insert(2 + position, f"slot_{position}", pd.Series(choices, index=frame.index))
    frame.attrs = {
        "path": str(path),
        "space": space.name if space else "",
        "objective": fitness.to_dict() if fitness else {},
    }
    return frame


def read_config(path: str | Path) -> dict[str, Any]:
    """Reads what a run was started with: space, algorithm, objective, checksums, versions."""
    return _contents(path).config


def read_space(path: str | Path) -> SearchSpace:
    """Reads the search space of a run.

    Raises:
        InvalidInputError: The run has no start yet.
    """
    space = _space(_contents(path))
    if space is None:
        raise InvalidInputError(f"{path}: the run has not begun: its journal holds no start")
    return space


def layer_spikes(path: str | Path) -> pd.DataFrame:
    """Reads the spikes of each layer: one row a candidate and layer, with ``index``, ``layer``, ``spikes``."""
    rows = [
        {"index": event.index, "layer": layer, "spikes": spikes}
        for event in _contents(path).events
        if isinstance(event, Tell)
        for layer, spikes in event.evaluation.layer_spikes.items()
    ]
    frame = pd.DataFrame(rows, columns=["index", "layer", "spikes"])
    return frame.sort_values("index", kind="stable", ignore_index=True)


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


def _contents(path: str | Path) -> JournalContents:
    contents = read_journal(path)
    if contents.torn:
        warnings.warn(
            f"{path}: the journal ends in a half-written line, which is left out: the search is running, or was killed",
            AutoSNNWarning,
            stacklevel=3,
        )
    return contents


def _space(contents: JournalContents) -> SearchSpace | None:
    entries = contents.config.get("space")
    return None if entries is None else SearchSpace.from_dict(entries, source="journal")


def _fitness(contents: JournalContents) -> SpikeAwareFitness | None:
    entries = contents.config.get("objective")
    return None if entries is None else SpikeAwareFitness.from_dict(entries)


def _rows(contents: JournalContents, fitness: SpikeAwareFitness | None) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    for event in contents.events:
        if isinstance(event, Ask):
            rows[event.index] = _asked(event)
        elif isinstance(event, Tell):
            rows[event.index] |= _told(event, fitness)
        elif isinstance(event, Fail):
            rows[event.index] |= {"status": "failed", "reason": event.reason, "attempts": event.attempts}
    return [rows[index] for index in sorted(rows)]


def _asked(event: Ask) -> dict[str, Any]:
    unknown = dict.fromkeys(
        ("accuracy", "accuracy_low", "accuracy_high", "spikes", "fitness", "loss", "seconds"), np.nan
    )
    return {
        "index": event.index,
        "architecture": format_architecture(event.architecture),
        **unknown,
        "generation": event.generation,
        "origin": event.origin,
        "parents": event.parents,
        "attempts": 0,
        "status": "pending",
        "reason": "",
    }


def _told(event: Tell, fitness: SpikeAwareFitness | None) -> dict[str, Any]:
    evaluation = event.evaluation
    low, high = wilson_interval(evaluation.accuracy, evaluation.samples)
    return {
        "accuracy": evaluation.accuracy,
        "accuracy_low": low,
        "accuracy_high": high,
        "spikes": evaluation.spikes,
        "fitness": np.nan if fitness is None else fitness(evaluation),
        "loss": evaluation.loss,
        "seconds": evaluation.seconds,
        "attempts": event.attempts,
        "status": "done",
    }
