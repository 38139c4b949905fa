"""What splits that come with the data must agree in with the others."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from autosnn_ray.data.readers.samples import Source
from autosnn_ray.errors import InvalidInputError


def check_given(name: str, source: Source, classes: int, *, apart: bool) -> None:
    """Refuses splits that come with the data and hold other classes than training, or groups of another split.

    Args:
        name: The data set's name, for errors.
        source: The splits.
        classes: How many classes training has.
        apart: Whether no group may stand in two splits.

    Raises:
        InvalidInputError: So it is.
    """
    parts = {"training": source.train, "validation": source.validation, "test": source.test}
    there = {part: samples for part, samples in parts.items() if samples is not None}
    for part, given in there.items():
        if len(given.y) == 0 or given.y.min() < 0 or given.y.max() >= classes:
            raise InvalidInputError(f"data set {name!r}: expected {part} samples of the classes 0 to {classes - 1}")
    for (part, first), (other, second) in combinations(there.items() if apart else (), 2):
        if first.groups is None or second.groups is None:
            continue
        shared = np.intersect1d(first.groups, second.groups)
        if len(shared):
            raise InvalidInputError(
                f"data set {name!r}: groups stand on both sides, in {part} and in {other}: {shared[:5].tolist()}"
            )


def check_number_types(name: str, types: Mapping[str, np.dtype[Any]]) -> None:
    """Refuses splits of different kinds of numbers, which would get different scales.

    Args:
        name: The data set's name, for errors.
        types: Of each split, the type of its numbers as given; of one kind they may be of any width, bytes aside.

    Raises:
        InvalidInputError: They differ.
    """
    kinds = {"bytes" if one == np.uint8 else one.kind.replace("u", "i") for one in types.values()}
    if len(kinds) > 1:
        told = ", ".join(f"{part} {one}" for part, one in types.items())
        raise InvalidInputError(
            f"data set {name!r}: expected numbers of one type in all splits, got {told}; bytes become 0 to 1 and all "
            "other numbers are taken as they are: bring them to one scale and type first"
        )
