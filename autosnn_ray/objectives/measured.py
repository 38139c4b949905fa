"""Objectives that are a measure itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives.objective import check_measure


@dataclass(frozen=True)
class Maximize:
    """A measure that is to be as large as can be.

    Attributes:
        measure: Its name, such as ``accuracy``.

    Raises:
        InvalidInputError: It is no name.

    Example:
        >>> Maximize("accuracy")(Evaluation.measured(accuracy=0.9, spikes=500.0))
        0.9
    """

    kind: ClassVar[str] = "maximize"
    measure: str

    def __post_init__(self) -> None:
        check_measure(self.measure)

    @property
    def label(self) -> str:
        """The measure's name."""
        return self.measure

    def __call__(self, evaluation: Evaluation) -> float:
        """Returns the measure."""
        return evaluation.get(self.measure)

    def to_dict(self) -> dict[str, Any]:
        """Returns kind and measure as plain values."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True)
class Minimize:
    """A measure that is to be as small as can be.

    Attributes:
        measure: Its name, such as ``spikes``.

    Raises:
        InvalidInputError: It is no name.

    Example:
        >>> Minimize("spikes")(Evaluation.measured(accuracy=0.9, spikes=500.0))
        -500.0
    """

    kind: ClassVar[str] = "minimize"
    measure: str

    def __post_init__(self) -> None:
        check_measure(self.measure)

    @property
    def label(self) -> str:
        """The measure's name."""
        return self.measure

    def __call__(self, evaluation: Evaluation) -> float:
        """Returns the measure with its sign turned: more is better."""
        return -evaluation.get(self.measure)

    def to_dict(self) -> dict[str, Any]:
        """Returns kind and measure as plain values."""
        return {"kind": self.kind, **asdict(self)}
