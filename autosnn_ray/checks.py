"""Checks of what a user gives, each with one text for all."""

from __future__ import annotations

from autosnn_ray.errors import InvalidInputError


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
