"""The events of a run, and the one line of text each of them is."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autosnn_ray.evaluations import Evaluation
from autosnn_ray.journal.upgrade import UPGRADES, with_passes

SCHEMA_VERSION = 2


@dataclass(frozen=True)
class Start:
    """A search begins.

    Attributes:
        config: All that decides its result.
    """

    config: dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """The algorithm proposed a candidate.

    Attributes:
        index: The candidate's number.
        architecture: One choice for each slot.
        origin: How it came about.
        parents: Indices of the candidates it was bred from.
        generation: The round it belongs to.
        repetition: The so-manieth evaluation of the same architecture, from 0.
        repeated: Indices of candidates that a sampler proposed once more before this one.
    """

    index: int
    architecture: tuple[str, ...]
    origin: str
    parents: tuple[int, ...]
    generation: int
    repetition: int = 0
    repeated: tuple[int, ...] = ()


@dataclass(frozen=True)
class Tell:
    """A candidate was evaluated.

    Attributes:
        index: The candidate's number.
        evaluation: What was found.
        attempts: How often the evaluation was started.
        reused_from: Folder of the earlier run that evaluated it; empty where this one did.
    """

    index: int
    evaluation: Evaluation
    attempts: int
    reused_from: str = ""


@dataclass(frozen=True)
class Fail:
    """A candidate could not be evaluated.

    Attributes:
        index: The candidate's number.
        reason: Why.
        attempts: How often the evaluation was started.
    """

    index: int
    reason: str
    attempts: int


@dataclass(frozen=True)
class Resume:
    """Another process goes on with the search.

    Attributes:
        versions: What it runs on.
        moved: Where what the search needs is now, if it was found elsewhere than before: ``supernet`` (its folder) and
            ``data`` (entries of their description).
    """

    versions: dict[str, str]
    moved: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Extend:
    """The search is to evaluate more candidates than it was asked for before; it may come after a stop.

    Attributes:
        candidates: How many in all.
        versions: What the process that goes on with it runs on.
        moved: As in ``Resume``.
    """

    candidates: int
    versions: dict[str, str]
    moved: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stop:
    """The search is at its end.

    Attributes:
        reason: Why.
    """

    reason: str


Event = Start | Ask | Tell | Fail | Resume | Extend | Stop


def encode(sequence: int, event: str, time: float, fields: Mapping[str, Any]) -> str:
    """Returns the line of an event, checksum included, without the line's end.

    Raises:
        ValueError: A value cannot be written as JSON; NaN and infinity are among those.
    """
    entries = {"v": SCHEMA_VERSION, "seq": sequence, "event": event, "time": time, **fields}
    body = json.dumps(entries, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return f'{body[:-1]},"crc":"{_checksum(body)}"}}'


def decode(line: str, config: Mapping[str, Any] | None = None) -> tuple[int, Event]:
    """Reads the line of an event.

    Args:
        line: The line, without its end.
        config: What the run was started with, by which an event of an older version is understood.

    Returns:
        Its place in the sequence, and the event.

    Raises:
        ValueError: The line is not what ``encode`` wrote; the text says why.
    """
    body, mark, end = line.rpartition(',"crc":"')
    if not mark or end != f'{_checksum(body + "}")}"}}':
        raise ValueError("the checksum is missing or does not fit: the line was changed or damaged")
    entries = json.loads(body + "}")
    version = entries.get("v")
    if version not in UPGRADES and version != SCHEMA_VERSION:
        known = ", ".join(map(str, [*UPGRADES, SCHEMA_VERSION]))
        raise ValueError(f"schema version {version!r}, this program reads {known}")
    reader = _READERS.get(str(entries.get("event")))
    if reader is None:
        raise ValueError(f"unknown event {entries.get('event')!r}; known: {', '.join(_READERS)}")
    try:
        if version in UPGRADES:
            entries = UPGRADES[version](entries, config or {})
        return int(entries["seq"]), reader(entries)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the event {entries['event']!r} lacks a field or has a wrong one: {error!r}") from error


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode('utf-8', 'surrogatepass')):08x}"


def _ask(entries: dict[str, Any]) -> Ask:
    return Ask(
        index=int(entries["index"]),
        architecture=tuple(map(str, entries["architecture"])),
        origin=str(entries["origin"]),
        parents=tuple(map(int, entries["parents"])),
        generation=int(entries["generation"]),
        repetition=int(entries["repetition"]),
        repeated=tuple(map(int, entries.get("repeated", ()))),
    )


_READERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "start": lambda entries: Start(with_passes(dict(entries["config"]))),
    "ask": _ask,
    "tell": lambda entries: Tell(
        int(entries["index"]),
        Evaluation.from_dict(entries["evaluation"]),
        int(entries["attempts"]),
        str(entries.get("reused_from", "")),
    ),
    "fail": lambda entries: Fail(int(entries["index"]), str(entries["reason"]), int(entries["attempts"])),
    "resume": lambda entries: Resume(dict(entries["versions"]), dict(entries.get("moved", {}))),
    "extend": lambda entries: Extend(
        int(entries["candidates"]), dict(entries["versions"]), dict(entries.get("moved", {}))
    ),
    "stop": lambda entries: Stop(str(entries["reason"])),
}
