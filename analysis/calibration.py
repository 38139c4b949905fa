"""Whether a predictor's own intervals hold what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from autosnn_ray.evaluations import CONFIDENCE

from .agreement import Figure
from .statistics import wilson_interval

_Z = 1.959964


@dataclass(frozen=True)
class Calibration:
    """How much of the ground truth a predictor's own intervals hold.

    Attributes:
        held: Share of the ground truth's values that lie within the interval of their architecture, with its binomial
            95 % interval (Wilson) of as many draws as there are architectures: seeds of one are not independent.
        shift: What the ground truth is above the prediction on average (below, where negative), in the quantity's own
            unit, with its 95 % interval over architectures.
        held_shifted: The share if every interval were moved by the shift: what is left to be said of their width.
        architectures: How many.
        seeds: Trainings of each: ``architectures * seeds`` values.
        nominal: The share that the intervals claim to hold.
    """

    held: Figure
    shift: Figure
    held_shifted: float
    architectures: int
    seeds: int
    nominal: float = CONFIDENCE


def calibrate(intervals: pd.DataFrame, truths: Sequence[pd.Series]) -> Calibration | None:
    """Holds intervals against a ground truth.

    Args:
        intervals: ``value``, ``low`` and ``high`` of what was predicted, by architecture.
        truths: For each seed what trainings gave, by architecture.

    Returns:
        The calibration over the architectures that all have; None where there is none.

    Example:
        >>> intervals = pd.DataFrame({"value": [0.5, 0.6], "low": [0.4, 0.5], "high": [0.6, 0.7]}, index=["a", "b"])
        >>> found = calibrate(intervals, [pd.Series({"a": 0.55, "b": 0.75}), pd.Series({"a": 0.45, "b": 0.7})])
        >>> found.held.value, found.shift.text(3)
        (0.75, '0.063 (-0.060 to 0.185)')
    """
    shared = [name for name in intervals.index if all(name in truth.index for truth in truths)]
    if not shared:
        return None
    value, low, high = (intervals.loc[shared, name].to_numpy(np.float64) for name in ("value", "low", "high"))
    true = np.stack([truth.loc[shared].to_numpy(np.float64) for truth in truths])
    above = (true - value).mean(axis=0)
    shift, error = float(above.mean()), _standard_error(above)

    def held(by: float) -> float:
        return float(((true >= low + by) & (true <= high + by)).mean())

    return Calibration(
        held=Figure(held(0.0), *wilson_interval(held(0.0), len(shared))),
        shift=Figure(shift, shift - _Z * error, shift + _Z * error),
        held_shifted=held(shift),
        architectures=len(shared),
        seeds=len(truths),
    )


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
