"""What is printed for people: texts, next commands, tables."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from autosnn_ray.own_code import command as command
from autosnn_ray.progress import console as console

_GAP = 3
"""Characters between two columns of a table."""


def say_next(*words: object) -> None:
    """Prints the command that comes next, on one line, to be copied."""
    console.print(f"next: {command(*words)}", soft_wrap=True)


def say_written(paths: Iterable[Path]) -> None:
    """Prints which files were written, as a command takes them."""
    for path in paths:
        console.print(f"written: {shlex.quote(str(path))}", soft_wrap=True)


def percent(value: float) -> str:
    """Returns a share as a percentage; ``-`` where nothing is known.

    Example:
        >>> percent(0.9675), percent(float("nan"))
        ('96.75%', '-')
    """
    return "-" if math.isnan(value) else f"{value:.2%}"


def amount(value: float, digits: int = 0) -> str:
    """Returns a number with its thousands apart; ``-`` where nothing is known.

    Example:
        >>> amount(5123.4), amount(0.98765, 4), amount(float("nan"))
        ('5,123', '0.9877', '-')
    """
    return "-" if math.isnan(value) else f"{value:,.{digits}f}"


def print_rows(
    columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None, numbers_from: int | None = None
) -> None:
    """Prints a table of text.

    A row is one line in a file. On a terminal that is too narrow texts are wrapped between words; a name is never
    broken: rather is the table wider than the terminal.

    Args:
        columns: Their titles.
        rows: One text a column.
        title: What stands above the table.
        numbers_from: Columns from this one on are numbers and stand to the right.
    """
    table = Table(box=SIMPLE_HEAD, show_edge=False)
    room_for = _longest_word if console.is_terminal else len
    for position, name in enumerate(columns):
        is_number = numbers_from is not None and position >= numbers_from
        widest = max(map(room_for, [name, *(row[position] for row in rows)]))
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number, min_width=widest)
    for row in rows:
        table.add_row(*row)
    if title:
        console.print(title, style="bold", soft_wrap=True)
    # In less room than all need, rich leaves out columns that may wrap, whatever their least width.
    least = sum(_GAP + (column.min_width or 0) for column in table.columns)
    table.width = least if least > console.width else None
    console.print(table, crop=False, overflow="ignore", soft_wrap=False)
    console.print()


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)
