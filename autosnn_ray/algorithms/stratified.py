"""A balanced sample of the space: what a ranking is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.objectives import Goal, Objective
from autosnn_ray.space import Architecture, SearchSpace

_BLOCKS = 20
"""Balanced blocks that are drawn in search of an unseen architecture, before what is left is drawn uniformly."""


@dataclass(frozen=True)
class Stratified(Algorithm):
    """Draws architectures so that each choice of each slot occurs equally often, none twice.

    A larger sample of the same seed begins with the smaller one.

    Example:
        >>> import search_spaces
        >>> state = Stratified(seed=0).start(search_spaces.load("digits_16"), 5)
        >>> sorted(state.ask().architecture[0] for _ in range(5))
        ['scb_k3', 'scb_k5', 'skip', 'srb_k3', 'srb_k5']
    """

    name: ClassVar[str] = "stratified"
    summary: ClassVar[str] = "a balanced sample: each choice of each slot equally often"
    is_search: ClassVar[bool] = False

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        return _StratifiedState(space, candidates, np.random.default_rng(self.seed))


class _StratifiedState(AskTell):
    def __init__(self, space: SearchSpace, candidates: int, rng: np.random.Generator) -> None:
        super().__init__(space, candidates, rng)
        self._block: list[Architecture] = []

    def propose(self) -> Candidate | None:
        for _ in range(_BLOCKS):
            if not self._block:
                self._block = self.draw_balanced()
            while self._block:
                found = self.take_new([self._block.pop(0)], 1)
                if found:
                    return Candidate(self.asked, found[0], "stratified")
        drawn = self.draw_new(1, 1)
        return Candidate(self.asked, drawn[0], "random") if drawn else None
