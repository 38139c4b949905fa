"""The journal: a run's only truth, an append-only file from which its whole state can be rebuilt."""

from autosnn_ray.journal.events import Ask, Event, Extend, Fail, Resume, Start, Stop, Tell
from autosnn_ray.journal.reader import JOURNAL_FILE, JournalContents, read_journal
from autosnn_ray.journal.writer import LOCK_FILE, Journal, locked

__all__ = [
    "JOURNAL_FILE",
    "LOCK_FILE",
    "Ask",
    "Event",
    "Extend",
    "Fail",
    "Journal",
    "JournalContents",
    "Resume",
    "Start",
    "Stop",
    "Tell",
    "locked",
    "read_journal",
]
