"""What an objective is: a number of an evaluation that is to be as large as can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Protocol, cast, runtime_checkable

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.plugins import find


@runtime_checkable
class Objective(Protocol):
    """What a search makes as large as can be; a frozen dataclass, so that a journal can hold it.

    One of your own derives from it, and says its ``kind``, its ``label`` and what an evaluation is worth.

    Attributes:
        kind: Its key in ``OBJECTIVES``.
    """

    kind: ClassVar[str]

    @property
    def label(self) -> str:
        """What it is, for tables and axes, such as ``fitness`` or ``spikes``."""
        ...

    def __call__(self, evaluation: Evaluation) -> float:
        """Returns how good an evaluation is: more is better, NaN where it cannot be said."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Returns kind and settings as plain values."""
        return {"kind": self.kind, **asdict(cast(Any, self))}


def check_measure(measure: object) -> None:
    """Refuses what is no name of a measure.

    Raises:
        InvalidInputError: It is none.
    """
    if not isinstance(measure, str) or not measure:
        raise InvalidInputError(f"measure: expected its name, such as accuracy, got {measure!r}")


OBJECTIVES: dict[str, Any] = {}
"""Every objective by its kind: a frozen dataclass of plain values."""


def objective_from_dict(values: Mapping[str, Any]) -> Objective:
    """Builds the objective that ``Objective.to_dict`` wrote.

    Raises:
        InvalidInputError: It is not what was written.
    """
    try:
        kind, settings = str(values["kind"]), {str(k): v for k, v in values.items() if k != "kind"}
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(f"objective: expected its kind and settings, got {values!r}") from error
    make = find("objective", kind, OBJECTIVES)
    try:
        found: Objective = make(**settings)
    except TypeError as error:
        raise InvalidInputError(f"objective {kind}: expected its settings, got {settings!r}") from error
    return found
