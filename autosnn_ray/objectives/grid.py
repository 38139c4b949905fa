"""A grid over measures: of which kind a network is, told by a cell for each combination of their ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autosnn_ray.errors import InvalidInputError

_MARGIN = 0.25
"""A range that is taken from a sample is wider than it by this share at each end: the space holds more extreme ones."""

_MOST = 1000
"""Cells of an axis; nobody sees more."""

Cell = tuple[int, ...]


@dataclass(frozen=True)
class Axis:
    """One measure, cut into cells of equal width; what lies outside belongs to the cell at that end.

    Attributes:
        low: Where the first cell begins, in the measure's unit.
        high: Where the last cell ends.
        cells: How many.
        is_log: Whether cells are of equal width in the logarithm.

    Raises:
        InvalidInputError: No range, or no cells.

    Example:
        >>> Axis(100.0, 1600.0, 4, is_log=True).edges.round().tolist()
        [100.0, 200.0, 400.0, 800.0, 1600.0]
    """

    low: float
    high: float
    cells: int
    is_log: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InvalidInputError(f"range: expected a lower and a higher number, got {self.low!r} and {self.high!r}")
        if isinstance(self.cells, bool) or not isinstance(self.cells, int) or not 1 <= self.cells <= _MOST:
            raise InvalidInputError(f"cells: expected a whole number of 1 to {_MOST:,}, got {self.cells!r}")
        if self.is_log and self.low <= 0:
            raise InvalidInputError(f"range: expected numbers above 0 for a logarithmic one, got {self.low!r}")

    @classmethod
    def over(cls, low: float, high: float, cells: int) -> Axis:
        """Makes an axis over a range: logarithmic where all of it is above 0."""
        return cls(float(low), float(high), cells, is_log=low > 0)

    @classmethod
    def of_sample(cls, values: Sequence[float], cells: int) -> Axis:
        """Makes an axis over the range of a sample and a quarter more at each end; logarithmic where all are above 0.

        Args:
            values: At least one, each finite.
            cells: How many.
        """
        is_log = min(values) > 0
        ends = np.log([min(values), max(values)]) if is_log else np.array([min(values), max(values)], dtype=float)
        margin = _MARGIN * float(ends[1] - ends[0]) or 0.5  # all alike: one cell in the middle holds them
        low, high = float(ends[0]) - margin, float(ends[1]) + margin
        return cls(math.exp(low), math.exp(high), cells, True) if is_log else cls(low, high, cells)

    @property
    def edges(self) -> npt.NDArray[np.float64]:
        """Where cells begin and end, in the measure's unit, shape ``(cells + 1,)``."""
        space = np.geomspace if self.is_log else np.linspace
        found: npt.NDArray[np.float64] = space(self.low, self.high, self.cells + 1)
        return found

    def cell(self, value: float) -> int:
        """Returns the cell of a finite value, from 0."""
        return int(np.searchsorted(self.edges[1:-1], value, side="right"))


@dataclass(frozen=True)
class Grid:
    """An axis for each measure.

    Attributes:
        measures: The measures' names.
        axes: Their axes.
    """

    measures: tuple[str, ...]
    axes: tuple[Axis, ...]

    @classmethod
    def of(
        cls,
        measures: Sequence[str],
        cells: Sequence[int],
        *,
        ranges: Sequence[tuple[float, float]] | None = None,
        sample: Sequence[Sequence[float]] = (),
    ) -> Grid:
        """Makes a grid over ranges, or over a sample.

        Args:
            measures: The measures' names.
            cells: How many cells each has.
            ranges: Lowest and highest value of each; of the sample where None.
            sample: Values of the measures, one row a candidate; at least one.
        """
        if ranges is not None:
            axes = [Axis.over(low, high, count) for (low, high), count in zip(ranges, cells, strict=True)]
        else:
            columns = zip(*sample, strict=True)
            axes = [Axis.of_sample(column, count) for column, count in zip(columns, cells, strict=True)]
        return cls(tuple(measures), tuple(axes))

    def cell(self, values: Sequence[float]) -> Cell:
        """Returns the cell of finite values, one a measure."""
        return tuple(axis.cell(value) for axis, value in zip(self.axes, values, strict=True))
