"""Two evaluators held against the same ground truth, architecture by architecture: which of them ranks better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from autosnn_ray.errors import InvalidInputError

from .agreement import RESAMPLES, paired_differences
from .judges import FEWEST, QUANTITIES, scores_of
from .ranking import Ranking

COMPARED = ("tau", "regret_10")
"""Measures of agreement by which evaluators are compared."""


def compare_rankings(one: Ranking, other: Ranking, *, seed: int = 0, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Compares two evaluators by a paired bootstrap over the architectures that both evaluated.

    Args:
        one: What ``read_rankings`` gave of an evaluator.
        other: What it gave of another, with the same ground truth.
        seed: What resamples are drawn from.
        resamples: How many; each is a draw of the architectures with replacement, the same for both.

    Returns:
        A row each quantity and measure (Kendall's ``tau``; ``regret_10``, of which less is better): ``evaluator``,
        ``than``, ``quantity``, ``measure``, the ``difference`` (``one`` less ``other``) with its 95 % interval ``low``
        to ``high``, ``p_value`` (two-sided; chance is in which architectures were drawn) and ``architectures``.

    Raises:
        InvalidInputError: Fewer than five architectures in common, or another ground truth.
    """
    shared = shared_architectures(one, other)
    if len(shared) < FEWEST:
        raise InvalidInputError(
            f"{one.evaluator} and {other.evaluator}: expected at least {FEWEST} architectures that both evaluated, "
            f"found {len(shared)}"
        )
    truths = [truth.loc[shared] for truth in one.truths]
    others = [truth.loc[shared] for truth in other.truths]
    if len(truths) != len(others) or not all(a.equals(b) for a, b in zip(truths, others, strict=True)):
        raise InvalidInputError(
            f"{one.evaluator} and {other.evaluator}: expected rankings held against the same ground truth, got two"
        )
    rows = []
    for quantity in QUANTITIES:
        judged = [scores_of(truth, quantity, one.exponent) for truth in truths]
        own, its = (
            [(scores_of(judge.own.loc[shared], quantity, one.exponent), truth) for truth in judged]
            for judge in (one, other)
        )
        found = paired_differences(own, its, COMPARED, np.random.default_rng(seed), resamples)
        rows += [
            {
                "evaluator": one.evaluator,
                "than": other.evaluator,
                "quantity": quantity,
                "measure": measure,
                "difference": difference.value,
                "low": difference.low,
                "high": difference.high,
                "p_value": difference.p_value,
                "architectures": len(shared),
            }
            for measure, difference in found.items()
        ]
    return pd.DataFrame(rows)


def compare_with_best(rankings: Sequence[Ranking], *, seed: int = 0, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Compares every evaluator with the one whose fitness has the highest tau, as ``compare_rankings`` does.

    Args:
        rankings: What ``read_rankings`` gave.
        seed: What resamples are drawn from.
        resamples: How many.

    Returns:
        The rows of all pairs; none of a pair that has fewer than five architectures in common.
    """
    best = max(rankings, key=lambda ranking: np.nan_to_num(ranking.figures["fitness"]["tau"].value, nan=-np.inf))
    frames = [
        compare_rankings(ranking, best, seed=seed, resamples=resamples)
        for ranking in rankings
        if ranking is not best and len(shared_architectures(ranking, best)) >= FEWEST
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def shared_architectures(one: Ranking, other: Ranking) -> list[str]:
    """Returns the architectures that two evaluators and the ground truth have in common."""
    return [str(name) for name in one.own.index if name in other.own.index]
