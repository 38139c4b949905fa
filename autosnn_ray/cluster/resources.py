"""What one candidate may use, and how many fit on the cluster."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import ray

from autosnn_ray.errors import InvalidInputError


@dataclass(frozen=True)
class Resources:
    """What the evaluation of one candidate may use.

    Attributes:
        cpus: CPUs, and as many threads; a fraction below 1, or a whole number.
        gpus: GPUs; 0, a fraction below 1 (several candidates share one), or a whole number.
        seconds: Time an evaluation may take; None for as long as it likes.

    Raises:
        InvalidInputError: A number is not what it must be.
    """

    cpus: float = 1
    gpus: float = 0
    seconds: float | None = None

    def __post_init__(self) -> None:
        _check_amount("cpus_per_candidate", self.cpus, may_be_zero=False)
        _check_amount("gpus_per_candidate", self.gpus, may_be_zero=True)
        if self.seconds is not None and not (_is_number(self.seconds) and self.seconds > 0):
            raise InvalidInputError(f"seconds_per_candidate: expected a positive number, got {self.seconds!r}")

    @property
    def threads(self) -> int:
        """Threads that evaluate one candidate."""
        return max(1, int(self.cpus))

    def slots(self) -> int:
        """Returns how many candidates fit on the cluster side by side, as it is now.

        Raises:
            InvalidInputError: No node has room for even one.
        """
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        slots = sum(self._fit(node) for node in nodes)
        if slots < 1:
            have = "; ".join(f"{node.get('CPU', 0):g} CPUs, {node.get('GPU', 0):g} GPUs" for node in nodes)
            raise InvalidInputError(
                f"cpus_per_candidate, gpus_per_candidate: {self.cpus:g} CPUs and {self.gpus:g} GPUs asked for each, "
                f"and no node has as much: {have}. Ask for less, or say with `concurrent` how many shall run on a "
                "cluster that grows on demand"
            )
        return slots

    def _fit(self, node: Mapping[str, float]) -> int:
        # The sums of a binary fraction may end just below a whole number.
        fit = node.get("CPU", 0.0) / self.cpus
        if self.gpus:
            fit = min(fit, node.get("GPU", 0.0) / self.gpus)
        return math.floor(fit + 1e-6)

    def to_dict(self) -> dict[str, Any]:
        """Returns the numbers as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Resources:
        """Builds the resources that ``to_dict`` wrote; what is missing stays at its default."""
        try:
            return cls(**values)
        except TypeError as error:
            raise InvalidInputError(f"resources: expected cpus, gpus and seconds, got {values!r}") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_amount(name: str, value: float, *, may_be_zero: bool) -> None:
    is_fine = _is_number(value) and (value > 0 or (may_be_zero and value == 0)) and (value < 1 or value == int(value))
    if not is_fine:
        least = "0, " if may_be_zero else ""
        raise InvalidInputError(f"{name}: expected {least}a fraction below 1 or a whole number, got {value!r}")
