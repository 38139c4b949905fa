"""Where a run is at home: a folder, which is copied to a URL where the storage is one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autosnn_ray.algorithms import Candidate, OnTold
from autosnn_ray.cluster.lease import Lease
from autosnn_ray.cluster.mirror import Mirror
from autosnn_ray.cluster.remote import Remote, StorageError, is_url, without_password
from autosnn_ray.cluster.replica import fetch
from autosnn_ray.cluster.storage import run_folder
from autosnn_ray.errors import AutoSNNError, AutoSNNWarning
from autosnn_ray.evaluations import Outcome


@dataclass(frozen=True)
class Home:
    """A run's folder, and its mirror.

    Attributes:
        folder: The folder.
        mirror: What copies it to a URL; None where the storage is none.
    """

    folder: Path
    mirror: Mirror | None = None

    def watched(self, on_told: OnTold | None) -> OnTold | None:
        """Makes the search stop, with its next outcome, once the mirror says that it must not go on."""
        mirror = self.mirror
        if mirror is None:
            return on_told

        def told(candidate: Candidate, outcome: Outcome) -> None:
            if mirror.error is not None:
                raise mirror.error
            if on_told is not None:
                on_told(candidate, outcome)

        return told


@contextmanager
def run_home(path: str | Path, storage: str | Path | None = None, *, is_new: bool = False) -> Iterator[Home]:
    """Opens a run's home for the while of a block.

    With a URL, the run's folder is ``path``, and is brought up to what the URL holds; during the block it is copied
    there every few seconds, and once more at the end, whatever ends it.

    Args:
        path: The run's folder; below ``storage`` where that is given.
        storage: A folder, or a URL that fsspec knows.
        is_new: The URL must not hold a run yet.

    Raises:
        InvalidInputError: A URL that cannot be used, or a path that leaves the storage.
        RunExistsError: Another driver is at work there, or it holds a run and must not.
        JournalError: What is there is damaged, or is not the beginning or a continuation of what is here.
        AutoSNNError: The storage cannot be reached at the beginning or the end, or another driver has taken over.
    """
    if not is_url(storage):
        yield Home(run_folder(path, storage))
        return
    folder, remote = run_folder(path), Remote(str(storage), path)
    mirror = _begun(remote, folder, is_new)
    try:
        yield Home(folder, mirror)
    except BaseException as problem:
        try:
            mirror.end()
        except AutoSNNError as error:
            if error is not problem:
                warnings.warn(_not_copied(error, remote, folder, storage), AutoSNNWarning, stacklevel=2)
        raise
    try:
        mirror.end()
    except StorageError as error:
        raise AutoSNNError(_not_copied(error, remote, folder, storage)) from error


def _begun(remote: Remote, folder: Path, is_new: bool) -> Mirror:
    lease = Lease(remote)
    try:
        mirror = Mirror(remote, folder, lease, fetch(remote, folder, is_new=is_new))
    except BaseException:
        lease.release()
        raise
    mirror.start()
    return mirror


def _not_copied(error: AutoSNNError, remote: Remote, folder: Path, storage: object) -> str:
    return (
        f"the last copy to {remote.name} failed: {error}. {folder} is whole; to copy what is missing: "
        f"autosnn-ray resume {folder} --storage {without_password(str(storage))}"
    )
