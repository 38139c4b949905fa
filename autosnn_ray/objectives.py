"""The spike-aware fitness: what a search maximises."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation

DEFAULT_EXPONENT = -0.08
"""AutoSNN's trade of accuracy against spikes (Na et al., ICML 2022)."""


@dataclass(frozen=True)
class SpikeAwareFitness:
    """``accuracy * (spikes / reference_spikes) ** exponent``, to be maximised.

    Source: Na et al., ICML 2022, the fitness of the spike-aware search. With exponent 0 it is the accuracy
    alone; at -0.08 a network with half the reference's spikes may lose 5.4 % of its accuracy. A network
    that never spikes has fitness 0: the product's limit would be infinite, and it computes nothing.

    Attributes:
        reference_spikes: Mean spikes/sample of uniformly drawn paths, measured with the supernet.
        exponent: 0 or negative; the more negative, the dearer a spike.

    Raises:
        InvalidInputError: The reference is not a positive number, or the exponent not 0 or negative.

    Example:
        >>> fitness = SpikeAwareFitness(reference_spikes=1000.0)
        >>> round(fitness(Evaluation(accuracy=0.9, spikes=500.0)), 6)
        0.951316
    """

    reference_spikes: float
    exponent: float = DEFAULT_EXPONENT

    def __post_init__(self) -> None:
        if not (math.isfinite(self.reference_spikes) and self.reference_spikes > 0):
            raise InvalidInputError(
                f"reference_spikes: expected a positive number of spikes/sample, got {self.reference_spikes!r}; "
                "a trained supernet measures its own"
            )
        if not (math.isfinite(self.exponent) and self.exponent <= 0):
            raise InvalidInputError(
                f"exponent: expected 0 (accuracy alone) or a negative number, got {self.exponent!r}; "
                "a positive exponent would reward spikes"
            )

    def __call__(self, evaluation: Evaluation) -> float:
        """Returns the fitness of an evaluation; NaN where the evaluation is not finite."""
        if not evaluation.is_finite:
            return math.nan
        if self.exponent == 0:
            return evaluation.accuracy
        if evaluation.spikes <= 0:
            return 0.0
        return float(evaluation.accuracy * (evaluation.spikes / self.reference_spikes) ** self.exponent)

    def to_dict(self) -> dict[str, Any]:
        """Returns reference and exponent as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SpikeAwareFitness:
        """Builds the fitness that ``to_dict`` wrote.

        Raises:
            InvalidInputError: It is not what was written.
        """
        try:
            reference, exponent = float(values["reference_spikes"]), float(values["exponent"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInputError(f"objective: expected reference_spikes and exponent, got {values!r}") from error
        return cls(reference_spikes=reference, exponent=exponent)
