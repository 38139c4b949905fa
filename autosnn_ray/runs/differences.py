"""In what the configurations of two runs differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_HARMLESS = {
    "problem.data.options",
    "problem.data.name",
    "problem.space.in_channels",
    "problem.space.input_size",
    "evaluator.supernet.folder",
    "evaluator.supernet.beside",
    "evaluator.settings.fitted.epochs",
}
"""What may differ: where something lies, what a sample cost, and what the data's checksum decides."""


def differences(before: Mapping[str, Any], now: Mapping[str, Any], entries: Sequence[str]) -> list[str]:
    """Says in which entries two runs' configurations differ, what decides no result aside.

    Args:
        before: The one.
        now: The other.
        entries: What is compared.
    """
    return [
        f"{name}: {_short(there)} there, {_short(here)} now"
        for entry in entries
        for name, there, here in _differences(entry, before.get(entry), now.get(entry))
    ]


def _differences(name: str, there: object, here: object) -> list[tuple[str, object, object]]:
    """Returns the entries in which two configurations differ, each with its place."""
    if name in _HARMLESS or there == here:
        return []
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        # What newer versions say of data beside the checksum tells no data apart.
        keys = [*there, *(key for key in here if key not in there and name != "problem.data")]
        return [found for key in keys for found in _differences(f"{name}.{key}", there.get(key), here.get(key))]
    return [(name, there, here)]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:157]}…"
