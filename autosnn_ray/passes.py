"""What an evaluation costs where clocks differ: how many samples are run through a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Passes:
    """How many samples are run through a network of one architecture, or a path of a supernet.

    A sample counts each time that it is run, with all its time steps.

    Attributes:
        training: Forward and backward passes of a sample.
        forward: Forward passes alone, as an evaluation takes them.

    Example:
        >>> 80 * Passes(training=2 * 1077, forward=360)
        Passes(training=172320, forward=28800)
    """

    training: int = 0
    forward: int = 0

    def __add__(self, other: Passes) -> Passes:
        return Passes(self.training + other.training, self.forward + other.forward)

    def __rmul__(self, times: int) -> Passes:
        return Passes(times * self.training, times * self.forward)

    def to_dict(self) -> dict[str, int]:
        """Returns the passes as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | None) -> Passes | None:
        """Builds the passes that ``to_dict`` wrote; None, unknown, where there are none."""
        return None if values is None else cls(int(values["training"]), int(values["forward"]))
