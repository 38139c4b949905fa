"""A run's folder behind an fsspec URL, such as one in an object store, with errors of one kind."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec.core import url_to_fs
from fsspec.spec import AbstractFileSystem

from autosnn_ray.errors import AutoSNNError, InvalidInputError, JournalError

_CHUNK = 2**22
# Of object stores, by protocol.
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}


class StorageError(AutoSNNError):
    """The storage cannot be reached, or refuses what is asked of it; a later attempt may go better."""


def is_url(given: object) -> bool:
    """Says whether a path is a URL, also one whose slashes ``Path`` has made fewer.

    Example:
        >>> is_url("s3://bucket/runs"), is_url("/mnt/runs"), is_url("runs")
        (True, False, False)
    """
    return given is not None and bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]+:[/:]", str(given)))


class Remote:
    """The folder of one run behind a URL.

    Args:
        storage: The URL below which runs are.
        path: The run's relative path.

    Attributes:
        name: The folder's URL without password, for messages.

    Raises:
        InvalidInputError: A URL that cannot be used, a protocol whose package is missing, or a path that leaves the
            storage.
        StorageError: The storage cannot be reached.
    """

    def __init__(self, storage: str, path: str | Path) -> None:
        self._fs, root = _file_system(storage)
        parts = PurePosixPath(path).parts
        if not parts or PurePosixPath(path).is_absolute() or ".." in parts:
            raise InvalidInputError(
                "path: expected a relative one such as runs/first, since the run is copied to that path below "
                f"{without_password(storage)}; got {str(path)!r}"
            )
        self._root = "/".join([root.rstrip("/"), *parts])
        self.name = "/".join([without_password(storage).rstrip("/"), *parts])
        self._made: set[str] = set()
        self._has_folders = storage.partition(":")[0] not in _PACKAGES

    def files(self) -> dict[str, int]:
        """Returns every file below the folder, by its relative name, with its size in bytes.

        Raises:
            JournalError: A name that leads outside.
        """
        with self._reached("listed"):
            self._fs.invalidate_cache()
            return dict(self._below(self._root))

    def read(self, name: str) -> bytes | None:
        """Returns a file's content; None where there is no such file."""
        with self._reached(f"read ({name})"):
            try:
                return bytes(self._fs.cat_file(self._at(name)))
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        """Writes a file, in place of one of the same name."""
        with self._reached(f"written ({name})"):
            self._make_folder_of(name)
            self._fs.pipe_file(self._at(name), content)

    def put(self, local: Path, name: str) -> None:
        """Copies a local file there."""
        with self._reached(f"written ({name})"):
            self._make_folder_of(name)
            self._fs.put_file(str(local), self._at(name))

    def fetch(self, name: str, local: Path) -> None:
        """Copies a file from there: the local one is the old or the new one, never a part."""
        local.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=local.parent, prefix=".fetched-") as folder:
            with self._reached(f"read ({name})"):
                self._fs.get_file(self._at(name), str(Path(folder) / "file"))
            (Path(folder) / "file").replace(local)

    def equals(self, name: str, local: Path) -> bool:
        """Says whether a file there has the content of a local one."""
        with self._reached(f"read ({name})"), self._fs.open(self._at(name), "rb") as there, local.open("rb") as here:
            while chunk := here.read(_CHUNK):
                if there.read(len(chunk)) != chunk:
                    return False
            return not there.read(1)

    def remove(self, name: str) -> None:
        """Removes a file, if it is there."""
        with self._reached(f"removed ({name})"):
            try:
                self._fs.rm_file(self._at(name))
            except FileNotFoundError:
                return

    def _below(self, folder: str) -> Iterator[tuple[str, int]]:
        # fsspec's own walk takes a folder that cannot be listed for an empty one.
        try:
            entries = self._fs.ls(folder, detail=True)
        except FileNotFoundError:
            return
        for entry in entries:
            full = str(entry["name"])
            if full.rstrip("/") == folder:
                continue
            if entry["type"] == "directory":
                yield from self._below(full.rstrip("/"))
            else:
                yield self._relative(full), int(entry["size"] or 0)

    def _relative(self, full: str) -> str:
        name = full.removeprefix(f"{self._root}/")
        if name == full or any(part in ("", ".", "..") or "\0" in part for part in name.split("/")):
            raise JournalError(
                f"{self.name}: holds a file whose name leads outside the run's folder: {full!r}. Nothing was fetched; "
                "no search writes such a name: look who else can write there, and remove it"
            )
        return name

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _make_folder_of(self, name: str) -> None:
        # An object store has no folders: s3fs would make a bucket of a name that is written wrong.
        folder = self._at(name).rpartition("/")[0]
        if self._has_folders and folder not in self._made:
            self._fs.makedirs(folder, exist_ok=True)
            self._made.add(folder)

    @contextmanager
    def _reached(self, what: str) -> Iterator[None]:
        try:
            yield
        except AutoSNNError:
            raise
        except Exception as error:
            self._made.clear()
            raise StorageError(f"{self.name}: cannot be {what}: {_said(error)}") from error


def _file_system(storage: str) -> tuple[AbstractFileSystem, str]:
    protocol = storage.partition(":")[0]
    if "://" not in storage or "::" in storage:
        raise InvalidInputError(
            "storage: expected a URL such as s3://bucket/runs, as text and not as a Path, "
            f"got {without_password(storage)!r}"
        )
    try:
        found: tuple[AbstractFileSystem, Any] = url_to_fs(storage)
    except ImportError as error:
        package = _PACKAGES.get(protocol)
        mend = f"pip install {package}" if package else "install what it names"
        raise InvalidInputError(
            f"storage: a package for {protocol}:// is missing: {error}. To mend it: {mend}"
        ) from error
    except ValueError as error:
        raise InvalidInputError(
            f"storage: expected a URL that fsspec knows, such as s3://bucket/runs, got {without_password(storage)!r}: "
            f"{error}"
        ) from error
    except Exception as error:
        raise StorageError(f"{without_password(storage)}: cannot be reached: {_said(error)}") from error
    return found[0], str(found[1])


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def without_password(url: str) -> str:
    """Leaves user and password out of a URL.

    Example:
        >>> without_password("ftp://me:secret@host/runs")
        'ftp://host/runs'
    """
    return re.sub(r"://[^/@]*@", "://", url)
