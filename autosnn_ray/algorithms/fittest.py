"""The fittest candidates so far: by one objective in order, by several as a front."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autosnn_ray.algorithms.base import Candidate
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Judgement


@dataclass(frozen=True)
class Judged:
    """A candidate with what its evaluation is worth.

    Attributes:
        candidate: The candidate.
        judgement: Its worth by the goal.
        loss: Mean of the training loss; infinite where unknown.
        spikes: Spikes/sample; infinite where unknown.
    """

    candidate: Candidate
    judgement: Judgement
    loss: float
    spikes: float

    @classmethod
    def of(cls, candidate: Candidate, evaluation: Evaluation, goal: Goal) -> Judged | None:
        """Judges an evaluation; None where the goal cannot rank it."""
        judgement = goal.judge(evaluation)
        if not judgement.is_finite:
            return None
        loss = evaluation.loss if math.isfinite(evaluation.loss) else math.inf
        return cls(candidate, judgement, loss, evaluation.get("spikes", math.inf))

    @property
    def rank(self) -> tuple[float, ...]:
        """Sorts the best first: by the goal, then least loss (it is smooth), fewest spikes, the earliest."""
        return (*self.judgement.key, self.loss, self.spikes, self.candidate.index)


class Fittest:
    """Keeps so many of the fittest, the best first; see ``ranked``.

    Args:
        goal: What makes a candidate fit.
        size: How many to keep.
    """

    def __init__(self, goal: Goal, size: int) -> None:
        self._goal, self._size = goal, size
        self._kept: list[Judged] = []

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, place: int) -> Judged:
        return self._kept[place]

    def add(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Takes a candidate, if it is one of the fittest; one that the goal cannot rank is none of them."""
        judged = Judged.of(candidate, evaluation, self._goal)
        if judged is None:
            return
        if len(self._goal.objectives) == 1:
            insort(self._kept, judged, key=lambda one: one.rank)
        else:
            self._kept = ranked([*self._kept, judged])
        del self._kept[self._size :]

    def draw(self, rng: np.random.Generator) -> Candidate:
        """Draws one of the fittest, each alike."""
        return self._kept[int(rng.integers(len(self._kept)))].candidate


def ranked(judged: Sequence[Judged]) -> list[Judged]:
    """Sorts candidates, the best first.

    With one objective: feasible before infeasible, then less violation, then more worth. With several the feasible come
    by the fronts that they are on, the least crowded of a front first (Deb et al., IEEE Trans. Evol. Comput. 6, 2002),
    and the infeasible after them.

    Args:
        judged: Candidates, all by the same goal.
    """
    in_order = sorted(judged, key=lambda one: one.rank)
    feasible = [one for one in in_order if one.judgement.is_feasible]
    if not feasible or len(feasible[0].judgement.values) == 1:
        return in_order
    import moocore  # here: the program lists the algorithms in its help, and need not wait for this

    costs = -np.array([one.judgement.values for one in feasible])
    fronts, spread = moocore.pareto_rank(costs), np.zeros(len(costs))
    for front in np.unique(fronts):
        spread[fronts == front] = crowding(costs[fronts == front])
    order = sorted(range(len(feasible)), key=lambda i: (int(fronts[i]), -spread[i], feasible[i].candidate.index))
    return [feasible[i] for i in order] + [one for one in in_order if not one.judgement.is_feasible]


def crowding(costs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Returns how far each point's neighbours lie apart, summed over the objectives; infinite at the ends.

    Args:
        costs: One row a point, shape ``(N, objectives)``.
    """
    distance = np.zeros(len(costs))
    for column in costs.T:
        order = np.argsort(column, kind="stable")
        spread = column[order[-1]] - column[order[0]]
        distance[order[[0, -1]]] = np.inf
        if spread > 0:
            distance[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / spread
    return distance
