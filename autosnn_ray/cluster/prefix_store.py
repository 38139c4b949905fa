"""Beginnings of paths in the object store: what one actor has run, no other runs again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import RayError

from autosnn_ray.spiking.prefixes import Prefix

_FETCH_SECONDS = 10.0
"""How long to wait for one; a node that has just gone may not be known to have."""

_WORTH_SECONDS = 0.25
"""How long an evaluation must take for others to be asked: one of 25 ms got a tenth slower by asking."""


class PrefixesOfAll:
    """What an actor sees of the store; see ``SharedPrefixes``.

    Until an evaluation has taken so long that asking others pays, nothing is there and nothing is given away.

    Args:
        index: Handle of the actor that is the ``PrefixIndex``.
        task: Number of the search, whose beginnings are no other's.
    """

    def __init__(self, index: Any, task: int = 0) -> None:
        self._index, self._task = index, task
        self.pays = False

    def took(self, seconds: float) -> None:
        """Says how long an evaluation took."""
        self.pays = self.pays or seconds >= _WORTH_SECONDS

    def find(self, batch: int, paths: Sequence[tuple[str, ...]]) -> Prefix | None:
        """Returns the first of these beginnings of one batch that is there."""
        if not self.pays:
            return None
        found = ray.get(self._index.find.remote((self._task, batch), list(paths)))
        if found is None:
            return None
        path, reference = found
        try:
            prefix: Prefix = ray.get(reference, timeout=_FETCH_SECONDS)
        except RayError:  # it went with the actor, or the node, that had run it: it is run anew
            self._index.forget.remote((self._task, batch), path)
            return None
        # Copied: what is mapped would stay in the store for as long as it is kept here.
        return replace(prefix, bits=prefix.bits.copy())

    def offer(self, batch: int, path: tuple[str, ...], prefix: Prefix) -> None:
        """Gives a beginning to others, and does not wait until they know."""
        if not self.pays:
            return
        self._index.offer.remote((self._task, batch), path, [ray.put(prefix)], prefix.bits.nbytes)
