"""A model of a quantity that outliers cannot drag: fitted to ranks, and mapped back to values."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space.additive import FEWEST
from autosnn_ray.space.architecture import Architecture

Floats = npt.NDArray[np.float64]

_PENALTIES = np.logspace(-2, 3, 21)
_PAIR_SHARES = (0.0, 0.3, 0.6)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(31)
_PAIRS_GAIN = 0.98
"""Pairs of slots must lower the error at architectures left out by two per cent, or they are left out themselves."""

_CHOSEN = 3

Pair = tuple[int, int]


@dataclass(frozen=True)
class RankModel:
    """What choices, and pairs of them where the sample supports it, do to an architecture's rank in a quantity.

    Values are replaced by normal scores of their ranks, so that a network in ten that did not learn at all weighs as
    much as any other. Scores are fitted by ridge regression on the choices of slots, and of pairs of slots if that
    predicts architectures left out better. A predicted score, with the error that scores have at architectures left
    out, is mapped back through the sample's own distribution: the prediction is the mean of what may be true, its
    interval what holds so many of those left out. Where nothing predicts anything, every architecture gets the sample's
    mean.

    Source: normal scores as in van der Waerden's test; intervals as in the jackknife+ (Barber et al., Ann. Stat. 2021).

    Attributes:
        values: The sample's values, sorted.
        effects: For each slot, what a choice adds to the score.
        pairs: For each pair of slots, what two choices together add; empty where the sample does not support it.
        error: Root of the mean squared error of scores at architectures left out of the fit; 1 for knowing nothing.
        misses: Absolute errors of scores at architectures left out, sorted.
    """

    values: tuple[float, ...]
    effects: tuple[Mapping[str, float], ...]
    pairs: Mapping[Pair, Mapping[tuple[str, str], float]]
    error: float
    misses: tuple[float, ...]

    @classmethod
    def fit(
        cls, architectures: Sequence[Architecture], values: Sequence[float], beside: Sequence[float] | None = None
    ) -> RankModel:
        """Learns from a sample.

        Args:
            architectures: The sample, all of one space; one may stand there several times, with several seeds.
            values: The quantity of each; what is not finite is left out.
            beside: Another quantity that orders the same and is smoother, as a loss with its sign turned does for an
                accuracy: ranks are those of the mean of both scores.

        Raises:
            InvalidInputError: Fewer than five architectures with a value.

        Example:
            >>> sample = [(a, b) for a in ("skip", "scb") for b in ("skip", "scb", "srb")]
            >>> model = RankModel.fit(sample, [0.1, 0.7, 0.8, 0.85, 0.9, 0.95])
            >>> model.predict(("scb", "srb")) > model.predict(("skip", "skip"))
            True
        """
        target = np.asarray(values, dtype=np.float64)
        second = target if beside is None else np.asarray(beside, dtype=np.float64)
        known = np.isfinite(target) & np.isfinite(second) if len(target) == len(second) else np.zeros(0, dtype=bool)
        if len(architectures) != len(target) or known.sum() < FEWEST:
            raise InvalidInputError(
                f"effects of choices: expected a finite value for each of at least {FEWEST} architectures, got "
                f"{int(known.sum())} finite values for {len(architectures)}"
            )
        sample = [one for one, is_known in zip(architectures, known, strict=True) if is_known]
        target, second = target[known], second[known]
        fitted = _fit(sample, _normal_scores(_normal_scores(target) + _normal_scores(second)))
        return cls(tuple(np.sort(target).tolist()), *fitted)

    def score(self, architecture: Architecture) -> float:
        """Returns the expected normal score, 0 for the middle of the sample."""
        found = sum(effects.get(choice, 0.0) for effects, choice in zip(self.effects, architecture, strict=True))
        for (first, second), effects in self.pairs.items():
            found += effects.get((architecture[first], architecture[second]), 0.0)
        return float(found)

    def predict(self, architecture: Architecture) -> float:
        """Returns the value that is expected of an architecture; two of unequal scores are never equal."""
        centre, values = self.score(architecture), np.array(self.values)
        # The mean over what the score may truly be is smooth in it, where the sample's own quantiles have steps.
        where = centre + self.error * _NODES
        return float(_WEIGHTS @ _quantiles(values, where) / _WEIGHTS.sum())

    def interval(self, architecture: Architecture, confidence: float = 0.95) -> tuple[float, float]:
        """Returns where the value of one training lies, with so much confidence."""
        centre, count = self.score(architecture), len(self.misses)
        # One more than the share of those left out: the new one is itself one of them.
        place = min(count - 1, math.ceil(confidence * (count + 1)) - 1)
        # Penalty and pairs were chosen by these very errors: new ones are a little larger.
        width = self.misses[place] * count / max(1, count - _CHOSEN)
        low, high = _quantiles(np.array(self.values), np.array([centre - width, centre + width]), beyond=True)
        return float(low), float(high)

    @property
    def explained(self) -> float:
        """Share of the variance of scores that is explained at architectures left out, 0 to 1."""
        return max(0.0, 1 - self.error**2)

    def to_dict(self) -> dict[str, Any]:
        """Returns the model as plain values."""
        return {
            "values": list(self.values),
            "effects": [dict(effects) for effects in self.effects],
            "pairs": [
                [*pair, [[*choices, value] for choices, value in effects.items()]]
                for pair, effects in self.pairs.items()
            ],
            "error": self.error,
            "misses": list(self.misses),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RankModel:
        """Builds the model that ``to_dict`` wrote."""
        return cls(
            tuple(map(float, values["values"])),
            tuple({str(name): float(value) for name, value in dict(slot).items()} for slot in values["effects"]),
            {
                (int(first), int(second)): {(str(a), str(b)): float(value) for a, b, value in effects}
                for first, second, effects in values["pairs"]
            },
            float(values["error"]),
            tuple(map(float, values["misses"])),
        )


def _normal_scores(values: Floats) -> Floats:
    """Returns the standard normal's quantiles at the ranks; equal values share the mean of their ranks."""
    unique, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle = (ends - (counts - 1) / 2) / (len(values) + 1)
    scores = _probit(middle)[inverse] if len(unique) > 1 else np.zeros(len(values))
    spread = scores.std()
    found: Floats = (scores - scores.mean()) / spread if spread > 0 else scores
    return found


