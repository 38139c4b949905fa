"""Which beginnings of paths are in the object store; light to import, as it is part of the actor that starts first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

STORE_BYTES = 2**27
"""What packed beginnings may take in the object store: 128 MiB."""

_Batch = tuple[int, int]
_Key = tuple[_Batch, tuple[str, ...]]


class PrefixIndex:
    """Knows which beginnings are in the object store, and lets go of the least recently used ones.

    Args:
        budget_bytes: How much packed spikes may take in the store.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget, self._held = budget_bytes, 0
        self._known: OrderedDict[_Key, tuple[Any, int]] = OrderedDict()

    def find(self, batch: _Batch, paths: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], Any] | None:
        """Returns the first of these beginnings that is there, and the reference to it."""
        for path in paths:
            if (batch, path) in self._known:
                self._known.move_to_end((batch, path))
                return path, self._known[batch, path][0]
        return None

    def offer(self, batch: _Batch, path: tuple[str, ...], reference: list[Any], size_bytes: int) -> None:
        """Takes a reference (in a list: Ray would resolve it), unless there is one already or it is too large."""
        if (batch, path) in self._known or size_bytes > self._budget:
            return
        while self._held + size_bytes > self._budget:
            _, (_, dropped) = self._known.popitem(last=False)
            self._held -= dropped
        self._known[batch, path] = reference[0], size_bytes
        self._held += size_bytes

    def forget(self, batch: _Batch, path: tuple[str, ...]) -> None:
        """Lets go of a beginning, such as one that went with the node it was on."""
        _, size_bytes = self._known.pop((batch, path), (None, 0))
        self._held -= size_bytes
