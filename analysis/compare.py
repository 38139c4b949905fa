"""Several runs as one frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from autosnn_ray.errors import InvalidInputError

from .frames import read

RunsGiven = Any
"""A run or its folder, several of these, or several by names of your own."""


def compare(runs: RunsGiven) -> pd.DataFrame:
    """Reads several runs as one frame, with the name of the run before what ``read`` gives.

    ``rank``, ``fitness`` and ``told`` are each within their own run. ``frame.attrs["runs"]`` holds the attributes of
    each run by its name; beside them stands what all have in common.

    Args:
        runs: Runs, or their folders; with names of your own as a dictionary. Without, a run is called by its
            folder, and by as much of the path as tells it from the others.

    Raises:
        InvalidInputError: No run, or one twice.
        JournalError: No journal, or a damaged one.

    Example:
        ``analysis.compare(["runs/a", "runs/b"]).groupby("run")["fitness"].max()``
    """
    frames = {name: read(path) for name, path in named_runs(runs).items()}
    attrs = {name: frame.attrs for name, frame in frames.items()}
    slots = list(
        dict.fromkeys(str(slot) for frame in frames.values() for slot in frame if str(slot).startswith("slot_"))
    )
    choices = {slot: _choices(slot, frames) for slot in slots}
    for name, frame in frames.items():
        frame.attrs = {}  # concat compares them
        for slot in slots:
            held = frame[slot] if slot in frame else pd.Series(None, index=frame.index, dtype="object")
            frame[slot] = pd.Categorical(held, categories=choices[slot])
        frame.insert(0, "run", name)
    columns = list(dict.fromkeys(column for frame in frames.values() for column in frame))
    columns.sort(key=lambda column: (column not in ("run", "index", "architecture"), column not in slots))
    whole = pd.concat([frame for frame in frames.values() if len(frame)] or list(frames.values()), ignore_index=True)
    whole = whole.reindex(columns=columns)
    common = {key: value for key, value in next(iter(attrs.values())).items() if key != "path"}
    whole.attrs = {key: value for key, value in common.items() if all(one[key] == value for one in attrs.values())}
    whole.attrs.setdefault("quality", "")
    whole.attrs["runs"] = attrs
    return whole


def named_runs(runs: RunsGiven) -> dict[str, Path]:
    """Gives each run a name of its own.

    Args:
        runs: Runs, or their folders or journals; or a dictionary of them by name.

    Raises:
        InvalidInputError: No run, or one twice.

    Example:
        >>> list(named_runs(["runs/a/search", "runs/b/search", "other"]))
        ['a/search', 'b/search', 'other']
    """
    if isinstance(runs, Mapping):
        return _some({str(name): _path(run) for name, run in runs.items()})
    if isinstance(runs, str | Path) or hasattr(runs, "path"):
        runs = [runs]
    paths = [_path(run) for run in runs]
    if len(set(paths)) < len(paths):
        raise InvalidInputError(f"runs: expected each once, got {', '.join(map(str, paths))}")
    parts = [path.parent.parts if path.suffix == ".jsonl" else path.parts for path in map(Path.absolute, paths)]
    names = [_shortest(own, parts[:place] + parts[place + 1 :]) for place, own in enumerate(parts)]
    return _some(dict(zip(names, paths, strict=True)))


def _shortest(own: tuple[str, ...], others: list[tuple[str, ...]]) -> str:
    """Returns as much of a path's end as no other ends in."""
    lengths = range(1, len(own) + 1)
    enough = next((n for n in lengths if all(other[-n:] != own[-n:] for other in others)), len(own))
    return "/".join(own[-enough:])


def _path(run: Any) -> Path:
    return Path(getattr(run, "path", run))


def _some(named: dict[str, Path]) -> dict[str, Path]:
    if not named:
        raise InvalidInputError("runs: expected at least one, got none")
    return named


def _choices(slot: str, frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Returns the choices that a slot has in any of the runs."""
    held = [frame[slot].cat.categories for frame in frames.values() if slot in frame]
    return list(dict.fromkeys(str(choice) for categories in held for choice in categories))
