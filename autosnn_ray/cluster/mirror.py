"""The mirror of a run's folder behind a URL: a copy that lags by seconds, from which the run can be gone on with.

The beginning of a journal is a journal: what was told after the last copy is evaluated again.
"""

from __future__ import annotations

import os
import stat
import threading
import time
import warnings
from pathlib import Path

from autosnn_ray.cluster.lease import Lease, LeaseLostError
from autosnn_ray.cluster.parts import part_name, whole_lines
from autosnn_ray.cluster.remote import Remote, StorageError
from autosnn_ray.cluster.replica import FILES, JOURNALS, CopiedJournal, FileState, Replica, is_copied, state_of
from autosnn_ray.errors import AutoSNNError, AutoSNNWarning
from autosnn_ray.journal import JOURNAL_FILE

COPY_SECONDS = 5.0
"""How long a copy lags behind at most, while the storage keeps up."""

MOST_PARTS = 64
"""So many parts of a journal are merged into one."""


class Mirror:
    """Keeps the copy of one run; its driver alone makes one, and holds the lease of the remote folder.

    Args:
        remote: The run's folder behind the URL.
        folder: The run's folder.
        lease: This driver's.
        replica: What is there already.

    Attributes:
        error: What keeps the driver from going on: another has taken the run over.
    """

    def __init__(self, remote: Remote, folder: Path, lease: Lease, replica: Replica) -> None:
        self._remote, self._folder, self._lease, self._replica = remote, folder, lease, replica
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on_copying, name="mirror", daemon=True)
        self._warned = False
        self.error: AutoSNNError | None = None

    def start(self) -> None:
        """Begins to copy in the background."""
        self._thread.start()

    def end(self) -> None:
        """Stops the background thread, copies what is new, and gives the lease back.

        Raises:
            LeaseLostError: Another driver has taken the run over.
            StorageError: The last copy failed.
        """
        self._ended.set()
        self._thread.join()
        if isinstance(self.error, LeaseLostError):
            raise self.error
        self.copy(is_last=True)
        self._lease.release()
        if self.error is not None:
            raise self.error

    def copy(self, *, is_last: bool = False) -> None:
        """Copies what is new: first the files that the journals may speak of, then the journals.

        Args:
            is_last: Nobody writes any more: a file of this very instant is whole too.

        Raises:
            LeaseLostError: Another driver has taken the run over; nothing was written.
            StorageError: The storage cannot be reached; the next call copies what this one did not.
        """
        self._lease.keep()
        new = {journal: self._new_lines(journal) for journal in self._local_journals()}
        # Writers write atomically, one file after the other. What is younger than this instant waits for the next
        # copy, lest a file be copied without the one that was written before it and that this look has missed.
        before = time.time_ns()
        changed = [found for found in self._changed_files() if is_last or found[1][1] < before]
        for name, state in sorted(changed, key=lambda found: found[1][1]):
            self._copy_file(name, state)
        self._lease.keep()
        for journal, lines in new.items():
            self._copy_lines(journal, lines)

    def _go_on_copying(self) -> None:
        while not self._ended.wait(COPY_SECONDS):
            try:
                try:
                    self.copy()
                except StorageError as error:
                    self._warn(error)
            except (AutoSNNError, AutoSNNWarning) as error:
                # The driver learns of it with the next outcome, and stops.
                self.error = error if isinstance(error, AutoSNNError) else AutoSNNError(str(error))
                return

    def _warn(self, error: StorageError) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"{error}. The search goes on in {self._folder}, and the copy is tried again every {COPY_SECONDS:g} "
                "seconds; this is said once",
                AutoSNNWarning,
                stacklevel=2,
            )

    def _copy_file(self, name: str, state: FileState) -> None:
        local, target = self._folder / name, FILES + name
        try:
            if self._replica.files.pop(name, None) != state[0] or not self._remote.equals(target, local):
                self._remote.put(local, target)
        except StorageError:
            if local.exists():
                raise
            return  # its writer has removed it since
        self._replica.same[name] = state

    def _copy_lines(self, journal: str, lines: list[bytes]) -> None:
        copied = self._replica.journals.setdefault(journal, CopiedJournal())
        if lines:
            self._write_part(journal, copied.events, lines)
            copied.events += len(lines)
            copied.size += sum(map(len, lines))
        if len(copied.parts) > MOST_PARTS:
            whole = whole_lines(self._journal_of(journal).read_bytes())[: copied.events]
            if len(whole) == copied.events:
                merged = self._write_merged(journal, whole)
                for name in [part for part in copied.parts if part != merged]:
                    self._remote.remove(self._name_in(journal, name))
                    copied.parts.remove(name)

    def _write_merged(self, journal: str, lines: list[bytes]) -> str:
        # One that is there already, from a driver that was killed before it had removed what it had merged, may be all
        # that holds some events: written anew piece by piece, it could lose them.
        name = part_name(0, len(lines) - 1)
        if name in self._replica.journals[journal].parts:
            there = self._remote.read(self._name_in(journal, name))
            if there == b"".join(lines):
                return name
        return self._write_part(journal, 0, lines)

    def _write_part(self, journal: str, first: int, lines: list[bytes]) -> str:
        name = part_name(first, first + len(lines) - 1)
        self._remote.write(self._name_in(journal, name), b"".join(lines))
        parts = self._replica.journals[journal].parts
        if name not in parts:
            parts.append(name)
        return name

    def _new_lines(self, journal: str) -> list[bytes]:
        with self._journal_of(journal).open("rb") as file:
            file.seek(self._replica.journals.get(journal, CopiedJournal()).size)
            return whole_lines(file.read())

    def _local_journals(self) -> list[str]:
        found = (path.parent.relative_to(self._folder).as_posix() for path in self._folder.rglob(JOURNAL_FILE))
        return ["" if journal == "." else journal for journal in found if is_copied(f"{journal}/x".removeprefix("./"))]

    def _changed_files(self) -> list[tuple[str, FileState]]:
        found = []
        for folder, _, files in os.walk(self._folder):
            for file in files:
                path = Path(folder) / file
                name = path.relative_to(self._folder).as_posix()
                if not is_copied(name):
                    continue
                try:
                    about = path.lstat()
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(about.st_mode) and self._replica.same.get(name) != state_of(about):
                    found.append((name, state_of(about)))
        return found

    def _journal_of(self, journal: str) -> Path:
        return self._folder / journal / JOURNAL_FILE

    def _name_in(self, journal: str, part: str) -> str:
        return JOURNALS + (f"{journal}/{part}" if journal else part)
