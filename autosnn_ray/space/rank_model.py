"""A model of a quantity that outliers cannot drag: fitted to ranks, and mapped back to values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space.additive import FEWEST
from autosnn_ray.space.architecture import Architecture
from autosnn_ray.space.kernel_ridge import Floats, PairEffects, fit_scores, total

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(31)

_CHOSEN = 3


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
    pairs: PairEffects
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
        fitted = fit_scores(sample, _normal_scores(_normal_scores(target) + _normal_scores(second)))
        return cls(tuple(np.sort(target).tolist()), *fitted)

    def score(self, architecture: Architecture) -> float:
        """Returns the expected normal score, 0 for the middle of the sample."""
        return float(total(architecture, self.effects, self.pairs))

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
    places = _places(len(values))
    found = np.interp(scores, places, values)
    if beyond:
        found = found + values.std() * (np.minimum(scores - places[0], 0) + np.maximum(scores - places[-1], 0))
    return found


@cache
def _places(count: int) -> Floats:
    """Returns the normal scores of so many different values."""
    places = _probit((np.arange(count) + 1) / (count + 1))
    found: Floats = places / places.std()
    return found


def _probit(shares: Floats) -> Floats:
    inverse = NormalDist().inv_cdf
    return np.array([inverse(float(share)) for share in shares])
