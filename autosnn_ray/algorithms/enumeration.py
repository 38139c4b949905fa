"""The whole space, in a fixed order: what a search is an estimate of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.objectives import Goal, Objective
from autosnn_ray.space import SearchSpace

_LARGEST_SUBTREE, _FEWEST_SUBTREES = 32, 16


@dataclass(frozen=True)
class Enumeration(Algorithm):
    """Proposes every architecture of the space in order, the last slot changing fastest; draws nothing.

    Neighbours share their beginning: an evaluator that keeps beginnings walks the space as a tree.

    Example:
        >>> import search_spaces
        >>> state = Enumeration().start(search_spaces.load("digits_16"), 3125)
        >>> state.ask().architecture, state.ask().architecture[-1]
        (('skip', 'skip', 'skip', 'skip', 'skip'), 'scb_k3')
    """

    name: ClassVar[str] = "enumeration"
    summary: ClassVar[str] = "every architecture of the space, in order"
    is_search: ClassVar[bool] = False

    def together(self, space: SearchSpace) -> int:
        """The architectures of a sub-tree: those that differ in the last slots alone.

        As many of these as make at most 32 candidates, and at least 16 sub-trees to share out.
        """
        count = 1
        for slot in reversed(space.slots):
            wider = count * len(slot.choices)
            if wider > _LARGEST_SUBTREE or wider * _FEWEST_SUBTREES > space.size:
                break
            count = wider
        return count

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        return _EnumerationState(space, candidates, np.random.default_rng(self.seed))


class _EnumerationState(AskTell):
    takes_given: ClassVar[bool] = False

    def __init__(self, space: SearchSpace, candidates: int, rng: np.random.Generator) -> None:
        super().__init__(space, candidates, rng)
        self._every = space.enumerate()

    def propose(self) -> Candidate | None:
        found = self.take_new(self._every, 1)
        return Candidate(self.asked, found[0], "enumerated") if found else None
