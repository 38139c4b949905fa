"""What a validation set of finite size can tell."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

_Z = 1.959964
"""Two-sided 95 %."""


def wilson_interval(accuracy: float, samples: int) -> tuple[float, float]:
    """Returns the 95 % interval of an accuracy measured on a number of samples (Wilson, 1927).

    Args:
        accuracy: Share of samples classified right.
        samples: How many samples; with none nothing is known.

    Returns:
        Lower and upper end, within 0 and 1.

    Example:
        >>> low, high = wilson_interval(0.98, 360)
        >>> round(low, 3), round(high, 3)
        (0.96, 0.99)
    """
    if samples <= 0 or not math.isfinite(accuracy):
        return (math.nan, math.nan)
    square = _Z**2 / samples
    centre = (accuracy + square / 2) / (1 + square)
    half = _Z * math.sqrt(accuracy * (1 - accuracy) / samples + square / (4 * samples)) / (1 + square)
    return (max(0.0, centre - half), min(1.0, centre + half))


def best(frame: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """Returns the candidates of highest fitness; equal ones by least loss, fewer spikes, then by lower index."""
    known = frame[np.isfinite(frame["fitness"])]
    by = ["fitness", "loss", "spikes", "index"]
    return known.sort_values(by, ascending=[False, True, True, True], kind="stable").head(count)


def choose(frame: pd.DataFrame) -> pd.Series:
    """Returns the candidate of highest fitness.

    Raises:
        ValueError: None was evaluated.
    """
    first = best(frame, 1)
    if first.empty:
        raise ValueError("no candidate has been evaluated: there is none to choose")
    return first.iloc[0]


def indistinguishable(frame: pd.DataFrame, index: int) -> pd.DataFrame:
    """Returns the candidates whose accuracy the validation samples cannot tell from one candidate's.

    Two accuracies count as different where they differ by more than 1.96 standard errors of their difference,
    taken as of independent samples. Candidates are evaluated on the same samples, so this errs on the side of caution.

    Args:
        frame: What ``read`` gave.
        index: The candidate the others are held against; it is among the result.

    Returns:
        The candidates, fewest spikes first.
    """
    known = frame[np.isfinite(frame["accuracy"])]
    chosen = known[known["index"] == index].iloc[0]
    # Widths of the intervals stand for the standard errors: they are never 0, also at an accuracy of 1.
    error = (known["accuracy_high"] - known["accuracy_low"]) / 2
    own = (chosen["accuracy_high"] - chosen["accuracy_low"]) / 2
    equal = (known["accuracy"] - chosen["accuracy"]).abs() <= np.sqrt(error**2 + own**2)
    return known[equal | (known["index"] == index)].sort_values(["spikes", "index"], kind="stable")


def preferred(frame: pd.DataFrame) -> pd.Series:
    """Returns, of all candidates whose accuracy cannot be told from the chosen one's, the one with fewest spikes.

    What separates them in accuracy is chance; their spikes are real.

    Raises:
        ValueError: None was evaluated.
    """
    return indistinguishable(frame, int(choose(frame)["index"])).iloc[0]
