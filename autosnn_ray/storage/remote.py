"""A run's folder behind an fsspec URL, such as one in an object store, with errors of one kind."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from fsspec.core import url_to_fs

from autosnn_ray.errors import AutoSNNError, InvalidInputError, JournalError

_OBJECT_STORES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss")


class StorageError(AutoSNNError):
    """The storage cannot be reached, or refuses what is asked of it; a later attempt may go better."""


def is_url(given: object) -> bool:
    """Says whether a path is a URL, also one whose slashes ``Path`` has made fewer.

    Example:
        >>> is_url("s3://bucket/runs"), is_url("/mnt/runs"), is_url("runs")
        (True, False, False)
    """
    return given is not None and bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]+:[/:]", str(given)))


def without_password(text: object) -> str:
    """Leaves users and passwords out of the URLs in a text.

    Example:
        >>> without_password("ftp://me:secret@host/runs")
        'ftp://host/runs'
    """
    return re.sub(r"(:/+)[^/\s]*@", r"\1", str(text))


class Remote:
    """The folder of one run behind a URL.

    Args:
        storage: The URL below which runs are.
        path: The run's relative path.

    Attributes:
        storage: The URL below which runs are, without password, for messages.
        name: The folder's, likewise.

    Raises:
        InvalidInputError: A URL that cannot be used, a protocol whose package is missing, or a path that leaves the
            storage.
        StorageError: The storage cannot be reached.
    """

    def __init__(self, storage: str, path: str | Path) -> None:
        self.storage, parts = without_password(storage), PurePosixPath(path).parts
        if "://" not in storage or "::" in storage:
            raise InvalidInputError(
                f"storage: expected a URL such as s3://bucket/runs, as text and not as a Path, got {self.storage!r}"
            )
        self.name = "/".join([self.storage.rstrip("/"), *parts])
        with self._reached("reached"):
            try:
                self._fs, root = url_to_fs(storage)
            except (ImportError, ValueError) as error:  # fsspec says which package is missing
                raise InvalidInputError(
                    f"storage: expected a URL that fsspec knows, such as s3://bucket/runs, got {self.storage!r}: "
                    f"{_said(error)}"
                ) from error
        if not parts or PurePosixPath(path).is_absolute() or ".." in parts:
            raise InvalidInputError(
                "path: expected a relative one such as runs/first, since the run is copied to that path below "
                f"{self.storage}; got {str(path)!r}"
            )
        self._root = "/".join([root.rstrip("/"), *parts])
        self._puts_are_atomic = storage.partition(":")[0] in _OBJECT_STORES
        self._ending = secrets.token_hex(4)

    def files(self) -> set[str]:
        """Returns the relative names of all files below the folder; refuses one that leads outside."""
        with self._reached("listed"):
            self._fs.invalidate_cache()
            return set(self._below(self._root))

    def read(self, name: str) -> bytes | None:
        """Returns a file's content; None where there is no such file."""
        with self._reached(f"read ({name})"):
            try:
                return bytes(self._fs.cat_file(f"{self._root}/{name}"))
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        """Writes a file, whose readers see the old content or the new, and never a part."""
        folder, _, file = f"{self._root}/{name}".rpartition("/")
        with self._reached(f"written ({name})"):
            if self._puts_are_atomic:  # and there are no folders: s3fs would make a bucket of a name written wrong
                self._fs.pipe_file(f"{folder}/{file}", content)
                return
            self._fs.makedirs(folder, exist_ok=True)
            self._fs.pipe_file(f"{folder}/.{file}.{self._ending}", content)
            self._fs.mv(f"{folder}/.{file}.{self._ending}", f"{folder}/{file}")

    def _below(self, folder: str) -> Iterator[str]:
        try:  # fsspec's own walk takes a folder that cannot be listed for an empty one
            entries = self._fs.ls(folder, detail=True)
        except FileNotFoundError:
            return
        for entry in entries:
            full = str(entry["name"]).rstrip("/")
            if full != folder and entry["type"] == "directory":
                yield from self._below(full)
            elif full != folder:
                yield self._relative(full)

    def _relative(self, full: str) -> str:
        name = full.removeprefix(f"{self._root}/")
        if name == full or any(part in ("", ".", "..") or "\0" in part for part in name.split("/")):
            raise JournalError(
                f"{self.name}: holds a file whose name leads outside the run's folder: {full!r}. Nothing was fetched; "
                "no search writes such a name: look who else can write there, and remove it"
            )
        return name

    @contextmanager
    def _reached(self, what: str) -> Iterator[None]:
        try:
            yield
        except AutoSNNError:
            raise
        except Exception as error:
            raise StorageError(f"{self.name}: cannot be {what}: {_said(error)}") from error


def _said(error: Exception) -> str:
    return without_password(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
