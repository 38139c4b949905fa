"""Rows of splits: by class, by seed."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.stratified import Rows, stratified_split
from autosnn_ray.errors import InvalidInputError

_SEEDS = 2**32
"""How many seeds NumPy's generator takes that splits are drawn by."""


def check_seed(seed: object) -> None:
    """Refuses what splits cannot be drawn from.

    Raises:
        InvalidInputError: No whole number, or one out of range.
    """
    if type(seed) is not int or not 0 <= seed < _SEEDS:
        raise InvalidInputError(f"seed: expected a whole number from 0 to {_SEEDS - 1}, got {seed!r}")


def check_shares(**shares: float) -> None:
    """Refuses shares that leave a split empty.

    Raises:
        InvalidInputError: A share is not between 0 and 1, or all of them leave nothing for training.
    """
    are_numbers = all(isinstance(share, int | float) and 0 < share < 1 for share in shares.values())
    if are_numbers and sum(shares.values()) < 1:
        return
    given = ", ".join(f"{name} {share!r}" for name, share in shares.items())
    raise InvalidInputError(f"expected shares above 0 that leave some for training, got {given}")


def split_off(name: str, rows: Rows, y: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Splits rows in two, each class in the same share, to rounding.

    Args:
        name: The data set's name, for the error.
        rows: Rows to split.
        y: Classes of all samples, shape ``(N,)``.
        share: Share of ``rows`` that is split off, or how many where it is a whole number.
        seed: What the split is drawn from.

    Returns:
        What stays, and what was split off, in the order drawn.

    Raises:
        InvalidInputError: Too few samples of some class.
    """
    try:
        return stratified_split(rows, y[rows], share, seed)
    except ValueError as error:
        raise InvalidInputError(f"data set {name!r}: too few samples of some class to split: {error}") from error


def split_off_groups(
    name: str, rows: Rows, y: Rows, groups: npt.NDArray[Any], share: float, seed: int
) -> tuple[Rows, Rows]:
    """Splits rows in two, no group on both sides, each class in as equal a share as the groups allow.

    Args:
        name: The data set's name, for the error.
        rows: Rows to split.
        y: Classes of all samples, shape ``(N,)``.
        groups: Group of each, shape ``(N,)``.
        share: Share of ``rows`` that is split off, as nearly as groups allow.
        seed: What the split is drawn from.

    Returns:
        What stays, and what was split off.

    Raises:
        InvalidInputError: Fewer than two groups.
    """
    # scikit-learn takes over a second to import: only who splits groups pays for it.
    from sklearn.model_selection import StratifiedGroupKFold

    there = np.unique(groups[rows])
    if len(there) < 2:
        raise InvalidInputError(f"data set {name!r}: expected two groups or more to split, got {there.tolist()}")
    folds = StratifiedGroupKFold(min(max(2, round(1 / share)), len(there)), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Of classes with few samples: they are counted, and said, when all is split.
        warnings.simplefilter("ignore", UserWarning)
        try:
            parts = list(folds.split(rows, y[rows], groups[rows]))
        except ValueError as error:
            raise InvalidInputError(f"data set {name!r}: too few samples of some class to split: {error}") from error
    kept, off = min(parts, key=lambda part: abs(len(part[1]) - share * len(rows)))
    return rows[kept], rows[off]


def part_of(name: str, rows: Rows, y: Rows, count: int | None, seed: int) -> Rows:
    """Takes ``count`` of some rows, each class in the same share; all of them where None.

    Raises:
        InvalidInputError: More than there are, or too few to have one of each class.
    """
    if count is None or count == len(rows):
        return rows
    if not 0 < count < len(rows):
        raise InvalidInputError(f"data set {name!r}: expected a part of 1 to {len(rows)} samples, got {count}")
    return split_off(name, rows, y, len(rows) - count, seed)[0]


def check_count(name: str, count: int | None, most: int) -> None:
    """Refuses a number of samples to use, where it is not None, which stands for all.

    Raises:
        InvalidInputError: None at all, or more than there are.
    """
    if count is not None and not 0 < count <= most:
        raise InvalidInputError(f"{name}: expected 1 to {most}, got {count}")
