"""Arrays of your own in one ``.npz`` file: ``x`` and ``y``, and those of the other splits where there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt

from autosnn_ray.data.readers.arrays import checked_names, checked_samples
from autosnn_ray.data.readers.files import read_arrays
from autosnn_ray.data.readers.samples import Samples, Source
from autosnn_ray.errors import InvalidInputError

_SUFFIXES = {"train": "", "validation": "_val", "test": "_test"}
_NAMES = [f"{name}{suffix}" for suffix in _SUFFIXES.values() for name in ("x", "y", "groups")]


def read_npz(path: Path, as_before: bool = False) -> Source:
    """Reads a ``.npz`` file; nothing is unpickled.

    Args:
        path: Holds frames ``x`` and classes ``y``; ``x_val`` and ``y_val`` where validation is given, ``x_test`` and
            ``y_test`` where a test set is; ``groups`` (and ``groups_val``, ``groups_test``), one a sample, where
            samples of one group must not stand on both sides; ``class_names`` where classes have names.
        as_before: Without validation, groups and names, which earlier versions did not see.

    Raises:
        InvalidInputError: No such file, not ``.npz``, an array missing, unknown, or of no shape or type that fits.
    """
    names = ["x", "y", "x_test", "y_test"] if as_before else [*_NAMES, "class_names"]
    arrays = read_arrays(path, names, others_are_refused=not as_before)
    parts = {part: _part(path, arrays, suffix) for part, suffix in _SUFFIXES.items()}
    train = parts["train"]
    if train is None:
        raise InvalidInputError(f"{path}: expected arrays x and y (and x_test, y_test); missing: ['x', 'y']")
    return Source(train, parts["test"], parts["validation"], checked_names(str(path), arrays.get("class_names", ())))


def _part(path: Path, arrays: dict[str, npt.NDArray[Any]], suffix: str) -> Samples | None:
    given = {name: arrays.get(f"{name}{suffix}") for name in ("x", "y", "groups")}
    if all(array is None for array in given.values()):
        return None
    missing = [f"{name}{suffix}" for name in ("x", "y") if given[name] is None]
    if missing:
        raise InvalidInputError(f"{path}: expected arrays x and y (and x_test, y_test); missing: {missing}")
    return checked_samples(str(path), *given.values(), called=lambda name: f"{name}{suffix}")
