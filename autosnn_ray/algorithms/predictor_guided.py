"""Predictor-guided search: what has been found so far says what to try next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.algorithms.breeding import check_counts, check_share
from autosnn_ray.algorithms.fittest import Fittest, Judged
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Objective, SpikeAwareFitness
from autosnn_ray.space import AdditiveModel, Architecture, SearchSpace
from autosnn_ray.space.additive import FEWEST

_MOST_FITTED = 400
"""So many of the candidates told are drawn for a fit: an ask takes as long after ten thousand as after some hundred."""

_PROPOSALS_SHARE = 100
"""A draw of the predictor serves one proposal for each so many candidates told."""


@dataclass(frozen=True)
class PredictorGuided(Algorithm):
    """Fits a predictor to the candidates told so far, and tries what it believes in; for evaluators that cost minutes.

    The first ``initial`` candidates are a balanced sample. For each later one the candidates told so far are drawn anew
    with replacement (a bootstrap, which makes the draw one from what may be true: Thompson sampling), what each choice
    in each slot adds is fitted to their **ranks**, and of ``pool`` mutants of the best and as many random architectures
    the one that is believed best is proposed. Ranks, because a network in ten that does not learn at all would drag a
    fit of accuracies to nonsense. With several objectives each fit weighs them by weights drawn at random. No candidate
    waits for another, so what is proposed depends on the order of results.

    Source: predictor-guided evolution as in Wen et al., ECCV 2020, and White et al., NeurIPS 2021; Thompson sampling
    over a bootstrap as in Eckles and Kaptein, 2014.

    Attributes:
        initial: Candidates of the balanced sample.
        pool: Mutants, and random architectures, that are looked at for each proposal.
        parents: How many of the best are mutated.
        probability: Chance that a mutant's slot changes.
        seed: What every random draw comes from.

    Raises:
        InvalidInputError: A setting is not what it must be.
    """

    name: ClassVar[str] = "predictor_guided"
    summary: ClassVar[str] = "fits what it has seen and tries what it believes in: where a candidate costs minutes"
    order_matters: ClassVar[bool] = True
    initial: int = 20
    pool: int = 50
    parents: int = 10
    probability: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_counts(self, {"initial": FEWEST, "pool": 1, "parents": 1})
        check_share("probability", self.probability)

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins a search; see ``Algorithm.start``."""
        return _Guided(self, space, candidates, Goal.of(SpikeAwareFitness() if goal is None else goal))


class _Guided(AskTell):
    """Architectures are rows of numbers here, one a slot: the position of the choice."""

    def __init__(self, settings: PredictorGuided, space: SearchSpace, candidates: int, goal: Goal) -> None:
        super().__init__(space, candidates, np.random.default_rng(settings.seed))
        self._settings = settings
        self._goal = goal
        self._told: list[Judged] = []
        self._best = Fittest(goal, settings.parents)
        self._block: list[Architecture] = []
        self._counts = np.array([len(slot.choices) for slot in space.slots])
        self._belief: npt.NDArray[np.float64] | None = None
        self._drawn_at = 0

    def propose(self) -> Candidate | None:
        if self.asked < self._settings.initial or len(self._told) < FEWEST:
            return self._sampled()
        # Of a few proposals among hundreds each need not have a draw of its own.
        if self._belief is None or self.asked - self._drawn_at >= len(self._told) // _PROPOSALS_SHARE:
            self._belief, self._drawn_at = self._draw_belief(), self.asked
        pool = self._pool()
        for row in pool[np.argsort(-self._believed(pool), kind="stable")]:
            architecture = tuple(slot.choices[place] for slot, place in zip(self.space.slots, row, strict=True))
            if self.take_new([architecture], 1):
                return Candidate(self.asked, architecture, "predicted")
        return self._sampled()

    def learn(self, candidate: Candidate, evaluation: Evaluation | None) -> None:
        judged = None if evaluation is None else Judged.of(candidate, evaluation, self._goal)
        if judged is not None and evaluation is not None:
            self._told.append(judged)
            self._best.add(candidate, evaluation)

    def _sampled(self) -> Candidate | None:
        if not self._block:
            self._block = self.draw_balanced()
        found = self.take_new([self._block.pop(0)], 1) if self._block else []
        if found:
            return Candidate(self.asked, found[0], "stratified")
        drawn = self.draw_new(1, self._settings.pool)
        return Candidate(self.asked, drawn[0], "random") if drawn else None

    def _draw_belief(self) -> npt.NDArray[np.float64]:
        """Fits one draw of what may be true: what each choice in each slot adds to a candidate's rank."""
        rows = self.rng.integers(len(self._told), size=min(len(self._told), _MOST_FITTED))
        drawn = [self._told[int(row)] for row in rows]
        model = AdditiveModel.fit([one.candidate.architecture for one in drawn], self._worth(drawn).tolist())
        belief = np.zeros((len(self._counts), int(self._counts.max())))
        for slot, effects in enumerate(model.effects):
            for place, choice in enumerate(self.space.slots[slot].choices):
                belief[slot, place] = effects.get(choice, 0.0)
        return belief

    def _worth(self, drawn: Sequence[Judged]) -> npt.NDArray[np.float64]:
        """Returns what each candidate is worth as a rank, 0 for the worst; infeasible ones below all feasible."""
        values = np.array([one.judgement.values for one in drawn])
        weights = self.rng.dirichlet(np.ones(values.shape[1]))
        ranks = np.argsort(np.argsort(values, axis=0, kind="stable"), axis=0, kind="stable") @ weights
        violation = np.array([one.judgement.violation for one in drawn])
        found = np.empty(len(drawn))
        found[np.lexsort((ranks, -violation))] = np.arange(len(drawn))
        return found

    def _believed(self, pool: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        belief = np.zeros((len(self._counts), 1)) if self._belief is None else self._belief
        found: npt.NDArray[np.float64] = belief[np.arange(len(self._counts)), pool].sum(axis=1)
        return found

    def _pool(self) -> npt.NDArray[np.int64]:
        """Draws mutants of the best, and random architectures."""
        size = self._settings.pool
        best = np.array(
            [
                [slot.choices.index(choice) for slot, choice in zip(self.space.slots, one.architecture, strict=True)]
                for one in (self._best[place].candidate for place in range(len(self._best)))
            ]
        )
        parents = best[self.rng.integers(len(best), size=size)]
        changes = (self.rng.random(parents.shape) < self._settings.probability) & (self._counts > 1)
        other = (parents + 1 + self.rng.integers(np.maximum(self._counts - 1, 1), size=parents.shape)) % self._counts
        mutants = np.where(changes, other, parents)
        return np.concatenate([mutants, self.rng.integers(self._counts, size=(size, len(self._counts)))])
