"""What each choice in each slot adds to a quantity, learned from a sample of architectures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space.architecture import Architecture

_PENALTIES = np.logspace(-1, 4, 26)
FEWEST = 5
"""Fewer architectures teach nothing."""


@dataclass(frozen=True)
class AdditiveModel:
    """A quantity of an architecture as a mean and what each slot's choice adds to it.

    Ridge regression on the choices. Its penalty is the one that predicts each architecture of the sample best from
    the others, so that effects which the sample does not support shrink towards nothing: where a quantity is noise,
    every architecture is predicted to be the mean.

    Attributes:
        mean: The quantity's mean over the sample.
        effects: For each slot, what a choice adds; a choice that the sample lacks adds nothing.
        error: Root of the mean squared error at architectures left out of the fit, one by one.
        spread: The same for the mean alone as the prediction.
    """

    mean: float
    effects: tuple[Mapping[str, float], ...]
    error: float
    spread: float

    @classmethod
    def fit(cls, architectures: Sequence[Architecture], values: Sequence[float]) -> AdditiveModel:
        """Learns from a sample.

        Args:
            architectures: The sample, all of one space.
            values: The quantity of each.

        Raises:
            InvalidInputError: Fewer than five architectures, or a value that is not finite.

        Example:
            >>> sample = [(a, b) for a in ("skip", "scb") for b in ("skip", "scb", "srb")]
            >>> model = AdditiveModel.fit(sample, [0, 1, 2, 5, 6, 7])
            >>> [round(model.predict(one), 1) for one in sample]
            [0.1, 1.1, 2.0, 5.0, 5.9, 6.9]
        """
        target = np.asarray(values, dtype=np.float64)
        if len(architectures) < FEWEST or len(architectures) != len(target) or not np.isfinite(target).all():
            raise InvalidInputError(
                f"effects of choices: expected a finite value for each of at least {FEWEST} architectures, got "
                f"{int(np.isfinite(target).sum())} finite values for {len(architectures)}"
            )
        slots = [sorted(set(choices)) for choices in zip(*architectures, strict=True)]
        weights, error, spread = _ridge(_one_hot(architectures, slots), target)
        values_left = iter(weights.tolist())
        effects = tuple({choice: next(values_left) for choice in choices} for choices in slots)
        return cls(float(target.mean()), effects, error, spread)

    def predict(self, architecture: Architecture) -> float:
        """Returns what the model expects of an architecture."""
        return self.mean + sum(
            effects.get(choice, 0.0) for effects, choice in zip(self.effects, architecture, strict=True)
        )

    @property
    def explained(self) -> float:
        """Share of the variance that the choices explain at architectures left out, 0 to 1."""
        return max(0.0, 1 - (self.error / self.spread) ** 2) if self.spread else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Returns the model as plain values."""
        return {
            "mean": self.mean,
            "effects": [dict(effects) for effects in self.effects],
            "error": self.error,
            "spread": self.spread,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AdditiveModel:
        """Builds the model that ``to_dict`` wrote."""
        effects = tuple({str(name): float(value) for name, value in dict(slot).items()} for slot in values["effects"])
        return cls(float(values["mean"]), effects, float(values["error"]), float(values["spread"]))


def _one_hot(architectures: Sequence[Architecture], slots: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
    return np.array(
        [
            [float(choice == known) for choice, choices in zip(one, slots, strict=True) for known in choices]
            for one in architectures
        ]
    )


def _ridge(
    features: npt.NDArray[np.float64], target: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], float, float]:
    """Fits weights to centred features; the penalty is chosen by leaving one out, which ridge has in closed form."""
    count = len(target)
    centred, rest = features - features.mean(axis=0), target - target.mean()
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    spread = float(np.sqrt(np.mean((rest / (1 - 1 / count)) ** 2)))
    best, error = np.zeros(features.shape[1]), spread
    for penalty in _PENALTIES:
        shrunk = singular**2 / (singular**2 + penalty)
        fitted = left @ (shrunk * (left.T @ rest))
        leverage = (left**2) @ shrunk + 1 / count
        found = float(np.sqrt(np.mean(((rest - fitted) / (1 - leverage)) ** 2)))
        if found < error:
            best, error = right.T @ (singular / (singular**2 + penalty) * (left.T @ rest)), found
    return best, error, spread
