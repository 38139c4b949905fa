"""What lies behind a run's URL, and how it is fetched.

There the run is ``driver.json`` (see ``lease``), ``journal/`` (each journal in parts, see ``parts``) and ``files/``
(all else). Nothing that is fetched is unpickled or evaluated, and nothing is written outside the run's folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from autosnn_ray.cluster.parts import first_difference, join, whole_lines
from autosnn_ray.cluster.remote import Remote
from autosnn_ray.errors import JournalError, RunExistsError
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import JOURNAL_FILE, LOCK_FILE, locked

JOURNALS, FILES = "journal/", "files/"

FileState = tuple[int, int]
"""Size in bytes, and time of the last change in nanoseconds."""


@dataclass
class CopiedJournal:
    """How much of a journal is there.

    Attributes:
        events: Events, from the first.
        size: Their bytes in the journal.
        parts: Names of the parts that hold them.
    """

    events: int = 0
    size: int = 0
    parts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Replica:
    """What is known of the remote folder.

    Attributes:
        journals: By the folder within the run's that holds the journal; the run's own is ``""``.
        files: Sizes by name of those that are there and were not yet compared with the local ones.
        same: States of local files in which they are there too.
    """

    journals: dict[str, CopiedJournal] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    same: dict[str, FileState] = field(default_factory=dict)


def fetch(remote: Remote, folder: Path, *, is_new: bool = False) -> Replica:
    """Brings a run's folder up to what the remote one holds, where that is further.

    Where a remote journal is ahead of the local one, the remote files take the place of the local ones; else
    only files that are missing here are fetched.

    Args:
        remote: The run's folder behind the URL.
        folder: The run's folder.
        is_new: The remote folder must not hold a run yet.

    Raises:
        RunExistsError: It does, or a process is at work in the run's folder.
        JournalError: The remote journal is damaged, or the two have gone different ways.
        StorageError: The storage cannot be reached.
    """
    replica = Replica()
    parts: dict[str, dict[str, bytes]] = {}
    for name, size in remote.files().items():
        if name.startswith(JOURNALS):
            journal, _, part = name.removeprefix(JOURNALS).rpartition("/")
            parts.setdefault(journal, {})[part] = remote.read(name) or b""
        elif name.startswith(FILES):
            replica.files[_checked(remote, name.removeprefix(FILES))] = size
    journals = {journal: join(found, _named(remote, journal)) for journal, found in parts.items()}
    if is_new and journals.get(""):
        raise RunExistsError(
            f"{remote.name}: already holds a run; resume it (autosnn-ray resume), or give another folder"
        )
    for journal, lines in journals.items():
        replica.journals[journal] = CopiedJournal(len(lines), sum(map(len, lines)), sorted(parts[journal]))
    ahead = {name for name, lines in journals.items() if _is_ahead(lines, folder / name, _named(remote, name))}
    for name in list(replica.files):
        local = _inside(folder, name)
        if not local.exists() or (ahead and not remote.equals(FILES + name, local)):
            remote.fetch(FILES + name, local)
            replica.same[name] = state_of(local.lstat())
    # Last, the run's own at the very end: a folder whose files are not all there must not pass for one that is whole.
    for journal in sorted(ahead, reverse=True):
        home = _inside(folder, journal)
        home.mkdir(parents=True, exist_ok=True)
        with locked(home):
            if _is_ahead(journals[journal], home, _named(remote, journal)):
                write_atomically(home / JOURNAL_FILE, b"".join(journals[journal]))
    return replica


def is_copied(name: str) -> bool:
    """Says whether a file is one that is copied: no journal, no lock, and not hidden, as temporary files are."""
    parts = name.split("/")
    return parts[-1] not in (JOURNAL_FILE, LOCK_FILE) and not any(part.startswith(".") for part in parts)


def state_of(about: os.stat_result) -> FileState:
    """Returns what changes when a file does."""
    return about.st_size, about.st_mtime_ns


def _is_ahead(remote: list[bytes], folder: Path, named: str) -> bool:
    """Says whether the remote journal holds more than the local one; refuses two that differ."""
    path = folder / JOURNAL_FILE
    local = whole_lines(path.read_bytes()) if path.is_file() else []
    number = first_difference(local, remote)
    if number is not None:
        raise JournalError(
            f"{path} and {named} differ from sequence number {number} on: each was gone on with apart from the other, "
            "or they are two runs. Move the one that you do not want away"
        )
    return len(remote) > len(local)


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise JournalError(f"{path}: leads outside the run's folder by a link; nothing is fetched through it")
    return path


def _checked(remote: Remote, name: str) -> str:
    if not is_copied(name):
        raise JournalError(f"{remote.name}: holds {FILES}{name}, which no search copies there; remove it")
    return name


def _named(remote: Remote, journal: str) -> str:
    return f"{remote.name}/{JOURNALS}{journal}".rstrip("/")
