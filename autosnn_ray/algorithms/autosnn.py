"""AutoSNN's evolution: generations of mutants and crossovers of the best so far."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate, Told
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import Architecture, SearchSpace

_DRAWS_EACH = 3
"""Each kind of proposal gets at most this many draws for each that is wanted."""


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
    population: int = 20
    parents: int = 10
    mutants: int = 10
    crossovers: int = 10
    probability: float = 0.2

    def __post_init__(self) -> None:
        for setting, least in (("population", 1), ("parents", 1), ("mutants", 0), ("crossovers", 0)):
            value = getattr(self, setting)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InvalidInputError(f"{setting}: expected a whole number of at least {least}, got {value!r}")
        if self.mutants + self.crossovers > self.population:
            raise InvalidInputError(
                f"mutants and crossovers: expected no more than the population of {self.population} together, "
                f"got {self.mutants} and {self.crossovers}"
            )
        if not (math.isfinite(self.probability) and 0 <= self.probability <= 1):
            raise InvalidInputError(f"probability: expected 0 to 1, got {self.probability!r}")

    def start(self, space: SearchSpace, candidates: int, objective: SpikeAwareFitness) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        return _Evolution(self, space, candidates, objective)


class _Evolution(AskTell):
    """A generation is folded in when it is complete, in the order of indices: whatever order results come in."""

    def __init__(self, settings: AutoSNN, space: SearchSpace, candidates: int, objective: SpikeAwareFitness) -> None:
        super().__init__(space, candidates, objective, np.random.default_rng(settings.seed))
        self._settings = settings
        self._generation = -1
        self._queue: list[Candidate] = []
        self._results: list[Told] = []
        self._best: list[Told] = []

    def _next(self) -> Candidate | None:
        if not self._queue:
            if self._pending:
                return None
            self._breed()
        return self._queue.pop(0)

    def _fold(self, candidate: Candidate, told: Told | None) -> None:
        if told is not None:
            self._results.append(told)

    def _breed(self) -> None:
        for told in sorted(self._results, key=lambda told: told.candidate.index):
            insort(self._best, told, key=lambda told: told.rank)
        del self._best[self._settings.parents :]
        self._results = []
        self._generation += 1
        wanted = min(self._settings.population, self.budget - self.asked)
        # A last generation that the budget cuts short is the beginning of the whole one.
        proposals: list[tuple[Architecture, str, tuple[int, ...]]] = []
        if self._best:
            proposals += self._try("mutation", min(self._settings.mutants, wanted), self._mutant)
            missing = wanted - len(proposals)
            proposals += self._try("crossover", min(self._settings.crossovers, missing), self._crossover)
        missing = wanted - len(proposals)
        drawn = self._draw_unseen(missing, _DRAWS_EACH * missing)
        proposals += [(architecture, "random", ()) for architecture in drawn]
        self._queue = [
            Candidate(self.asked + position, architecture, origin, parents, self._generation)
            for position, (architecture, origin, parents) in enumerate(proposals)
        ]

    def _try(
        self, origin: str, count: int, propose: Callable[[], tuple[Architecture, tuple[int, ...]]]
    ) -> list[tuple[Architecture, str, tuple[int, ...]]]:
        found: list[tuple[Architecture, str, tuple[int, ...]]] = []
        for _ in range(_DRAWS_EACH * count):
            if len(found) == count:
                break
            architecture, parents = propose()
            if self._mark_new([architecture], 1):
                found.append((architecture, origin, parents))
        return found

    def _parent(self) -> Candidate:
        return self._best[int(self.rng.integers(len(self._best)))].candidate

    def _mutant(self) -> tuple[Architecture, tuple[int, ...]]:
        parent = self._parent()
        return self.space.mutate(parent.architecture, self.rng, self._settings.probability), (parent.index,)

    def _crossover(self) -> tuple[Architecture, tuple[int, ...]]:
        left, right = self._parent(), self._parent()
        child = self.space.crossover(left.architecture, right.architecture, self.rng)
        return child, (left.index, right.index)
