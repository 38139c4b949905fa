"""Kernel ridge regression on architectures: what two have in common is how many choices, and pairs of choices."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autosnn_ray.space.architecture import Architecture

Floats = npt.NDArray[np.float64]
Pair = tuple[int, int]
Effects = tuple[Mapping[str, float], ...]
PairEffects = Mapping[Pair, Mapping[tuple[str, str], float]]

_PENALTIES = np.logspace(-2, 3, 21)
_PAIR_SHARES = (0.0, 0.3, 0.6)
_PAIRS_GAIN = 0.98
"""Pairs of slots must lower the error at architectures left out by two per cent, or they are left out themselves."""


def fit_scores(sample: Sequence[Architecture], scores: Floats) -> tuple[Effects, PairEffects, float, tuple[float, ...]]:
    """Fits scores; the penalty, and whether pairs count, are chosen by leaving each architecture out.

    Args:
        sample: Architectures, all of one space.
        scores: One each, mean 0.

    Returns:
        What each slot's choices add, what pairs add, the root of the mean squared error at architectures left out, and
        their absolute errors, sorted.
    """
    columns = [np.array(choices) for choices in zip(*sample, strict=True)]
    same = [column[:, None] == column[None, :] for column in columns]
    slots = list(itertools.combinations(range(len(columns)), 2))
    single = sum(one.astype(np.float64) for one in same) / len(same)
    double = sum(((same[a] & same[b]).astype(np.float64) for a, b in slots), np.zeros_like(single)) / max(1, len(slots))
    best = _Fit.nothing(scores)
    for share in _PAIR_SHARES if slots else _PAIR_SHARES[:1]:
        found = _Fit.best((1 - share) * single + share * double, scores, share)
        if found.error < best.error * (_PAIRS_GAIN if share else 1.0):
            best = found
    effects = tuple(_sums(column, best.dual * (1 - best.share) / len(same)) for column in columns)
    pairs: dict[Pair, Mapping[tuple[str, str], float]] = {}
    if best.share:
        for a, b in slots:
            both: dict[tuple[str, str], float] = {}
            for row, weight in zip(sample, best.dual * best.share / len(slots), strict=True):
                both[row[a], row[b]] = both.get((row[a], row[b]), 0.0) + float(weight)
            pairs[a, b] = both
    # Scores are centred; so are the sums of effects over the sample.
    shift = float(np.mean([total(one, effects, pairs) for one in sample])) / len(columns)
    centred = tuple({choice: value - shift for choice, value in slot.items()} for slot in effects)
    return centred, pairs, best.error, tuple(np.sort(np.abs(best.left_out)).tolist())


def _sums(column: npt.NDArray[np.str_], weights: Floats) -> dict[str, float]:
    return {str(choice): float(weights[column == choice].sum()) for choice in np.unique(column)}


def total(architecture: Architecture, effects: Effects, pairs: PairEffects) -> float:
    """Adds up what choices and pairs of them add; one that was never seen adds nothing."""
    found = sum(slot.get(choice, 0.0) for slot, choice in zip(effects, architecture, strict=True))
    return found + sum(both.get((architecture[a], architecture[b]), 0.0) for (a, b), both in pairs.items())


@dataclass(frozen=True)
class _Fit:
    share: float
    dual: Floats
    left_out: Floats
    error: float

    @classmethod
    def nothing(cls, scores: Floats) -> _Fit:
        """Predicts the mean of the others."""
        left_out = scores * len(scores) / (len(scores) - 1)
        return cls(0.0, np.zeros(len(scores)), left_out, float(np.sqrt(np.mean(left_out**2))) if scores.any() else 1.0)

    @classmethod
    def best(cls, kernel: Floats, scores: Floats, share: float) -> _Fit:
        """Tries penalties; the error at each architecture left out has a closed form."""
        count = len(scores)
        centring = np.eye(count) - 1 / count
        values, vectors = np.linalg.eigh(centring @ kernel @ centring)
        values = np.clip(values, 0, None)
        rotated = vectors.T @ scores
        found = cls.nothing(scores)
        for penalty in _PENALTIES:
            dual = vectors @ (rotated / (values + penalty))
            leverage = (vectors**2) @ (values / (values + penalty)) + 1 / count
            left_out = penalty * dual / np.clip(1 - leverage, 1e-9, None)
            error = float(np.sqrt(np.mean(left_out**2)))
            if error < found.error and scores.any():
                found = cls(share, centring @ dual, left_out, error)
        return found
