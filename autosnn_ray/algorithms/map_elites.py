"""MAP-Elites: the best of every kind of network, in place of one best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.algorithms.breeding import check_counts, check_share
from autosnn_ray.algorithms.fittest import Judged
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Cell, Goal, Grid, Objective, SpikeAwareFitness
from autosnn_ray.space import SearchSpace

_DRAWS = 10


@dataclass(frozen=True)
class MapElites(Algorithm):
    """Keeps the best candidate, its elite, of every cell of a grid over two measures, and breeds from all of them.

    The first ``initial`` candidates are random. Each later one is a crossover of the elites of two cells or a mutant of
    one, the cells drawn uniformly, however good they are; a random one where that finds nothing new. An elite is the
    best by the goal's first objective, feasible candidates before infeasible ones. The grid is fixed: over ``ranges``,
    or over what the first ``initial`` candidates told span and a quarter more at each end; what lies outside belongs to
    the cell at that end. Cells are of equal width in the logarithm where a measure is above 0. No candidate waits for
    another, so what is proposed depends on the order of results. Source: Mouret and Clune, arXiv 1504.04909.

    Attributes:
        measures: Which two measures span the grid; any that the evaluator gives.
        cells: How many cells each has.
        ranges: Lowest and highest value of each, in its unit; None to take them from the first candidates.
        initial: Candidates that are random, before any is bred.
        crossover: Chance that a candidate is a crossover and not a mutant.
        probability: Chance that a mutant's slot changes.
        seed: What every random draw comes from.

    Raises:
        InvalidInputError: A setting is not what it must be.
    """

    name: ClassVar[str] = "map_elites"
    summary: ClassVar[str] = "the best of every cell of a grid over two measures, such as spikes x parameters"
    order_matters: ClassVar[bool] = True
    measures: tuple[str, str] = ("spikes", "parameters")
    cells: tuple[int, int] = (10, 10)
    ranges: tuple[tuple[float, float], tuple[float, float]] | None = None
    initial: int = 50
    crossover: float = 0.5
    probability: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, {"initial": 1})
        check_share("crossover", self.crossover)
        check_share("probability", self.probability)
        for name in ("measures", "cells", "ranges"):  # a journal, and a command line, have lists
            object.__setattr__(self, name, _as_tuple(getattr(self, name)))
        if (
            not isinstance(self.measures, tuple)
            or len(self.measures) != 2
            or not all(isinstance(one, str) and one for one in self.measures)
        ):
            raise InvalidInputError(f"measures: expected the names of two, got {self.measures!r}")
        if not isinstance(self.cells, tuple) or len(self.cells) != 2:
            raise InvalidInputError(f"cells: expected two whole numbers of at least 1, got {self.cells!r}")
        try:
            Grid.of(self.measures, self.cells, ranges=((1, 2), (1, 2)) if self.ranges is None else self.ranges)
        except (TypeError, ValueError) as error:
            raise InvalidInputError(
                f"cells, ranges: expected two whole numbers, and a lowest and a highest value each, got {self.cells!r} "
                f"and {self.ranges!r}: {error}"
            ) from error

    @property
    def needs(self) -> tuple[str, ...]:
        """The two that span the grid."""
        return self.measures

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        return _Elites(self, space, candidates, Goal.of(SpikeAwareFitness() if goal is None else goal))


class _Elites(AskTell):
    def __init__(self, settings: MapElites, space: SearchSpace, candidates: int, goal: Goal) -> None:
        super().__init__(space, candidates, np.random.default_rng(settings.seed))
        self._settings, self._goal = settings, Goal(goal.objectives[:1], goal.constraints)
        self._sample: list[tuple[tuple[float, ...], Judged]] = []
        self._grid: Grid | None = None
        self._elites: dict[Cell, Judged] = {}
        self._cells: list[Cell] = []
        if settings.ranges is not None:
            self._grid = Grid.of(settings.measures, settings.cells, ranges=settings.ranges)

    def propose(self) -> Candidate | None:
        generation = self.asked // self._settings.initial
        if self._elites and self.asked >= self._settings.initial:
            is_crossover = self.rng.random() < self._settings.crossover
            for _ in range(_DRAWS):
                first = self._drawn()
                if is_crossover:
                    second = self._drawn()
                    child = self.space.crossover(first.architecture, second.architecture, self.rng)
                    lineage: tuple[str, tuple[int, ...]] = "crossover", (first.index, second.index)
                else:
                    child = self.space.mutate(first.architecture, self.rng, self._settings.probability)
                    lineage = "mutation", (first.index,)
                if self.take_new([child], 1):
                    return Candidate(self.asked, child, *lineage, generation)
        drawn = self.draw_new(1, _DRAWS)
        return Candidate(self.asked, drawn[0], "random", generation=generation) if drawn else None

    def learn(self, candidate: Candidate, evaluation: Evaluation | None) -> None:
        judged = None if evaluation is None else Judged.of(candidate, evaluation, self._goal)
        if evaluation is None or judged is None:
            return
        values = tuple(evaluation[measure] for measure in self._settings.measures)
        if self._grid is not None:
            self._place(values, judged)
            return
        self._sample.append((values, judged))
        if len(self._sample) == self._settings.initial:
            sample = [values for values, _ in self._sample]
            self._grid = Grid.of(self._settings.measures, self._settings.cells, sample=sample)
            for one in self._sample:
                self._place(*one)

    def _place(self, values: tuple[float, ...], judged: Judged) -> None:
        """Takes a candidate as its cell's elite, if it is better than the one there."""
        if self._grid is None:
            return
        cell = self._grid.cell(values)
        if cell not in self._elites:
            self._cells.append(cell)
        if cell not in self._elites or judged.rank < self._elites[cell].rank:
            self._elites[cell] = judged

    def _drawn(self) -> Candidate:
        """Draws a filled cell, each alike, and takes its elite."""
        return self._elites[self._cells[int(self.rng.integers(len(self._cells)))]].candidate


def _as_tuple(value: object) -> object:
    return tuple(map(_as_tuple, value)) if isinstance(value, list | tuple) else value
