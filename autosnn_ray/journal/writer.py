"""Writes a journal: each event on the disk before anything acts on it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from autosnn_ray.errors import AutoSNNWarning, JournalError, RunExistsError
from autosnn_ray.files import sync_folder
from autosnn_ray.journal.events import encode
from autosnn_ray.journal.reader import JOURNAL_FILE, JournalContents, is_unbegun, read_journal

LOCK_FILE = "lock"
"""Name of the file in a run's folder whose lock the writer holds."""


class Journal:
    """The writer of a run's journal; one process at a time, which a lock sees to.

    Made by ``create`` for a new run, or by ``append_to`` to go on with one; closed by ``close`` or as a context.

    Attributes:
        path: The file.
        contents: What it held when it was opened.
        stopped: Whether the last event is the stop.
    """

    def __init__(self, folder: Path, lock: int, contents: JournalContents) -> None:
        self.path = folder / JOURNAL_FILE
        self.contents = contents
        self.stopped = contents.stopped
        self._lock = lock
        self._sequence = len(contents.events)
        self._broken: str | None = None
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            sync_folder(folder)
        except OSError as error:
            os.close(lock)
            raise _cannot_write(self.path, error) from error

    @classmethod
    def create(cls, folder: str | Path) -> Journal:
        """Begins the journal of a new run.

        A folder in which a process was killed before it had written the start is as good as new.

        Args:
            folder: The run's folder; made where missing.

        Raises:
            RunExistsError: The folder holds a run, or another process is at work in it.
            JournalError: The folder cannot be written to.
        """
        folder = Path(folder)
        _refuse_existing(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_write(folder, error) from error
        lock = _take_lock(folder)
        try:
            _refuse_existing(folder)
            if (folder / JOURNAL_FILE).is_file():
                os.truncate(folder / JOURNAL_FILE, 0)
        except OSError as error:
            os.close(lock)
            raise _cannot_write(folder / JOURNAL_FILE, error) from error
        except RunExistsError:
            os.close(lock)
            raise
        return cls(folder, lock, JournalContents(events=(), torn=False, size=0))

    @classmethod
    def append_to(cls, folder: str | Path) -> Journal:
        """Goes on with the journal of a run; a torn last line is cut off, with a warning.

        Args:
            folder: The run's folder.

        Raises:
            RunExistsError: Another process is at work in the folder.
            JournalError: There is no journal, it is damaged, or it cannot be written.

        Warns:
            AutoSNNWarning: A torn last line was cut off.
        """
        folder = Path(folder)
        read_journal(folder)  # before anything is touched: a lock file too would be a trace in a wrong folder
        lock = _take_lock(folder)
        try:
            contents = read_journal(folder)
            if contents.torn:
                os.truncate(folder / JOURNAL_FILE, contents.size)
                warnings.warn(
                    f"{folder / JOURNAL_FILE}: a torn last line, as a crash leaves it, was cut off; "
                    "nothing had acted on it",
                    AutoSNNWarning,
                    stacklevel=2,
                )
        except OSError as error:
            os.close(lock)
            raise _cannot_write(folder / JOURNAL_FILE, error) from error
        except BaseException:
            os.close(lock)
            raise
        return cls(folder, lock, contents)

    def write(self, event: str, **fields: Any) -> None:
        """Writes one event and waits until it is on the disk.

        Args:
            event: The event's name.
            fields: Its fields, as JSON can hold them.

        Raises:
            JournalError: It could not be written, now or before: after a failure nothing more is written, so that
                the journal never has a gap.
        """
        if self._broken:
            raise JournalError(self._broken)
        line = encode(self._sequence, event, round(time.time(), 3), fields).encode("utf-8") + b"\n"
        whole = os.fstat(self._file).st_size
        try:
            _write_whole(self._file, line)
            os.fsync(self._file)
        except OSError as error:
            problem = _cannot_write(self.path, error)
            # A part of the line may be there; where even this fails, the reader leaves a torn line out.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, whole)
            self._broken = str(problem)
            raise problem from error
        self._sequence += 1
        self.stopped = event == "stop"

    def close(self) -> None:
        """Closes the file and gives the lock back."""
        if self._file >= 0:
            os.close(self._file)
            os.close(self._lock)
            self._file = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps every writer out of a run's folder for the while of the block.

    Raises:
        RunExistsError: A process is at work in it.
        JournalError: The folder cannot be written to.
    """
    lock = _take_lock(folder)
    try:
        yield
    finally:
        os.close(lock)


def is_locked(folder: Path) -> bool:
    """Says whether a process of this machine is at work in a run's folder; nothing is written."""
    try:
        lock = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _write_whole(file: int, line: bytes) -> None:
    while line:
        line = line[os.write(file, line) :]


def _refuse_existing(folder: Path) -> None:
    path = folder / JOURNAL_FILE
    if path.exists() and not is_unbegun(path):
        raise RunExistsError(f"{folder}: already holds a run; resume it (autosnn-ray resume), or give another folder")


def _take_lock(folder: Path) -> int:
    path = folder / LOCK_FILE
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 200).decode("utf-8", "replace").strip() or "another process"
        os.close(lock)
        raise RunExistsError(f"{folder}: {holder} is at work in this run; wait for it, or stop it first") from error
    except OSError as error:
        os.close(lock)
        raise _cannot_write(path, error) from error
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
    except OSError as error:
        os.close(lock)
        raise _cannot_write(path, error) from error
    return lock


def _cannot_write(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"{path}: cannot be written: {error.strerror or error}. What was told before is safe; make room or mend the "
        "folder's rights, then resume"
    )
