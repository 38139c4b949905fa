"""Random search: the rival every other algorithm must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import SearchSpace

_DRAWS = 100


@dataclass(frozen=True)
class RandomSearch(Algorithm):
    """Draws architectures uniformly, none twice; no candidate waits for another.

    Attributes:
        seed: What every random draw comes from.
        first: Architectures to propose before any is drawn, as ``srb_k5/skip/…``; such as those of a final.
        repeats: How often each of those is proposed, once a generation: to be trained with several seeds.

    Raises:
        InvalidInputError: Less than one repeat; at the start: one of ``first`` is not of the space, or stands there
            twice.

    Example:
        >>> import search_spaces
        >>> state = RandomSearch(seed=0).start(search_spaces.load("digits_16"), 2, SpikeAwareFitness(1000.0))
        >>> state.ask().index, state.ask().index, state.ask()
        (0, 1, None)
    """

    name: ClassVar[str] = "random"
    first: tuple[str, ...] = ()
    repeats: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.repeats, bool) or not isinstance(self.repeats, int) or self.repeats < 1:
            raise InvalidInputError(f"repeats: expected a whole number of at least 1, got {self.repeats!r}")
        # A journal gives lists back.
        object.__setattr__(self, "first", tuple(map(str, self.first)))

    def start(self, space: SearchSpace, candidates: int, objective: SpikeAwareFitness) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        return _RandomState(space, candidates, objective, self)


class _RandomState(AskTell):
    def __init__(
        self, space: SearchSpace, candidates: int, objective: SpikeAwareFitness, settings: RandomSearch
    ) -> None:
        rng = np.random.default_rng(settings.seed)
        super().__init__(space, candidates, objective, rng, needs_slots=not settings.first)
        self._first = [space.parse(architecture) for architecture in settings.first]
        if len(set(self._first)) < len(self._first):
            raise InvalidInputError(f"first: expected different architectures, got {', '.join(settings.first)}")
        self._mark_new(self._first, len(self._first))
        self._given = len(self._first) * settings.repeats
        self.budget = min(int(candidates), self._given + space.size - len(self._first))

    def _next(self) -> Candidate | None:
        if self.asked < self._given:
            generation, position = divmod(self.asked, len(self._first))
            return Candidate(self.asked, self._first[position], "given", generation=generation)
        drawn = self._draw_unseen(1, _DRAWS)
        return Candidate(self.asked, drawn[0], "random") if drawn else None
