"""The journal: a run's only truth, an append-only file from which its whole state can be rebuilt."""

from autosnn_ray.journal.correctness import CORRECT_FILE, keep_correct, pack_correct, read_correct
from autosnn_ray.journal.events import Ask, Event, Extend, Fail, Resume, Start, Stop, Tell
from autosnn_ray.journal.reader import JOURNAL_FILE, JournalContents, parse_journal, read_journal
from autosnn_ray.journal.writer import LOCK_FILE, Journal, is_locked, locked

__all__ = [
    "CORRECT_FILE",
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
    "is_locked",
    "keep_correct",
    "locked",
    "pack_correct",
    "parse_journal",
    "read_correct",
    "read_journal",
]
