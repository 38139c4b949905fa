"""Where a run's folder and its supernet are kept, so that the folder is enough to go on with the run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autosnn_ray.cluster.remote import is_url, without_password
from autosnn_ray.errors import CheckpointError, InvalidInputError, JournalError
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking.neurons import NeuronSettings
from autosnn_ray.training.checkpoint import pack, read_description
from autosnn_ray.training.supernet import Supernet

SUPERNET_FOLDER = "supernet"
"""Name of the folder in a run's folder that holds a supernet which had no folder of its own."""


def run_folder(path: str | Path, storage: str | Path | None = None) -> Path:
    """Returns a run's folder.

    Args:
        path: The folder; below ``storage`` where that is given.
        storage: A folder that outlives the machine on which the search is started, such as a network file system.

    Raises:
        InvalidInputError: A URL, or a path that leaves the storage.
    """
    if is_url(path):
        raise InvalidInputError(
            f"path: expected a folder, got the URL {without_password(str(path))!r}. A search works in a folder, whose "
            "journal needs appended lines that are on the disk before the search goes on, and a lock; an object store "
            "has neither. Give the URL as storage, and it is copied there"
        )
    if is_url(storage):
        raise InvalidInputError(
            f"storage: expected a folder, got the URL {without_password(str(storage))!r}: `search` and `resume` alone "
            "copy to one. Work in a folder; what lies in a search's folder is copied with it, when all is done: "
            "autosnn-ray resume RUN --storage URL"
        )
    if storage is None:
        return Path(path)
    folder = Path(storage) / path
    if not folder.resolve().is_relative_to(Path(storage).resolve()):
        raise InvalidInputError(f"path: expected a folder within the storage {storage}, got {path}")
    return folder


def keep_supernet(supernet: Supernet, run: Path, *, inside: bool = False) -> str | None:
    """Sees to it that the supernet can be read again when the run is resumed.

    Args:
        supernet: The supernet.
        run: The run's folder.
        inside: It must be within the run's folder, since that alone outlives this machine.

    Returns:
        Where it is: its own folder, or the name of one in the run's folder into which it was saved; None for one that
        was never trained, which the journal's start describes.

    Raises:
        JournalError: It cannot be written.
    """
    if not supernet.is_trained:
        return None
    if inside and _holds(run / SUPERNET_FOLDER, supernet):
        return SUPERNET_FOLDER
    if not inside and supernet.folder is not None and _holds(supernet.folder, supernet):
        return str(supernet.folder.resolve())
    try:
        supernet.save(run / SUPERNET_FOLDER)
    except OSError as error:
        raise JournalError(f"{run / SUPERNET_FOLDER}: cannot be written: {error.strerror or error}") from error
    return SUPERNET_FOLDER


def check_weights(supernet: Supernet) -> None:
    """Holds the weights in memory against the checksum that the journal will name.

    Raises:
        InvalidInputError: They were changed since they were trained or loaded.
    """
    if not supernet.is_trained:
        return
    found = hashlib.sha256(pack(supernet.network)).hexdigest()
    if found != supernet.weights_checksum:
        raise InvalidInputError(
            f"supernet: expected the weights it was trained with (SHA-256 {supernet.weights_checksum[:12]}…), "
            f"got others ({found[:12]}…): they were changed in memory. Load it again; where the change is meant, "
            "make it a supernet of its own: dataclasses.replace(supernet, network=…, weights_checksum=…)"
        )


def open_supernet(run: Path, config: Mapping[str, Any], moved_to: str | Path | None) -> Supernet:
    """Reads the supernet of a run.

    A run that was copied from elsewhere has a copy of its supernet in its folder: it is looked for there too.

    Only ``supernet.json`` and ``supernet.safetensors`` are read, and nothing is unpickled, whatever folder a
    journal names.

    Args:
        run: The run's folder.
        config: What the run was started with.
        moved_to: Where the supernet is now, if no longer where it was.

    Raises:
        CheckpointError: It is not there, damaged, or another one.
    """
    if config.get("supernet_folder", SUPERNET_FOLDER) is None:
        return Supernet.untrained(
            SearchSpace.from_dict(config["space"], source=f"{run}: journal"),
            dict(config["data"]),
            timesteps=int(config["supernet"]["timesteps"]),
            neuron=NeuronSettings.from_dict(config["supernet"]["neuron"]),
        )
    named = Path(str(config.get("supernet_folder", SUPERNET_FOLDER)))
    folder = Path(moved_to) if moved_to is not None else run / named
    if moved_to is None and ".." in named.parts:
        raise JournalError(f"{run}: the journal names a supernet outside the run's folder: {named}")
    if moved_to is None and not folder.is_dir() and (run / SUPERNET_FOLDER).is_dir():
        folder = run / SUPERNET_FOLDER
    try:
        supernet = Supernet.load(folder)
    except CheckpointError as error:
        hint = "" if moved_to is not None else " (if it has moved: say where, --supernet FOLDER)"
        raise CheckpointError(f"the supernet of {run}: {error}{hint}") from error
    expected = str(config["supernet"].get("checksum", supernet.weights_checksum))
    if supernet.weights_checksum != expected:
        raise CheckpointError(
            f"{folder}: expected the supernet that {run} was started with (SHA-256 {expected}), got another "
            f"({supernet.weights_checksum}); say with --supernet where the first one is"
        )
    return supernet


def _holds(folder: Path, supernet: Supernet) -> bool:
    try:
        return bool(read_description(folder)["weights"]["sha256"] == supernet.weights_checksum)
    except (CheckpointError, KeyError, TypeError):
        return False