def _quantiles(values: Floats, scores: Floats, *, beyond: bool = False) -> Floats:
    """Returns the sample's values at normal scores, straight lines between them.

    Args:
        values: Sorted.
        scores: Where.
        beyond: Whether lines go on beyond the sample's ends, by its standard deviation a score: a training may end
            below all that the sample holds.
    """
    places = _probit((np.arange(len(values)) + 1) / (len(values) + 1))
    places = places / places.std()
    found = np.interp(scores, places, values)
    if beyond:
        found = found + values.std() * (np.minimum(scores - places[0], 0) + np.maximum(scores - places[-1], 0))
    return found


def _probit(shares: Floats) -> Floats:
    from statistics import NormalDist

    inverse = NormalDist().inv_cdf
    return np.array([inverse(float(share)) for share in shares])


def _fit(
    sample: Sequence[Architecture], scores: Floats
) -> tuple[tuple[Mapping[str, float], ...], Mapping[Pair, Mapping[tuple[str, str], float]], float, tuple[float, ...]]:
    """Fits scores by kernel ridge: what two architectures have in common is how many choices, and pairs of them."""
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
    shift = float(np.mean([_total(one, effects, pairs) for one in sample])) / len(columns)
    centred = tuple({choice: value - shift for choice, value in slot.items()} for slot in effects)
    return centred, pairs, best.error, tuple(np.sort(np.abs(best.left_out)).tolist())


def _sums(column: npt.NDArray[np.str_], weights: Floats) -> dict[str, float]:
    return {str(choice): float(weights[column == choice].sum()) for choice in np.unique(column)}


def _total(
    one: Architecture,
    effects: Sequence[Mapping[str, float]],
    pairs: Mapping[Pair, Mapping[tuple[str, str], float]],
) -> float:
    found = sum(slot[choice] for slot, choice in zip(effects, one, strict=True))
    return found + sum(both[one[a], one[b]] for (a, b), both in pairs.items())


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
