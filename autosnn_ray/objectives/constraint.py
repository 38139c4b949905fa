"""A bound on a measure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives.objective import check_measure


@dataclass(frozen=True)
class Constraint:
    """A bound that a candidate must keep to be feasible.

    Attributes:
        measure: What is bounded, such as ``parameters``.
        at_most: Upper bound, in the measure's unit; None for none.
        at_least: Lower bound; None for none.

    Raises:
        InvalidInputError: No bound, one that is not finite, or bounds that nothing can keep.

    Example:
        >>> found = Evaluation.given({"parameters": 60_000})
        >>> Constraint("parameters", at_most=50_000).violation(found)
        10000.0
    """

    measure: str
    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        check_measure(self.measure)
        bounds = [bound for bound in (self.at_most, self.at_least) if bound is not None]
        if not bounds or not all(
            isinstance(bound, int | float) and not isinstance(bound, bool) and math.isfinite(bound) for bound in bounds
        ):
            raise InvalidInputError(
                f"constraint on {self.measure}: expected at_most or at_least, a finite number, got {self.at_most!r} "
                f"and {self.at_least!r}"
            )
        if len(bounds) == 2 and bounds[0] < bounds[1]:
            raise InvalidInputError(
                f"constraint on {self.measure}: nothing is at most {self.at_most} and at least {self.at_least}"
            )

    def violation(self, evaluation: Evaluation) -> float:
        """Returns by how much an evaluation misses the bound, in the measure's unit; 0 where it keeps it.

        NaN where the measure is none: it is not known to be kept.

        Raises:
            InvalidInputError: The evaluation lacks the measure.
        """
        return self.missed_by(evaluation[self.measure])

    def missed_by(self, value: float) -> float:
        """Returns by how much a value misses the bound, in the measure's unit; 0 where it keeps it, NaN of NaN."""
        beyond = self._beyond(value)
        return beyond if math.isnan(beyond) else max(0.0, beyond)

    def excess(self, evaluation: Evaluation) -> float:
        """Returns by how much an evaluation is beyond the nearer bound, in the measure's unit; negative within.

        NaN where the measure is none.

        Raises:
            InvalidInputError: The evaluation lacks the measure.
        """
        return self._beyond(evaluation[self.measure])

    def _beyond(self, value: float) -> float:
        above = -math.inf if self.at_most is None else value - self.at_most
        below = -math.inf if self.at_least is None else self.at_least - value
        return math.nan if math.isnan(value) else float(max(above, below))

    @property
    def scale(self) -> float:
        """What a violation is a share of, so that parameters and spikes can be added: the bound that is nearer to 0."""
        bounds = [abs(bound) for bound in (self.at_most, self.at_least) if bound]
        return min(bounds) if bounds else 1.0

    def relative(self, value: float) -> float:
        """Returns the same as a share of the bound, so that parameters and spikes can be added."""
        return self.missed_by(value) / self.scale

    @property
    def text(self) -> str:
        """The bound in words, such as ``parameters at most 50,000``."""
        bounds = {"at most": self.at_most, "at least": self.at_least}
        return f"{self.measure} " + " and ".join(f"{word} {b:,.6g}" for word, b in bounds.items() if b is not None)

    def to_dict(self) -> dict[str, Any]:
        """Returns measure and bounds as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Constraint:
        """Builds the constraint that ``to_dict`` wrote.

        Raises:
            InvalidInputError: It is not what was written.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise InvalidInputError(f"constraint: expected measure, at_most and at_least, got {values!r}") from error
