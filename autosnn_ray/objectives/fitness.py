"""The spike-aware fitness: what a search maximises unless told otherwise."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives.objective import check_measure

DEFAULT_EXPONENT = -0.08
"""AutoSNN's trade of accuracy against spikes (Na et al., ICML 2022)."""


@dataclass(frozen=True)
class SpikeAwareFitness:
    """``accuracy * (spikes / reference_spikes) ** exponent``, to be maximised.

    Source: Na et al., ICML 2022, the fitness of the spike-aware search. With exponent 0 it is the accuracy
    alone; at -0.08 a network with half the reference's spikes may lose 5.4 % of its accuracy. A network
    that never spikes has fitness 0: the product's limit would be infinite, and it computes nothing.

    The reference scales the fitness and changes no order. A supernet measures one; where nothing did, it is None, and
    the fitness ``accuracy * spikes ** exponent``.

    Attributes:
        reference_spikes: Mean spikes/sample of uniformly drawn paths, measured with the supernet; None without one.
        exponent: 0 or negative; the more negative, the dearer a spike.
        measure: What is weighed against spikes: ``accuracy``, or an evaluator's score in its place.

    Raises:
        InvalidInputError: The reference is not a positive number, the exponent not 0 or negative, the measure no name.

    Example:
        >>> fitness = SpikeAwareFitness(reference_spikes=1000.0)
        >>> round(fitness(Evaluation.measured(accuracy=0.9, spikes=500.0)), 6)
        0.951316
    """

    kind: ClassVar[str] = "fitness"
    reference_spikes: float | None = None
    exponent: float = DEFAULT_EXPONENT
    measure: str = "accuracy"

    def __post_init__(self) -> None:
        check_measure(self.measure)
        reference = self.reference_spikes
        if reference is not None and not (_is_number(reference) and reference > 0):
            raise InvalidInputError(
                f"reference_spikes: expected a positive number of spikes/sample, got {reference!r}; "
                "a trained supernet measures its own; None does without"
            )
        if not (_is_number(self.exponent) and self.exponent <= 0):
            raise InvalidInputError(
                f"exponent: expected 0 ({self.measure} alone) or a negative number, got {self.exponent!r}; "
                "a positive exponent would reward spikes"
            )

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that it needs."""
        return (self.measure,) if self.exponent == 0 else (self.measure, "spikes")

    @property
    def label(self) -> str:
        """What it is called in tables."""
        return "fitness"

    @property
    def formula(self) -> str:
        """The formula with its numbers, for people."""
        if self.exponent == 0:
            return self.measure
        spikes = "spikes" if self.reference_spikes is None else f"(spikes / {self.reference_spikes:,.0f})"
        return f"{self.measure} * {spikes} ** {self.exponent:g}"

    def __call__(self, evaluation: Evaluation) -> float:
        """Returns the fitness of an evaluation; NaN where what it needs is missing or not finite."""
        return float(self.of(evaluation.get(self.measure), evaluation.get("spikes")))

    def of(self, accuracy: npt.ArrayLike, spikes: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Returns the fitness of accuracies and spikes, element by element: the one place where the formula stands.

        Args:
            accuracy: Accuracies, any shape.
            spikes: Spikes/sample, a shape that broadcasts with it.
        """
        accuracy, spikes = np.broadcast_arrays(np.asarray(accuracy, float), np.asarray(spikes, float))
        known = np.isfinite(accuracy) & np.isfinite(spikes)
        if self.exponent == 0:
            return np.where(known, accuracy, np.nan)
        fires = known & (spikes > 0)
        share = np.where(fires, spikes, 1.0) / (self.reference_spikes or 1.0)
        return np.where(fires, accuracy * share**self.exponent, np.where(known, 0.0, np.nan))

    def to_dict(self) -> dict[str, Any]:
        """Returns kind and settings as plain values."""
        return {"kind": self.kind, **asdict(self)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
