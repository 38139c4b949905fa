"""Candidates that no other dominates, and how much they dominate together."""

from __future__ import annotations

import moocore
import numpy as np
import numpy.typing as npt
import pandas as pd


def finite(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns the candidates that were evaluated, with numbers that can be compared."""
    return frame[np.isfinite(frame["accuracy"]) & np.isfinite(frame["spikes"]) & (frame["status"] == "done")]


def front(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns the non-dominated candidates, fewest spikes first.

    None other has as much accuracy with fewer spikes, or more accuracy with as few. Candidates equal in both
    all stay; failed and pending ones are never in.

    Args:
        frame: What ``read`` gave, or any part of it.
    """
    known = finite(frame)
    if known.empty:
        return known
    keep = moocore.is_nondominated(_losses(known), keep_weakly=True)
    return known[keep].sort_values(["spikes", "index"], kind="stable")


def hypervolume(frame: pd.DataFrame, *, spikes: float, accuracy: float = 0.0) -> float:
    """Returns the area dominated by the front, as a share of the rectangle up to a reference point.

    Args:
        frame: What ``read`` gave.
        spikes: Spikes/sample of the reference point: the worst that counts.
        accuracy: Accuracy of the reference point.

    Returns:
        0 to 1; 1 for a perfect network without spikes.
    """
    known = finite(frame)
    if known.empty:
        return 0.0
    area = moocore.hypervolume(_losses(known), ref=[spikes, -accuracy])
    return float(area) / (spikes * (1 - accuracy))


def _losses(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Both objectives as costs: spikes, and accuracy with its sign turned."""
    return np.column_stack([frame["spikes"], -frame["accuracy"]]).astype(np.float64)
