"""Where a run is kept: a folder, which is copied to a URL where the storage is one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

from autosnn_ray.errors import AutoSNNError, AutoSNNWarning, InvalidInputError
from autosnn_ray.own_code import command
from autosnn_ray.storage.copy import RemoteCopy
from autosnn_ray.storage.remote import Remote, is_url, without_password

P = ParamSpec("P")


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
            f"path: expected a folder, got the URL {without_password(path)!r}. A search works in a folder, whose "
            "journal needs appended lines that are on the disk before the search goes on, and a lock; an object store "
            "has neither. Give the URL as storage, and it is copied there"
        )
    if is_url(storage):
        raise InvalidInputError(
            f"storage: expected a folder, got the URL {without_password(storage)!r}: `search`, `enumerate` "
            "and `resume` alone copy to one. Work in a folder; what lies in a search's folder is copied with it, when "
            "all is done: autosnn-ray resume RUN --storage URL"
        )
    if storage is None:
        return Path(path)
    folder = Path(storage) / path
    if not folder.resolve().is_relative_to(Path(storage).resolve()):
        raise InvalidInputError(f"path: expected a folder within the storage {storage}, got {path}")
    return folder


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, and its copy.

    Attributes:
        path: The folder.
        copy: What keeps a copy behind a URL; None where the storage is none.
    """

    path: Path
    copy: RemoteCopy | None = None

    def command(self, *words: object) -> str:
        """Returns a command as it is typed for this run, with its storage where that is a URL.

        Example:
            >>> RunFolder(Path("runs/first")).command("resume", "--candidates", 600)
            'autosnn-ray resume runs/first --candidates 600'
        """
        name, *options = words
        return command(name, self.path, *options, *(("--storage", self.copy.storage) if self.copy else ()))

    def watched(self, on_result: Callable[P, None] | None) -> Callable[P, None] | None:
        """Makes the search stop, with its next outcome, once another driver has taken it over."""
        copy = self.copy
        if copy is None:
            return on_result

        def watching(*args: P.args, **kwargs: P.kwargs) -> None:
            copy.check()
            if on_result is not None:
                on_result(*args, **kwargs)

        return watching


@contextmanager
def open_run_folder(
    path: str | Path, storage: str | Path | None = None, *, is_new: bool = False
) -> Iterator[RunFolder]:
    """Opens a run's folder for the while of a block.

    With a URL, the run's folder is ``path``, and is brought up to what the URL holds; during the block it is copied
    there every few seconds, and once more at the end, whatever ends it.

    Args:
        path: The run's folder; below ``storage`` where that is given.
        storage: A folder, or a URL that fsspec knows.
        is_new: The URL must not hold a run yet.

    Raises:
        InvalidInputError: A URL that cannot be used, or a path that leaves the storage.
        RunExistsError: A process is at work in the folder, or the URL holds a run and must not.
        JournalError: What is there is damaged, or is not the beginning or a continuation of what is here.
        AutoSNNError: The storage cannot be reached at the beginning or the end, or another driver has taken over.
    """
    if not is_url(storage):
        yield RunFolder(run_folder(path, storage))
        return
    folder = run_folder(path)
    copy = RemoteCopy(Remote(str(storage), path), folder)
    copy.fetch(is_new=is_new)
    copy.start()
    try:
        yield RunFolder(folder, copy)
    except BaseException as problem:
        try:
            copy.end()
        except AutoSNNError as error:
            if error is not problem:
                warnings.warn(str(error), AutoSNNWarning, stacklevel=3)
        raise
    copy.end()
