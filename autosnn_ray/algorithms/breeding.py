"""What evolutions share: the fittest so far, and the mutants and crossovers that are bred from them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autosnn_ray.algorithms.base import AskTell, Candidate
from autosnn_ray.algorithms.fittest import Fittest
from autosnn_ray.checks import check_whole
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Objective, SpikeAwareFitness
from autosnn_ray.space import Architecture, SearchSpace

DRAWS_EACH = 3
"""Each kind of proposal gets at most this many draws for each that is wanted."""

Proposal = tuple[Architecture, str, tuple[int, ...]]
"""An architecture, its origin, the indices of its parents."""


class Breeding(AskTell):
    """A search that breeds from the fittest so far, however long its history.

    Args:
        space: Where candidates are drawn from.
        candidates: How many to propose at most.
        goal: What makes a candidate fit; AutoSNN's fitness where None.
        rng: What every random draw comes from.
        parents: How many of the fittest breed.
        probability: Chance that a mutant's slot changes.
    """

    def __init__(
        self,
        space: SearchSpace,
        candidates: int,
        goal: Goal | Objective | None,
        rng: np.random.Generator,
        *,
        parents: int,
        probability: float,
    ) -> None:
        super().__init__(space, candidates, rng)
        self._fittest = Fittest(Goal.of(SpikeAwareFitness() if goal is None else goal), parents)
        self._probability = probability

    def _admit(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Puts a candidate among the fittest, if it is one of them."""
        self._fittest.add(candidate, evaluation)

    def _breed_new(self, origin: str, count: int, draws_each: int = DRAWS_EACH) -> list[Proposal]:
        """Breeds up to ``count`` architectures that were never seen, and marks them seen."""
        found: list[Proposal] = []
        for _ in range(draws_each * count):
            if len(found) == count:
                break
            architecture, parents = self._mutant() if origin == "mutation" else self._crossover()
            if self.take_new([architecture], 1):
                found.append((architecture, origin, parents))
        return found

    def _random(self, count: int) -> list[Proposal]:
        """Draws up to ``count`` architectures uniformly that were never seen, and marks them seen."""
        return [(architecture, "random", ()) for architecture in self.draw_new(count, DRAWS_EACH * count)]

    def _parent(self) -> Candidate:
        return self._fittest.draw(self.rng)

    def _mutant(self) -> tuple[Architecture, tuple[int, ...]]:
        parent = self._parent()
        return self.space.mutate(parent.architecture, self.rng, self._probability), (parent.index,)

    def _crossover(self) -> tuple[Architecture, tuple[int, ...]]:
        left, right = self._parent(), self._parent()
        child = self.space.crossover(left.architecture, right.architecture, self.rng)
        return child, (left.index, right.index)


def check_counts(settings: object, least: Mapping[str, int]) -> None:
    """Refuses settings that are not whole numbers of at least so much.

    Raises:
        InvalidInputError: One is not.
    """
    for name, minimum in least.items():
        check_whole(name, getattr(settings, name), minimum)


def check_share(name: str, value: object) -> None:
    """Refuses what is not a number of 0 to 1.

    Raises:
        InvalidInputError: It is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidInputError(f"{name}: expected 0 to 1, got {value!r}")
