"""Tables that a command prints for people, or writes for other programs: one declaration for all formats.

A command collects its tables, adds ``--format`` by ``add_format_option`` and ends with ``write_tables``. Columns hold
plain values; how people see them is said beside.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.errors import unknown_name

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("table", "csv", "json")


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        key: Its key in every record, and its name in CSV and JSON; empty for one that is made of a whole record, and
            only people see.
        show: Makes the text that people see of a value, or of the record.
        title: What stands above it; the key where empty.
        is_number: Whether it stands to the right.
    """

    key: str
    show: Callable[[Any], str] = str
    title: str = ""
    is_number: bool = False

    def text(self, record: Mapping[str, Any]) -> str:
        """Returns what people see of a record."""
        return self.show(record[self.key] if self.key else record)


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: Its key in JSON, and what tells it from others in CSV.
        columns: What people see, in this order; numbers come last.
        records: One dictionary a row; keys that are no column's are for programs alone.
        title: What stands above it.
        notes: What people are told below it.
    """

    name: str
    columns: Sequence[Column]
    records: Sequence[Mapping[str, Any]]
    title: str | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Output:
    """What a command found.

    Attributes:
        tables: Its tables.
        about: What is known beside them, for JSON.
        head: What people are told before the tables.
    """

    tables: Sequence[Table]
    about: Mapping[str, Any] = field(default_factory=dict)
    head: Sequence[str] = ()


def add_format_option(parser: ArgumentParser) -> None:
    """Adds ``--format``."""
    parser.add_argument("--format", type=str, default="table", help="table (for people), csv or json (for programs)")


def chosen_format(options: Namespace) -> str:
    """Returns the format that ``add_format_option`` gives.

    Raises:
        InvalidInputError: It is none of ``FORMATS``.
    """
    if options.format not in FORMATS:
        raise unknown_name("format", options.format, FORMATS)
    return str(options.format)


@contextmanager
def said_beside(form: str) -> Iterator[None]:
    """Sends what people are told within to standard error, where a program reads the tables on standard output."""
    with nullcontext() if form == "table" else redirect_stdout(sys.stderr):
        yield


def write_tables(output: Output | Sequence[Output], form: str = "table") -> None:
    """Prints tables for people, or writes them to standard output as CSV or JSON and nothing else.

    CSV of several tables has a first column ``table`` that names each row's; lists are joined by spaces. In JSON each
    table is a list of objects, and what is not known is null.

    Args:
        output: What was found; of several, one after the other.
        form: One of ``FORMATS``.
    """
    outputs = [output] if isinstance(output, Output) else list(output)
    if form == "json":
        found: dict[str, Any] = {}
        for one in outputs:
            found |= {**one.about, **{table.name: list(table.records) for table in one.tables}}
        sys.stdout.write(f"{json.dumps(_plain(found), indent=2, ensure_ascii=False)}\n")
    elif form == "csv":
        _write_csv([table for one in outputs for table in one.tables])
    else:
        for one in outputs:
            _print(one)


def _print(output: Output) -> None:
    from autosnn_ray.cli.console import console, print_rows

    for text in output.head:
        console.print(text)
    for table in output.tables:
        numbers = next((place for place, column in enumerate(table.columns) if column.is_number), None)
        rows = [[column.text(record) for column in table.columns] for record in table.records]
        print_rows([column.title or column.key for column in table.columns], rows, table.title, numbers)
        for note in table.notes:
            console.print(note)


def _write_csv(tables: Sequence[Table]) -> None:
    first = ["table"] if len(tables) > 1 else []
    keys = list(dict.fromkeys(key for table in tables for record in table.records for key in record))
    keys = keys or list(dict.fromkeys(column.key for table in tables for column in table.columns if column.key))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*first, *keys])
    for table in tables:
        for record in table.records:
            writer.writerow([*([table.name] if first else []), *(_cell(record.get(key)) for key in keys)])


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else value


def _plain(value: Any) -> Any:
    """Returns a value as JSON has it: no NaN, which is no JSON, and no types of numpy or pandas."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Returns a frame's rows as a table's records."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
