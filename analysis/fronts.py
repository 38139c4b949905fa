"""Candidates that no other dominates, and how much they dominate together."""

from __future__ import annotations

import moocore
import numpy as np
import numpy.typing as npt
import pandas as pd

from autosnn_ray.errors import InvalidInputError


def quality_of(frame: pd.DataFrame) -> str:
    """Returns the column of what is weighed against spikes: ``accuracy``, or an evaluator's ``score``.

    Raises:
        InvalidInputError: The frame is of runs that weigh different things.
    """
    quality = str(frame.attrs.get("quality", "accuracy"))
    if not quality:
        raise InvalidInputError(
            "frame: its runs weigh different things against spikes (accuracies here, scores there); take those of one "
            "run, frame[frame['run'] == name], with frame.attrs['runs'][name] as its attrs"
        )
    return quality


def finite(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns the candidates that were evaluated, with numbers that can be compared."""
    quality = quality_of(frame)
    if quality not in frame:
        return frame.iloc[:0]
    return frame[np.isfinite(frame[quality]) & np.isfinite(frame["spikes"]) & (frame["status"] == "done")]


def feasible(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns those of ``finite`` that keep the search's constraints."""
    known = finite(frame)
    return known[known["feasible"]] if "feasible" in known else known


def front(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns the Pareto front, fewest spikes first: no other candidate is at least as accurate with fewer spikes.

    Candidates equal in both all stay; failed, pending and infeasible ones are never in. Where the evaluator gives a
    score in place of an accuracy, the front is of scores.

    Args:
        frame: What ``read`` gave, or any part of it.
    """
    known = feasible(frame)
    if known.empty:
        return known
    keep = moocore.is_nondominated(_losses(known), keep_weakly=True)
    return known[keep].sort_values(["spikes", "index"], kind="stable")


def hypervolume(frame: pd.DataFrame, *, spikes: float, accuracy: float = 0.0) -> float:
    """Returns the area that the front of feasible candidates dominates, as a share of that up to a reference point.

    Args:
        frame: What ``read`` gave.
        spikes: Spikes/sample of the reference point: the worst that counts.
        accuracy: Accuracy of the reference point.

    Returns:
        0 to 1; 1 for a perfect network without spikes.

    Raises:
        InvalidInputError: A reference point without an area.
    """
    if not (np.isfinite(spikes) and spikes > 0 and 0 <= accuracy < 1):
        raise InvalidInputError(
            f"hypervolume: expected a reference point above 0 spikes/sample and an accuracy of 0 to less than 1, "
            f"got {spikes!r} and {accuracy!r}"
        )
    known = feasible(frame)
    if known.empty:
        return 0.0
    area = moocore.hypervolume(_losses(known), ref=[spikes, -accuracy])
    return float(area) / (spikes * (1 - accuracy))


def _losses(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Both as costs: spikes, and accuracy with its sign turned."""
    return np.column_stack([frame["spikes"], -frame[quality_of(frame)]]).astype(np.float64)
