"""AutoSNN's operators without its barrier: no candidate waits for another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.algorithms.breeding import Breeding, check_counts, check_share
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Objective
from autosnn_ray.space import SearchSpace

_DRAWS = 10
"""Draws a candidate gets. With 3, as each of AutoSNN's ten of a kind has on average, searches of 400 on made-up
landscapes ended lower; 30 gained nothing, and made asking four times as slow once the parents no longer change."""


@dataclass(frozen=True)
class SteadyState(Algorithm):
    """Evolution without generations: each candidate is bred from the fittest known when it is asked for.

    The first ``population`` candidates are random. Each later one is, by the toss of a coin, a mutant or a
    crossover of the ``parents`` fittest so far; a random one where that finds nothing new. No worker ever waits
    for a straggler, so what is proposed depends on the order in which results come in: two runs of one seed
    differ, unless one worker evaluates. A run can always be replayed from its journal, which holds the order.

    A candidate's ``generation`` counts populations: its index divided by ``population``.

    Attributes:
        population: Candidates that are random, before any is bred.
        parents: How many of the fittest breed.
        mutant_share: Chance that a candidate is a mutant and not a crossover.
        probability: Chance that a mutant's slot changes.
        seed: What every random draw comes from.

    Raises:
        InvalidInputError: A setting is not what it must be.
    """

    name: ClassVar[str] = "steady_state"
    summary: ClassVar[str] = "the same without generations: no candidate waits for another"
    order_matters: ClassVar[bool] = True
    population: int = 20
    parents: int = 10
    mutant_share: float = 0.5
    probability: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, {"population": 1, "parents": 1})
        check_share("mutant_share", self.mutant_share)
        check_share("probability", self.probability)

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        return _SteadyState(self, space, candidates, goal)


class _SteadyState(Breeding):
    def __init__(
        self, settings: SteadyState, space: SearchSpace, candidates: int, goal: Goal | Objective | None
    ) -> None:
        super().__init__(
            space,
            candidates,
            goal,
            np.random.default_rng(settings.seed),
            parents=settings.parents,
            probability=settings.probability,
        )
        self._settings = settings

    def propose(self) -> Candidate | None:
        proposals = []
        if len(self._fittest) and self.asked >= self._settings.population:
            is_mutant = self.rng.random() < self._settings.mutant_share
            proposals = self._breed_new("mutation" if is_mutant else "crossover", 1, _DRAWS)
        proposals = proposals or self._random(1)
        if not proposals:
            return None
        return Candidate(self.asked, *proposals[0], self.asked // self._settings.population)

    def learn(self, candidate: Candidate, evaluation: Evaluation | None) -> None:
        if evaluation is not None:
            self._admit(candidate, evaluation)
