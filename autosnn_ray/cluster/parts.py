"""A journal cut into parts that never change, for stores to whose files nothing can be appended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autosnn_ray.errors import JournalError
from autosnn_ray.journal.events import decode

_NAME = re.compile(r"(\d{8,})-(\d{8,})\.jsonl")


def part_name(first: int, last: int) -> str:
    """Returns the name of the part that holds the events from ``first`` to ``last``.

    Example:
        >>> part_name(3, 17)
        '00000003-00000017.jsonl'
    """
    return f"{first:08d}-{last:08d}.jsonl"


def whole_lines(content: bytes) -> list[bytes]:
    """Returns the lines that have their end, each with it."""
    return content[: content.rfind(b"\n") + 1].splitlines(keepends=True) if b"\n" in content else []


def join(parts: Mapping[str, bytes], where: str) -> list[bytes]:
    """Puts the parts of a journal together again.

    Parts may overlap, as when several were merged and the process was killed before it had removed them; and a part may
    lack its end, as when a process was killed while it wrote one, if another part holds what is missing, or none
    comes after it.

    Args:
        parts: Their contents by name.
        where: What they are parts of, for messages.

    Returns:
        The journal's lines, each with its end; a prefix of the journal they were cut from.

    Raises:
        JournalError: A gap, an overlap that differs, a damaged line, or a file that is no part.
    """
    lines: list[bytes] = []
    for first, name in sorted((_first(name, where), name) for name in parts):
        for number, line in enumerate(whole_lines(parts[name]), start=first):
            _check(line, number, f"{where}/{name}, line {number - first + 1}")
            if number > len(lines):
                raise JournalError(
                    f"{where}: the events {len(lines)} to {number - 1} are missing; the next part there is {name}. "
                    f"Restore them from a copy; or remove the parts from {name} on, to go on from event {len(lines)}"
                )
            if number == len(lines):
                lines.append(line)
            elif lines[number] != line:
                raise JournalError(
                    f"{where}: two parts hold different events of sequence number {number}, one of them {name}: two "
                    "drivers have written here. Remove the parts of one of them"
                )
    return lines


def first_difference(one: Sequence[bytes], other: Sequence[bytes]) -> int | None:
    """Returns the first place at which two journals differ; None where one is the beginning of the other."""
    for number, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return number
    return None


def _first(name: str, where: str) -> int:
    match = _NAME.fullmatch(name)
    if match is None:
        raise JournalError(f"{where}: expected parts of a journal, such as {part_name(0, 9)}, got {name!r}; remove it")
    return int(match[1])


def _check(line: bytes, number: int, where: str) -> None:
    try:
        sequence, _ = decode(line.decode("utf-8").removesuffix("\n"))
    except ValueError as error:
        raise JournalError(
            f"{where}: {error}. Restore the part from a copy, or remove it and those after it"
        ) from error
    if sequence != number:
        raise JournalError(f"{where}: expected the event of sequence number {number}, got {sequence}")
