"""Random search: the rival every other algorithm must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.objectives import Goal, Objective
from autosnn_ray.space import SearchSpace

_DRAWS = 100


@dataclass(frozen=True)
class RandomSearch(Algorithm):
    """Draws architectures uniformly, none twice; no candidate waits for another.

    Attributes:
        seed: What every random draw comes from.

    Example:
        >>> import search_spaces
        >>> state = RandomSearch(seed=0).start(search_spaces.load("digits_16"), 2)
        >>> state.ask().index, state.ask().index, state.ask()
        (0, 1, None)
    """

    name: ClassVar[str] = "random"
    summary: ClassVar[str] = "uniform draws, none twice: the rival to beat"

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        return _RandomState(space, candidates, np.random.default_rng(self.seed))


class _RandomState(AskTell):
    def propose(self) -> Candidate | None:
        drawn = self.draw_new(1, _DRAWS)
        return Candidate(self.asked, drawn[0], "random") if drawn else None
