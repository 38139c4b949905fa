"""What a search will be, noted in its folder while its predictor's sample is trained, before it has a journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autosnn_ray.errors import JournalError
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import JOURNAL_FILE
from autosnn_ray.journal.reader import is_unbegun

SEARCH_FILE = "search.json"
"""Its name in the run's folder; once the journal has begun, that says it all, and nobody reads this any more."""

_NEEDED = {"problem", "evaluator", "algorithm", "candidates", "goal", "executor", "sample", "sample_epochs"}
_MEND = "or no such file (the search is then given again, and uses what was trained)"


def note_search(folder: Path, config: dict[str, Any]) -> None:
    """Writes down what a search will be.

    Raises:
        JournalError: It cannot be written.
    """
    try:
        write_atomically(folder / SEARCH_FILE, f"{json.dumps(config, indent=2)}\n".encode())
    except OSError as error:
        raise JournalError(f"{folder / SEARCH_FILE}: cannot be written: {error.strerror or error}") from error


def has_begun(folder: Path) -> bool:
    """Says whether a search has a journal that holds more than a part of its first line."""
    journal = folder / JOURNAL_FILE
    return journal.is_file() and not is_unbegun(journal)


def noted_search(folder: Path) -> dict[str, Any] | None:
    """Reads what a search will be that has not begun; None where its journal has, or nothing was noted.

    Raises:
        JournalError: The note is damaged.
    """
    file = folder / SEARCH_FILE
    if not file.is_file() or has_begun(folder):
        return None
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        missing = sorted(_NEEDED - config.keys())
    except (OSError, ValueError, AttributeError) as error:
        raise JournalError(f"{file}: expected what a search noted there, {_MEND}, got {error!r}") from error
    if missing:
        raise JournalError(f"{file}: expected what a search noted there, {_MEND}, got no {', '.join(missing)}")
    found: dict[str, Any] = config
    return found
