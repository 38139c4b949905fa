"""Where a run's supernet is kept, so that the run's folder is enough to go on with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autosnn_ray.errors import CheckpointError, JournalError
from autosnn_ray.training.checkpoint import DESCRIPTION, read_description
from autosnn_ray.training.supernet import Supernet

SUPERNET_FOLDER = "supernet"
"""Name of the folder in a run's folder that holds a supernet which had no folder of its own."""


def keep_supernet(supernet: Supernet | None, run: Path, *, inside: bool = False) -> dict[str, str]:
    """Sees to it that the supernet can be read again when the run is resumed.

    Args:
        supernet: The supernet; None where the run uses none.
        run: The run's folder.
        inside: It must be within the run's folder, since that alone outlives this machine.

    Returns:
        Where it is: ``folder``, its own or the name of one in the run's folder into which it was saved; and for one of
        its own ``beside``, the way there from the run's folder, by which both are found that were moved together. Empty
        where the run uses none.

    Raises:
        JournalError: It cannot be written.
    """
    if supernet is None:
        return {}
    if inside and _holds(run / SUPERNET_FOLDER, supernet):
        return {"folder": SUPERNET_FOLDER}
    if not inside and supernet.folder is not None and _holds(supernet.folder, supernet):
        folder = supernet.folder.resolve()
        return {"folder": str(folder), "beside": os.path.relpath(folder, run.resolve())}
    try:
        supernet.save(run / SUPERNET_FOLDER)
    except OSError as error:
        raise JournalError(f"{run / SUPERNET_FOLDER}: cannot be written: {error.strerror or error}") from error
    return {"folder": SUPERNET_FOLDER}


def open_supernet(run: Path, config: Mapping[str, Any], moved_to: str | Path | None = None) -> Supernet | None:
    """Reads the supernet of a run.

    A run that was copied from elsewhere has a copy of its supernet in its folder: it is looked for there too.

    Only ``supernet.json`` and ``supernet.safetensors`` are read, and nothing is unpickled, whatever folder a
    journal names.

    Args:
        run: The run's folder.
        config: What the run was started with.
        moved_to: Where the supernet is now, if no longer where it was.

    Returns:
        The supernet; None for a run that uses none.

    Raises:
        CheckpointError: It is not there, damaged, or another one.
        JournalError: The journal names a folder outside the run's.
    """
    about = config["evaluator"].get("supernet")
    if about is None:
        return None
    folder = _folder_of(run, about, moved_to)
    try:
        supernet = Supernet.load(folder)
    except CheckpointError as error:
        hint = "" if moved_to is not None else " (if it has moved: say where, --supernet FOLDER)"
        raise CheckpointError(f"the supernet of {run}: {error}{hint}") from error
    if supernet.weights_checksum != str(about["checksum"]):
        raise CheckpointError(
            f"{folder}: expected the supernet that {run} was started with (SHA-256 {about['checksum']}), got another "
            f"({supernet.weights_checksum}); say with --supernet where the first one is"
        )
    return supernet


def _folder_of(run: Path, about: Mapping[str, Any], moved_to: str | Path | None) -> Path:
    if moved_to is not None:
        return Path(moved_to)
    named = str(about.get("folder") or SUPERNET_FOLDER)
    if ".." in Path(named).parts:
        raise JournalError(f"{run}: the journal names a supernet outside the run's folder: {named}")
    beside = run.resolve() / str(about.get("beside", SUPERNET_FOLDER))
    places = [run / named, run / SUPERNET_FOLDER, beside]
    return next((place for place in places if (place / DESCRIPTION).is_file()), run / named)


def _holds(folder: Path, supernet: Supernet) -> bool:
    try:
        return bool(read_description(folder)["weights"]["sha256"] == supernet.weights_checksum)
    except (CheckpointError, KeyError, TypeError):
        return False
