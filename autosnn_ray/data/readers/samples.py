"""What a reader gives: classes at once, frames by row when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.errors import InvalidInputError

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Samples:
    """Samples of one part of a data set.

    Attributes:
        y: Classes, int64, shape ``(N,)``.
        read: Gives the frames of some rows, shape ``(n, C, H, W)`` or ``(n, T, C, H, W)``: bytes 0 to 255 (of
            event data: counts), or floats that are taken as they are. Only what is asked for is decoded.
    """

    y: npt.NDArray[np.int64]
    read: Callable[[Rows], npt.NDArray[Any]]

    @classmethod
    def of_arrays(cls, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> Samples:
        """Wraps arrays in memory; frames ``(N, H, W)`` are read as one channel."""
        frames = x[:, None] if x.ndim == 3 else x
        return cls(y.astype(np.int64), lambda rows: frames[rows])


@dataclass(frozen=True)
class Source:
    """A data set as it is published.

    Attributes:
        train: What is split into training and validation; into test too where there is no test set.
        test: The official test set; None where there is none.
    """

    train: Samples
    test: Samples | None = None


def locate(name: str, folders: Sequence[Path], files: Sequence[str], endings: Sequence[str] = ("",)) -> list[Path]:
    """Finds all files of a data set in the first folder that holds them.

    Args:
        name: The data set's name, for the error.
        folders: Where to look, in this order.
        files: Names relative to a folder, all of them needed.
        endings: What a name may end in besides, such as ``.gz``.

    Returns:
        The files, in the order of ``files``.

    Raises:
        InvalidInputError: No folder holds them all; the text says which files are expected where.
    """
    for folder in folders:
        found = [next((p for e in endings if (p := folder / f"{file}{e}").exists()), None) for file in files]
        if all(path is not None for path in found):
            return [path for path in found if path is not None]
    wanted = f"{', '.join(files)}{f' (or ending in {endings[-1]})' if len(endings) > 1 else ''}"
    raise _missing(name, folders, wanted)


def locate_layout(name: str, folders: Sequence[Path], layouts: Mapping[str, Sequence[str]]) -> tuple[str, Path]:
    """Finds the first folder that holds a data set in one of the forms it is distributed in.

    Args:
        name: The data set's name, for the error.
        folders: Where to look, in this order.
        layouts: For each form the patterns (``Train/*/*.bin``) that must each fit a file.

    Returns:
        The form and the folder.

    Raises:
        InvalidInputError: No folder holds any; the text says which files are expected where.
    """
    for folder in folders:
        for layout, patterns in layouts.items():
            if all(next(folder.glob(pattern), None) is not None for pattern in patterns):
                return layout, folder
    raise _missing(name, folders, "; or ".join(", ".join(patterns) for patterns in layouts.values()))


def with_inner(folders: Sequence[Path], *inner: str) -> list[Path]:
    """Lists folders, each with the ones in it that an archive unpacks to."""
    return [place for folder in folders for place in (folder, *(folder / name for name in inner))]


def _missing(name: str, folders: Sequence[Path], wanted: str) -> InvalidInputError:
    return InvalidInputError(
        f"data set {name!r}: nothing is downloaded; expected the files {wanted} in one of these folders: "
        f"{', '.join(map(str, folders))}. Put them there, or say where they are (data folder)"
    )
