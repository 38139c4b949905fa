"""NSGA-II over the operators of AutoSNN: a whole front in place of one best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.algorithms.breeding import Proposal, check_counts, check_share
from autosnn_ray.algorithms.fittest import Judged, ranked
from autosnn_ray.algorithms.generations import Generations
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Maximize, Minimize, Objective
from autosnn_ray.space import SearchSpace

_DRAWS_EACH = 10


@dataclass(frozen=True)
class NSGA2(Algorithm):
    """Non-dominated sorting with crowding: the population is the best fronts of parents and offspring together.

    The first generation is random. Each later one is bred from the population by binary tournaments: a crossover at one
    cut, each slot then mutated. Feasible candidates come before infeasible ones, and these by less violation. A
    generation is folded in when it is complete, in the order of indices, whatever order results come in. Made for
    several objectives; accuracy and spikes where a search says nothing else of its goal than AutoSNN's fitness does.
    Source: Deb et al., IEEE Trans. Evol. Comput. 6 (2002).

    Attributes:
        population: Candidates a generation, and survivors of each.
        crossover: Chance that a child has two parents.
        probability: Chance that a child's slot is mutated.
        seed: What every random draw comes from.

    Raises:
        InvalidInputError: A setting is not what it must be.
    """

    name: ClassVar[str] = "nsga2"
    summary: ClassVar[str] = "a whole front by non-dominated sorting, for several objectives"
    population: int = 20
    crossover: float = 0.9
    probability: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, {"population": 1})
        check_share("crossover", self.crossover)
        check_share("probability", self.probability)

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        several = (Maximize("accuracy"), Minimize("spikes"))
        return _Fronts(self, space, candidates, Goal(several) if goal is None else Goal.of(goal))


class _Fronts(Generations):
    def __init__(self, settings: NSGA2, space: SearchSpace, candidates: int, goal: Goal) -> None:
        super().__init__(space, candidates, np.random.default_rng(settings.seed))
        self._settings, self._goal, self.population = settings, goal, settings.population
        self._survivors: list[Judged] = []
        self._offspring: list[Judged] = []

    def learn(self, candidate: Candidate, evaluation: Evaluation | None) -> None:
        judged = None if evaluation is None else Judged.of(candidate, evaluation, self._goal)
        if judged is not None:
            self._offspring.append(judged)

    def _fold_in(self) -> None:
        offspring = sorted(self._offspring, key=lambda one: one.candidate.index)
        self._survivors = ranked([*self._survivors, *offspring])[: self.population]
        self._offspring = []

    def _bred(self, wanted: int) -> list[Proposal]:
        found: list[Proposal] = []
        for _ in range(_DRAWS_EACH * wanted if self._survivors else 0):
            if len(found) == wanted:
                break
            child, origin, parents = self._child()
            if self.take_new([child], 1):
                found.append((child, origin, parents))
        drawn = self.draw_new(wanted - len(found), _DRAWS_EACH * (wanted - len(found)))
        return found + [(architecture, "random", ()) for architecture in drawn]

    def _child(self) -> Proposal:
        first = self._tournament()
        if self.rng.random() >= self._settings.crossover:
            mutant = self.space.mutate(first.architecture, self.rng, self._settings.probability)
            return mutant, "mutation", (first.index,)
        second = self._tournament()
        crossed = self.space.crossover(first.architecture, second.architecture, self.rng)
        child = self.space.mutate(crossed, self.rng, self._settings.probability)
        return child, "crossover", (first.index, second.index)

    def _tournament(self) -> Candidate:
        """Draws two of the survivors, which are sorted, and takes the better."""
        return self._survivors[int(self.rng.integers(len(self._survivors), size=2).min())].candidate
