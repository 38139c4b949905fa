"""Reads the entries of a space file and says, of the first that is wrong, where it stands and what was expected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.plugins import own_code_hint
from autosnn_ray.space.blocks import BLOCKS, POOLS, WIDTHS, has_width, is_block
from autosnn_ray.space.layers import HEADS, SLOT, STEMS, Layer, layer_kinds

_LARGEST = 2**20
_WIDE = f"{', '.join(WIDTHS)} also with the channels inside, such as srb_k3_c8"


class _Entries:
    """A table of a space file, with the place it stands at for the errors."""

    def __init__(self, entries: object, source: str, place: str = "") -> None:
        self.source = source
        self.place = place
        if not isinstance(entries, Mapping):
            raise self.wrong("", "a table of keys", entries)
        self.entries = entries

    def wrong(self, key: str, expected: str, given: object, hint: str = "") -> InvalidInputError:
        where = ".".join(part for part in (self.place, key) if part) or "the whole file"
        text = f"{self.source}: key '{where}': expected {expected}, got {given!r}"
        return InvalidInputError(f"{text}. {hint}" if hint else text)

    def get(self, key: str, expected: str) -> Any:
        if key not in self.entries:
            where = f"{self.place}.{key}" if self.place else key
            raise InvalidInputError(f"{self.source}: key '{where}' is missing: expected {expected}")
        return self.entries[key]

    def refuse_unknown(self, known: Collection[str]) -> None:
        for key in self.entries:
            if key not in known:
                raise self.wrong(str(key), f"no such key (known: {', '.join(known)})", self.entries[key])

    def integer(self, key: str, default: int | None = None) -> int:
        value = self.entries.get(key, default) if default is not None else self.get(key, "a positive whole number")
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST:
            raise self.wrong(key, f"a whole number from 1 to {_LARGEST}", value)
        return value

    def text(self, key: str) -> str:
        value = self.get(key, "a name")
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "a name", value)
        return value

    def one_of(self, key: str, known: Collection[str]) -> str:
        expected = f"one of: {', '.join(known)}"
        value = self.get(key, expected)
        if not isinstance(value, str) or value not in known:
            raise self.wrong(key, expected, value)
        return value

    def size(self, key: str) -> tuple[int, int]:
        value = self.get(key, "[height, width]")
        sides = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
        if len(sides) != 2 or not all(type(side) is int and 0 < side <= _LARGEST for side in sides):
            raise self.wrong(key, "[height, width] in pixels", value)
        return sides[0], sides[1]

    def widths(self, key: str) -> tuple[int, ...]:
        value = self.entries.get(key, [])
        listed = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [0]
        if not all(type(width) is int and 0 < width <= _LARGEST for width in listed):
            raise self.wrong(key, f"a list of whole numbers from 1 to {_LARGEST}", value)
        return tuple(listed)

    def choices(self, key: str) -> tuple[str, ...]:
        expected = f"a list of different blocks out of: {', '.join(BLOCKS)}; {_WIDE}"
        value = self.get(key, expected)
        listed = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
        known = all(is_block(choice) for choice in listed)
        if not listed or not known or len(set(listed)) != len(listed):
            raise self.wrong(key, expected, value, "" if known else own_code_hint())
        return tuple(listed)


_SPACE_KEYS = (
    "name", "stem", "channels", "in_channels", "input_size", "head", "hidden", "voters", "choices", "layers",
)  # fmt: skip


def read_entries(entries: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Reads the entries of a space file as the attributes of a ``SearchSpace``; see ``SearchSpace.from_dict``."""
    table = _Entries(entries, source)
    table.refuse_unknown(_SPACE_KEYS)
    channels = table.integer("channels")
    return {
        "name": table.text("name"),
        "stem": table.one_of("stem", STEMS),
        "channels": channels,
        "in_channels": table.integer("in_channels"),
        "input_size": table.size("input_size"),
        "head": table.one_of("head", HEADS),
        "voters": table.integer("voters", 10),
        "layers": _read_layers(table, channels),
        "hidden": table.widths("hidden"),
    }


def _read_layers(table: _Entries, channels: int) -> tuple[Layer, ...]:
    listed = table.get("layers", "a list of layers")
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise table.wrong("layers", "a list of layers", listed)
    layers: list[Layer] = []
    for position, entry in enumerate(listed):
        layers.append(_read_layer(_Entries(entry, table.source, f"layers[{position}]"), table, channels))
        channels = layers[-1].channels
    return tuple(layers)


def _read_layer(entry: _Entries, table: _Entries, channels: int) -> Layer:
    kind = entry.get("kind", f"one of: {', '.join(layer_kinds())}")
    if kind != SLOT and not is_block(kind):
        raise entry.wrong("kind", f"one of: {', '.join(layer_kinds())}", kind, own_code_hint())
    if kind in POOLS:
        entry.refuse_unknown(("kind",))
        return Layer(kind, channels, stride=2)
    entry.refuse_unknown(("kind", "channels", "stride", *(["choices", "widths"] if kind == SLOT else [])))
    own = entry.integer("channels", channels)
    stride = entry.integer("stride", 1)
    if kind != SLOT:
        return _strided(entry, Layer(kind, own, stride))
    choices = _with_widths(entry, (entry if "choices" in entry.entries else table).choices("choices"))
    pools = [choice for choice in choices if choice in POOLS]
    if pools and (stride != 2 or own != channels):
        raise entry.wrong("choices", "pools only where stride is 2 and the channels stay", pools)
    return _strided(entry, Layer(SLOT, own, stride, choices))


def _with_widths(entry: _Entries, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Offers each choice of several convolutions with each of the slot's widths inside."""
    widths = entry.widths("widths")
    if not widths:
        return choices
    wide = [choice for choice in choices if has_width(choice)]
    offered = [
        name for choice in choices for name in ([f"{choice}_c{w}" for w in widths] if choice in wide else [choice])
    ]
    if not wide or len(set(offered)) != len(offered) or not all(map(is_block, offered)):
        raise entry.wrong("widths", f"different numbers of channels, and choices that take them ({_WIDE})", widths)
    return tuple(offered)


def _strided(entry: _Entries, layer: Layer) -> Layer:
    if layer.stride > 2 and "skip" in layer.blocks:
        raise entry.wrong("stride", "1 or 2 where a skip may stand", layer.stride)
    return layer
