"""Checks of what a user gives, each with one text for all."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from autosnn_ray.errors import InvalidInputError

_EXPECTED: dict[str, tuple[type | tuple[type, ...], str]] = {
    "bool": (bool, "true or false"),
    "int": (int, "a whole number"),
    "float": ((int, float), "a number"),
    "str": (str, "text"),
    "Mapping": (Mapping, "values by name"),
}
"""What may be given for a field of a type, and what that is called."""


def check_whole(name: str, value: object, at_least: int = 1) -> None:
    """Refuses what is no whole number, or too small a one.

    Args:
        name: What is checked, as its user calls it.
        value: What was given.
        at_least: The smallest that is welcome.

    Raises:
        InvalidInputError: So it is.

    Example:
        >>> check_whole("seeds", 0)
        Traceback (most recent call last):
        autosnn_ray.errors.InvalidInputError: seeds: expected a whole number of at least 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise InvalidInputError(f"{name}: expected a whole number of at least {at_least}, got {value!r}")


def check_types(settings: Any) -> None:
    """Refuses settings of which a field holds a value of another type; ``"false"`` is not false, nor ``True`` 1.

    Args:
        settings: A dataclass. Fields of other types than ``bool``, ``int``, ``float``, ``str`` and mappings are not
            looked at, nor what a class itself gives its fields.

    Raises:
        InvalidInputError: The text names the field.
    """
    for one in fields(settings):
        value, text = getattr(settings, one.name), one.type if isinstance(one.type, str) else _name(one.type)
        kind, *others = text.split(" | ")
        types, expected = _EXPECTED.get(kind.partition("[")[0], (object, ""))
        if value is one.default or (value is None and "None" in others):
            continue
        is_other = not isinstance(value, types) or (isinstance(value, bool) and types not in (bool, object))
        if is_other or (kind == "float" and isinstance(value, int) and abs(value) > sys.float_info.max):
            raise InvalidInputError(f"{one.name}: expected {expected}, got {value!r}")


def _name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
