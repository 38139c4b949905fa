"""What a validation set of finite size can tell."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from autosnn_ray.errors import InvalidInputError

_Z = 1.959964
"""Two-sided 95 %."""

_LEVEL = 0.05


def wilson_interval(accuracy: float, samples: int) -> tuple[float, float]:
    """Returns the 95 % interval of an accuracy measured on a number of samples (Wilson, 1927).

    Args:
        accuracy: Share of samples classified right.
        samples: How many samples; with none nothing is known.

    Returns:
        Lower and upper end, within 0 and 1.

    Raises:
        InvalidInputError: The accuracy is no share.

    Example:
        >>> low, high = wilson_interval(0.98, 360)
        >>> round(low, 3), round(high, 3)
        (0.96, 0.99)
    """
    if samples <= 0 or not math.isfinite(accuracy):
        return (math.nan, math.nan)
    if not 0 <= accuracy <= 1:
        raise InvalidInputError(f"accuracy: expected a share from 0 to 1, got {accuracy}")
    square = _Z**2 / samples
    centre = (accuracy + square / 2) / (1 + square)
    half = _Z * math.sqrt(accuracy * (1 - accuracy) / samples + square / (4 * samples)) / (1 + square)
    return (max(0.0, centre - half), min(1.0, centre + half))


def best(frame: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """Returns the best candidates by the search's goal: feasible ones of highest fitness first, unless it had another.

    Equal ones by least loss, fewer spikes, then by lower index. An architecture that was evaluated several times stands
    there once, with the best of its evaluations.
    """
    if "rank" in frame:
        ordered = frame[np.isfinite(frame["rank"])].sort_values("rank", kind="stable")
    else:
        known, by = frame[np.isfinite(frame["fitness"])], ["fitness", "loss", "spikes", "index"]
        ordered = known.sort_values(by, ascending=[False, True, True, True], kind="stable")
    return ordered.drop_duplicates("architecture").head(count)


def choose(frame: pd.DataFrame) -> pd.Series:
    """Returns the best candidate by the search's goal.

    Raises:
        ValueError: None was evaluated.
    """
    first = best(frame, 1)
    if first.empty:
        raise ValueError("no candidate has been evaluated: there is none to choose")
    return first.iloc[0]


def indistinguishable(
    frame: pd.DataFrame, index: int, correct: Mapping[int, npt.NDArray[np.bool_]] | None = None
) -> pd.DataFrame:
    """Returns the candidates whose accuracy the validation samples cannot tell from one candidate's.

    Candidates are evaluated on the same samples. Where it is known which each classified right, two are told apart by
    the exact test of McNemar (Psychometrika, 1947): of the samples that just one of them classified right, is each as
    often the right one as a coin would have it, at 5 %? Elsewhere two accuracies count as different where they differ
    by more than 1.96 standard errors of their difference, taken as of independent samples, which errs on the side of
    caution.

    Args:
        frame: What ``read`` gave.
        index: The candidate the others are held against; it is among the result.
        correct: Which samples each candidate classified right, as ``read_correct`` gives it.

    Returns:
        The candidates, fewest spikes first.
    """
    known = frame[np.isfinite(frame["accuracy_high"]) | (frame["index"] == index)]
    chosen = known[known["index"] == index].iloc[0]
    # Widths of the intervals stand for the standard errors: they are never 0, also at an accuracy of 1.
    error = (known["accuracy_high"] - known["accuracy_low"]) / 2
    own = (chosen["accuracy_high"] - chosen["accuracy_low"]) / 2
    equal = (known["accuracy"] - chosen["accuracy"]).abs() <= np.sqrt(error**2 + own**2)
    if correct and index in correct:
        paired = [
            mcnemar(correct[index], correct[other]) > _LEVEL
            if other in correct and len(correct[other]) == len(correct[index])
            else bool(apart)
            for other, apart in zip(known["index"], equal, strict=True)
        ]
        equal = pd.Series(paired, index=known.index)
    return known[equal | (known["index"] == index)].sort_values(["spikes", "index"], kind="stable")


def mcnemar(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Returns how likely chance alone makes two classifiers differ as much on the same samples: the exact p-value.

    Args:
        one: Which samples the first classified right, shape ``(N,)``.
        other: Which the second did.

    Example:
        >>> right = np.arange(100) < 90
        >>> mcnemar(right, right), round(mcnemar(right, np.arange(100) < 80), 4)
        (1.0, 0.002)
    """
    first, second = int((one & ~other).sum()), int((other & ~one).sum())
    if first + second == 0:
        return 1.0
    # Twice the shorter tail of a fair coin; scipy.stats says the same, and takes half a second to import.
    return min(1.0, 2 * float(special.bdtr(min(first, second), first + second, 0.5)))


def preferred(frame: pd.DataFrame, correct: Mapping[int, npt.NDArray[np.bool_]] | None = None) -> pd.Series:
    """Returns, of all candidates whose accuracy cannot be told from the chosen one's, the one with fewest spikes.

    What separates them in accuracy is chance; their spikes are real. One that breaks a constraint is not preferred to
    one that keeps it.

    Raises:
        ValueError: None was evaluated.
    """
    chosen = choose(frame)
    equal = indistinguishable(frame, int(chosen["index"]), correct)
    if "feasible" in equal and chosen["feasible"]:
        equal = equal[equal["feasible"]]
    return equal.iloc[0]
