"""The copy of a run's folder behind a URL: whole files, journals last, some seconds behind.

The beginning of a journal is a journal: what was told after the last copy is evaluated again. Nothing that is fetched
is unpickled or evaluated, and nothing is written outside the run's folder.
"""

from __future__ import annotations

import os
import stat
import threading
import time
import warnings
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from autosnn_ray.errors import AutoSNNError, AutoSNNWarning, JournalError, RunExistsError
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import JOURNAL_FILE, LOCK_FILE, locked, parse_journal
from autosnn_ray.own_code import command
from autosnn_ray.storage.remote import Remote, StorageError

COPY_SECONDS = 5.0
"""How long a copy lags behind at most, while the storage keeps up."""


class TakenOverError(AutoSNNError):
    """Another driver has gone on with the run behind the URL."""


class RemoteCopy:
    """Keeps the copy of one run; its driver alone makes one.

    Args:
        remote: The run's folder behind the URL.
        folder: The run's folder.
    """

    def __init__(self, remote: Remote, folder: Path) -> None:
        self._remote, self._folder = remote, folder
        self._there: dict[str, bytes] = {}  # the journals there, as they were last read or put
        self._sent: dict[str, tuple[int, int, int]] = {}  # states of local files in which they are there too
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on_pushing, name="copy", daemon=True)
        self._failed: Exception | None = None
        self._warned = False
        self._taken_over: TakenOverError | None = None

    @property
    def storage(self) -> str:
        """The URL below which runs are, without password."""
        return self._remote.storage

    def fetch(self, *, is_new: bool = False) -> None:
        """Brings the run's folder up to what the remote one holds, where that is further.

        Where a remote journal is ahead of the local one, remote files take the place of the local ones; else only
        files that are missing here are fetched.

        Args:
            is_new: The remote folder must not hold a run yet.

        Raises:
            RunExistsError: It does, or a process is at work in the run's folder.
            JournalError: A remote journal is damaged, or differs from the local one; or the folder cannot be written.
            StorageError: The storage cannot be reached.
        """
        local = {name: self._inside(name) for name in sorted(self._remote.files()) if _is_copied(name)}
        for name in filter(_is_journal, local):
            self._there[name] = self._read_there(name)
            parse_journal(self._there[name], f"{self._remote.name}/{name}")  # refuses a damaged one
        if is_new and self._there.get(JOURNAL_FILE):
            raise RunExistsError(
                f"{self._remote.name}: already holds a run; resume it (autosnn-ray resume), or give another folder"
            )
        if JOURNAL_FILE not in self._there:
            self._remote.write(".writable", b"")  # a bucket that is not there is told of before hours of search
        ahead = [name for name in self._there if self._is_ahead(name)]
        try:
            with ExitStack() as locks:
                for home in {self._folder, *(local[name].parent for name in ahead)} if ahead else ():
                    home.mkdir(parents=True, exist_ok=True)
                    locks.enter_context(locked(home))
                ahead = [name for name in ahead if self._is_ahead(name)]
                for name in local.keys() - self._there:
                    self._fetch_file(name, local[name], replace=bool(ahead))
                # A folder whose files are not all there must not pass for one that is whole.
                for name in sorted(ahead, key=_is_own):
                    write_atomically(local[name], self._there[name])
        except OSError as error:
            raise JournalError(f"{self._folder}: cannot be written: {error.strerror or error}") from error

    def start(self) -> None:
        """Begins to push in the background."""
        self._thread.start()

    def check(self) -> None:
        """Raises ``TakenOverError`` once another driver has gone on with the run; warns, once, of a failed push."""
        if self._taken_over is not None:
            raise self._taken_over
        if self._failed is not None and not self._warned:
            self._warned = True
            warnings.warn(
                f"{self._failed}. The search goes on in {self._folder}, and the copy is tried again every "
                f"{COPY_SECONDS:g} seconds; this is said once",
                AutoSNNWarning,
                stacklevel=3,
            )

    def end(self) -> None:
        """Stops the background thread, and pushes what is new.

        Raises:
            TakenOverError: Another driver has gone on with the run.
            StorageError: The last push failed; the text says how to make it up.
        """
        self._ended.set()
        self._thread.join()
        if self._taken_over is not None:
            raise self._taken_over
        try:
            self.push(is_last=True)
        except (StorageError, OSError) as error:
            raise StorageError(
                f"the last copy to {self._remote.name} failed: {error}. {self._folder} is whole; to copy what is "
                f"missing: {command('resume', self._folder, '--storage', self.storage)}"
            ) from error

    def push(self, *, is_last: bool = False) -> None:
        """Sends what has changed: first the files that journals may speak of, then the journals, the run's own last.

        Args:
            is_last: Nobody writes any more: a file of this very instant is whole too.

        Raises:
            TakenOverError: Another driver has gone on with the run; nothing was written.
            StorageError: The storage cannot be reached; the next push sends what this one did not.
            OSError: A local file cannot be read; likewise.
        """
        mine = {name: _whole_lines(self._folder / name) for name in self._files() if _is_journal(name)}
        grown = [name for name, lines in mine.items() if lines != self._there.get(name, b"")]
        concerned = {name: mine.get(name, b"") for name in (JOURNAL_FILE, *grown)}
        # Writers write atomically, one file after the other. What is younger than this instant waits for the next
        # push, lest a file be sent without the one that was written before it and that this look has missed.
        before = time.time_ns()
        found = sorted((state, name) for name, state in self._files().items() if not _is_journal(name))
        changed = [
            (state, name) for state, name in found if state != self._sent.get(name) and (is_last or state[0] < before)
        ]
        if changed:
            self._refuse_others(concerned)
        for state, name in changed:
            with suppress(FileNotFoundError):  # its writer has removed it since
                self._remote.write(name, (self._folder / name).read_bytes())
                self._sent[name] = state
        if grown:
            self._refuse_others(concerned)
            for name in sorted(grown, key=_is_own):
                self._remote.write(name, mine[name])
                self._there[name] = mine[name]
            self._refuse_others(concerned)

    def _refuse_others(self, mine: Mapping[str, bytes]) -> None:
        for name, lines in mine.items():
            found = self._read_there(name)  # further than as it was left where a put arrived whose answer was lost
            if not (found.startswith(self._there.get(name, b"")) and lines.startswith(found)):
                raise TakenOverError(
                    f"{self._remote.name}/{name} is not as this search left it: another driver has taken the run over, "
                    f"and this one stops. What it has found is in {self._folder}, and is not copied there"
                )

    def _go_on_pushing(self) -> None:
        while self._taken_over is None and not self._ended.wait(COPY_SECONDS):
            try:
                self.push()
            except TakenOverError as error:
                self._taken_over = error
            except (StorageError, OSError) as error:
                self._failed = error

    def _read_there(self, journal: str) -> bytes:
        return _whole(self._remote.read(journal) or b"")

    def _fetch_file(self, name: str, local: Path, *, replace: bool) -> None:
        content = self._remote.read(name)
        if content is None:
            return  # removed there since
        if replace or not local.exists():
            write_atomically(local, content)
        state = _state_of(local.lstat())
        if local.read_bytes() == content:
            self._sent[name] = state

    def _is_ahead(self, journal: str) -> bool:
        """Says whether the remote journal holds more than the local one; refuses two that differ."""
        here, there = _whole_lines(self._folder / journal), self._there[journal]
        if not here.startswith(there) and not there.startswith(here):
            pairs = enumerate(zip(here.splitlines(), there.splitlines(), strict=False))
            number = next(number for number, (one, other) in pairs if one != other)
            raise JournalError(
                f"{self._folder / journal} and {self._remote.name}/{journal} differ from sequence number {number} on: "
                "each was gone on with apart from the other, or they are two runs. Move the one that you do not want "
                "away"
            )
        return len(there) > len(here)

    def _inside(self, name: str) -> Path:
        path = self._folder / name
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise JournalError(f"{path}: leads outside the run's folder by a link; nothing is fetched through it")
        return path

    def _files(self) -> dict[str, tuple[int, int, int]]:
        found = {}
        for folder, _, files in os.walk(self._folder):
            for path in (Path(folder) / file for file in files):
                name = path.relative_to(self._folder).as_posix()
                with suppress(FileNotFoundError):  # its writer has removed it since
                    if _is_copied(name) and stat.S_ISREG((about := path.lstat()).st_mode):
                        found[name] = _state_of(about)
        return found


def _is_copied(name: str) -> bool:
    """Leaves out locks, and what is hidden, as temporary files are."""
    parts = name.split("/")
    return parts[-1] != LOCK_FILE and not any(part.startswith(".") for part in parts)


def _is_journal(name: str) -> bool:
    return name.rpartition("/")[2] == JOURNAL_FILE


def _is_own(journal: str) -> bool:
    return journal == JOURNAL_FILE


def _state_of(about: os.stat_result) -> tuple[int, int, int]:
    """Returns what changes when a file does: time of the change in nanoseconds, size in bytes, number on the disk."""
    return about.st_mtime_ns, about.st_size, about.st_ino


def _whole_lines(path: Path) -> bytes:
    return _whole(path.read_bytes()) if path.is_file() else b""


def _whole(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]
