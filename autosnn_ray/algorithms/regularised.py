"""Regularised evolution: the old make room, however good they were."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.algorithms.breeding import check_counts
from autosnn_ray.algorithms.fittest import Judged, ranked
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Objective, SpikeAwareFitness
from autosnn_ray.space import Architecture, SearchSpace

_DRAWS = 10


@dataclass(frozen=True)
class RegularisedEvolution(Algorithm):
    """Ageing evolution: each candidate is a mutant of the best of a few drawn from the youngest.

    The first ``population`` candidates are random. Each later one changes one slot of the best of ``sample`` candidates
    drawn from the ``population`` told last; a random one where that finds nothing new. A lucky evaluation dies out with
    its candidate, which keeps the search from clinging to it. No candidate waits for another, so what is proposed
    depends on the order of results. Source: Real et al., AAAI 2019.

    Attributes:
        population: How many of the candidates told last may be parents.
        sample: How many of them are drawn, the best of which breeds.
        seed: What every random draw comes from.

    Raises:
        InvalidInputError: A setting is not what it must be.
    """

    name: ClassVar[str] = "regularised"
    summary: ClassVar[str] = "each a mutant of the best of a few drawn from the youngest: a lucky evaluation dies out"
    order_matters: ClassVar[bool] = True
    population: int = 50
    sample: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, {"population": 1, "sample": 1})
        if self.sample > self.population:
            raise InvalidInputError(
                f"sample: expected no more than the population of {self.population}, got {self.sample}"
            )

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        return _Ageing(self, space, candidates, Goal.of(SpikeAwareFitness() if goal is None else goal))


class _Ageing(AskTell):
    def __init__(self, settings: RegularisedEvolution, space: SearchSpace, candidates: int, goal: Goal) -> None:
        super().__init__(space, candidates, np.random.default_rng(settings.seed))
        self._settings, self._goal = settings, goal
        self._alive: deque[Judged] = deque(maxlen=settings.population)

    def propose(self) -> Candidate | None:
        generation = self.asked // self._settings.population
        if self._alive and self.asked >= self._settings.population:
            for _ in range(_DRAWS):
                parent = self._parent()
                if new := self.take_new([self._mutant(parent.architecture)], 1):
                    return Candidate(self.asked, new[0], "mutation", (parent.index,), generation)
        drawn = self.draw_new(1, _DRAWS)
        return Candidate(self.asked, drawn[0], "random", generation=generation) if drawn else None

    def learn(self, candidate: Candidate, evaluation: Evaluation | None) -> None:
        judged = None if evaluation is None else Judged.of(candidate, evaluation, self._goal)
        if judged is not None:
            self._alive.append(judged)

    def _parent(self) -> Candidate:
        count = min(self._settings.sample, len(self._alive))
        drawn = self.rng.choice(len(self._alive), size=count, replace=False)
        return ranked([self._alive[int(place)] for place in drawn])[0].candidate

    def _mutant(self, architecture: Architecture) -> Architecture:
        """Changes one slot, drawn uniformly, to another of its choices."""
        slot = int(self.rng.integers(len(architecture)))
        others = [choice for choice in self.space.slots[slot].choices if choice != architecture[slot]]
        if not others:
            return architecture
        return (*architecture[:slot], others[int(self.rng.integers(len(others)))], *architecture[slot + 1 :])
