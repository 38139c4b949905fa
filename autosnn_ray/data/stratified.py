"""Draws a part of some rows, each class in the same share."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


def stratified_split(rows: Rows, y: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Splits rows in two as scikit-learn's ``train_test_split(…, stratify=y)`` does, to the last row.

    Runs rest on these splits: they stay what they are whatever scikit-learn does next. And it need not be imported,
    which takes more than a second.

    Args:
        rows: Rows to split, shape ``(N,)``.
        y: Class of each, shape ``(N,)``.
        share: Share that is split off, or how many where it is a whole number.
        seed: What the split is drawn from.

    Returns:
        What stays, and what was split off, in the order drawn.

    Raises:
        ValueError: A class with one sample, or fewer on either side than there are classes.

    Example:
        >>> kept, off = stratified_split(np.arange(6), np.array([0, 0, 0, 1, 1, 1]), 2, seed=0)
        >>> kept.tolist(), off.tolist()
        ([2, 5, 1, 3], [0, 4])
    """
    classes, which, counts = np.unique(y, return_inverse=True, return_counts=True)
    off = share if isinstance(share, int) else math.ceil(share * len(rows))
    kept = len(rows) - off
    if counts.min(initial=2) < 2:
        raise ValueError(f"one sample alone in each of the classes {classes[counts < 2].tolist()}, expected two")
    if min(kept, off) < len(classes):
        raise ValueError(f"{kept} and {off} samples for {len(classes)} classes, expected one of each on either side")
    # Of the older kind, as the splits have been drawn from the first: NumPy keeps what it gives for ever.
    random = np.random.RandomState(seed)
    kept_counts = _shares(counts, kept, random)
    off_counts = _shares(counts - kept_counts, off, random)
    parts: tuple[list[int], list[int]] = ([], [])
    for number, count in enumerate(counts):
        own = np.flatnonzero(which == number)[random.permutation(count)]
        parts[0].extend(own[: kept_counts[number]])
        parts[1].extend(own[kept_counts[number] : kept_counts[number] + off_counts[number]])
    return rows[random.permutation(parts[0])], rows[random.permutation(parts[1])]


def _shares(counts: npt.NDArray[np.int64], draws: int, random: np.random.RandomState) -> npt.NDArray[np.int64]:
    """Returns how many of each class are drawn: its share rounded down, and the rest to the largest remainders."""
    exact = counts / counts.sum() * draws
    found = np.floor(exact)
    remainder, missing = exact - found, int(draws - found.sum())
    for value in np.unique(remainder)[::-1]:
        if missing <= 0:
            break
        (equal,) = np.where(remainder == value)
        chosen = random.choice(equal, size=min(len(equal), missing), replace=False)
        found[chosen] += 1
        missing -= len(chosen)
    whole: npt.NDArray[np.int64] = found.astype(np.int64)
    return whole
