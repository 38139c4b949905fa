"""Reads a journal, and tells a torn end from damage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosnn_ray.errors import JournalError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.journal.events import Ask, Event, Extend, Fail, Resume, Start, Stop, Tell, decode

JOURNAL_FILE = "journal.jsonl"

_TABLES = ("problem", "evaluator", "algorithm", "goal", "executor")
"""Entries of a start that hold further ones, if they are there."""


@dataclass(frozen=True)
class JournalContents:
    """What a journal says.

    Attributes:
        events: All whole events, in order; the first is the start.
        torn: Whether a last, half-written line was left out.
        size: Bytes of the whole lines.
    """

    events: tuple[Event, ...]
    torn: bool
    size: int

    @property
    def config(self) -> dict[str, Any]:
        """What the search was started with, ``candidates`` as last extended; empty where no start was written.

        Supernet and data are where they were found last.
        """
        first = self.events[0] if self.events else None
        if not isinstance(first, Start):
            return {}
        config = dict(first.config)
        for event in self.events:
            if isinstance(event, Extend):
                config["candidates"] = event.candidates
            if isinstance(event, Extend | Resume):
                config = _moved(config, event.moved)
        return config

    @property
    def stopped(self) -> bool:
        """Whether the search is at its end."""
        return bool(self.events) and isinstance(self.events[-1], Stop)

    @property
    def asked(self) -> dict[int, Ask]:
        """What was proposed, by the candidates' numbers."""
        return {event.index: event for event in self.events if isinstance(event, Ask)}

    @property
    def told(self) -> list[tuple[Ask, Tell]]:
        """Every evaluation with its candidate, in the order of the candidates' numbers."""
        asked = self.asked
        tells = sorted((event for event in self.events if isinstance(event, Tell)), key=lambda event: event.index)
        return [(asked[event.index], event) for event in tells]

    @property
    def evaluations(self) -> dict[tuple[str, ...], tuple[Evaluation, ...]]:
        """What was found of each architecture, one evaluation a repetition, in the order of the candidates' numbers."""
        found: dict[tuple[str, ...], tuple[Evaluation, ...]] = {}
        for ask, tell in self.told:
            found[ask.architecture] = (*found.get(ask.architecture, ()), tell.evaluation)
        return found


def _moved(config: dict[str, Any], moved: dict[str, Any]) -> dict[str, Any]:
    """Puts where supernet and data are now in the place of where they were."""
    if "supernet" in moved:
        evaluator = dict(config["evaluator"])
        config = config | {"evaluator": evaluator | {"supernet": evaluator["supernet"] | dict(moved["supernet"])}}
    if "data" in moved:
        problem = dict(config["problem"])
        config = config | {"problem": problem | {"data": problem["data"] | dict(moved["data"])}}
    return config


def journal_path(path: str | Path) -> Path:
    """Returns the journal's file, given itself or the run's folder."""
    path = Path(path)
    return path if path.suffix == ".jsonl" else path / JOURNAL_FILE


def is_unbegun(file: Path) -> bool:
    """Says whether a journal holds no more than a part of its first line: its writer was killed before it began."""
    try:
        with file.open("rb") as opened:
            content = opened.readline()
    except OSError:
        return False
    return b"\n" not in content and content[:5] == b'{"v":'[: len(content)]


def read_journal(path: str | Path) -> JournalContents:
    """Reads a run's journal.

    A last line without its end is what a crash leaves: it is left out, and ``torn`` says so. Nothing had
    acted on it. Any other damage is an error.

    Args:
        path: The run's folder, or the file.

    Raises:
        JournalError: No such file, or a line that is damaged, missing, doubled or out of place; the text names
            file, line and reason.
    """
    file = journal_path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise JournalError(
            f"{file}: cannot be read: {error.strerror or error}; is this the folder of a run?"
        ) from error
    return parse_journal(content, str(file))


def parse_journal(content: bytes, name: str) -> JournalContents:
    """Reads a journal's content, as ``read_journal`` does; ``name`` is what errors call it.

    Raises:
        JournalError: A line that is damaged, missing, doubled or out of place.
    """
    whole, _, rest = content.rpartition(b"\n")
    size = len(content) - len(rest)
    lines = whole.split(b"\n") if size else []
    grammar = _Grammar()
    events: list[Event] = []
    config: dict[str, Any] = {}
    for number, line in enumerate(lines, start=1):
        try:
            sequence, event = decode(line.decode("utf-8"), config)
            grammar.check(sequence, event)
        except ValueError as error:
            raise JournalError(
                f"{name}, line {number}: {error}. The journal is left as it is; restore it from a copy, or start "
                "another run"
            ) from error
        if isinstance(event, Start):
            config = event.config
        events.append(event)
    return JournalContents(events=tuple(events), torn=bool(rest), size=size)


class _Grammar:
    """Which event may come after which."""

    def __init__(self) -> None:
        self._next = 0
        self._asked: set[int] = set()
        self._told: set[int] = set()
        self._stopped = False
        self._candidates = 0

    def check(self, sequence: int, event: Event) -> None:
        if sequence != self._next:
            what = "doubled" if sequence < self._next else "missing"
            raise ValueError(f"sequence number {sequence} where {self._next} is due: an event is {what}")
        self._next += 1
        if isinstance(event, Start) != (sequence == 0):
            raise ValueError("a second start" if sequence else "the first event is not the start")
        if self._stopped and not isinstance(event, Extend):
            raise ValueError("an event after the stop")
        if isinstance(event, Start):
            for name in _TABLES:
                table = event.config.get(name, {})
                if not isinstance(table, dict):
                    raise ValueError(f"the start's {name}: expected a table, got {table!r}")
                if not isinstance(table.get("settings", {}), dict):
                    raise ValueError(f"the start's {name}.settings: expected a table, got {table['settings']!r}")
        if isinstance(event, Start | Extend):
            self._check_candidates(event)
        if isinstance(event, Ask):
            if event.index in self._asked:
                raise ValueError(f"candidate {event.index} is asked twice")
            self._asked.add(event.index)
        if isinstance(event, Tell | Fail):
            if event.index not in self._asked:
                raise ValueError(f"candidate {event.index} is told without having been asked")
            if event.index in self._told:
                raise ValueError(f"candidate {event.index} is told twice")
            self._told.add(event.index)
        self._stopped = isinstance(event, Stop)

    def _check_candidates(self, event: Start | Extend) -> None:
        wanted = event.config.get("candidates") if isinstance(event, Start) else event.candidates
        if isinstance(event, Extend) and event.candidates <= self._candidates:
            raise ValueError(f"extended to {wanted} candidates where {self._candidates} were asked for before")
        self._candidates = wanted if isinstance(wanted, int) else 0
