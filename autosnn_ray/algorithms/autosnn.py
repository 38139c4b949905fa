"""AutoSNN's evolution: generations of mutants and crossovers of the best so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.algorithms.breeding import Breeding, Proposal, check_counts, check_share
from autosnn_ray.algorithms.generations import Generations
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Objective
from autosnn_ray.space import SearchSpace


@dataclass(frozen=True)
class AutoSNN(Algorithm):
    """The evolution of AutoSNN (Na et al., ICML 2022): a barrier between generations, parents from all so far.

    The first generation is random. Each later one has mutants and crossovers of the ``parents`` fittest
    candidates so far, filled up with random ones where they come short. Equal fitness: fewer spikes first,
    then the earlier. An architecture seen before is not proposed.

    Attributes:
        population: Candidates a generation.
        parents: How many of the fittest breed.
        mutants: Mutants a generation.
        crossovers: Crossovers a generation.
        probability: Chance that a mutant's slot changes.
        seed: What every random draw comes from.

    Raises:
        InvalidInputError: A setting is not what it must be.
    """

    name: ClassVar[str] = "autosnn"
    summary: ClassVar[str] = "generations bred from the ten fittest so far, by mutation and crossover: AutoSNN's own"
    population: int = 20
    parents: int = 10
    mutants: int = 10
    crossovers: int = 10
    probability: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, {"population": 1, "parents": 1, "mutants": 0, "crossovers": 0})
        if self.mutants + self.crossovers > self.population:
            raise InvalidInputError(
                f"mutants and crossovers: expected no more than the population of {self.population} together, "
                f"got {self.mutants} and {self.crossovers}"
            )
        check_share("probability", self.probability)

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        return _Evolution(self, space, candidates, goal)


class _Evolution(Generations, Breeding):
    def __init__(self, settings: AutoSNN, space: SearchSpace, candidates: int, goal: Goal | Objective | None) -> None:
        super().__init__(
            space,
            candidates,
            goal,
            np.random.default_rng(settings.seed),
            parents=settings.parents,
            probability=settings.probability,
        )
        self._settings, self.population = settings, settings.population
        self._results: list[tuple[Candidate, Evaluation]] = []

    def learn(self, candidate: Candidate, evaluation: Evaluation | None) -> None:
        if evaluation is not None:
            self._results.append((candidate, evaluation))

    def _fold_in(self) -> None:
        for result in sorted(self._results, key=lambda result: result[0].index):
            self._admit(*result)
        self._results = []

    def _bred(self, wanted: int) -> list[Proposal]:
        proposals: list[Proposal] = []
        if len(self._fittest):
            proposals += self._breed_new("mutation", min(self._settings.mutants, wanted))
            proposals += self._breed_new("crossover", min(self._settings.crossovers, wanted - len(proposals)))
        return proposals + self._random(wanted - len(proposals))
