"""What a reader gives: classes at once, frames by row when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.readers.files import DamagedFileError, archives, found
from autosnn_ray.errors import InvalidInputError

Rows = npt.NDArray[np.int64]

OnRead = Callable[[int, int], None]
"""Is told how many samples have been read, and how many there are in all."""


@dataclass
class Reading:
    """One pass over some rows: what is done about a damaged file, and who is told how far it has come.

    Attributes:
        skip_damaged: Whether a damaged file is left out; else its error is raised.
        on_read: Is told after each sample.
        total: Samples to read in all.
        done: How many have been read, or left out.
        skipped: Rows that were left out, with the error of each.
    """

    skip_damaged: bool = False
    on_read: OnRead | None = None
    total: int = 0
    done: int = 0
    skipped: dict[int, str] = field(default_factory=dict)

    def step(self) -> None:
        """Counts one sample."""
        self.done += 1
        if self.on_read is not None:
            self.on_read(self.done, self.total)

    def damaged(self, row: int, error: DamagedFileError) -> None:
        """Leaves a row out, or raises its error."""
        if not self.skip_damaged:
            raise error
        self.skipped[int(row)] = str(error)


@dataclass(frozen=True)
class Samples:
    """Samples of one part of a data set.

    Attributes:
        y: Classes, int64, shape ``(N,)``.
        read: Gives the frames of some rows, shape ``(n, C, H, W)`` or ``(n, T, C, H, W)``: bytes 0 to 255 (of
            event data: counts), or floats that are taken as they are. Only what is asked for is decoded. Rows that
            the reading has skipped are not among them.
        groups: Whom or what each sample is of, shape ``(N,)``; None where that is not known.
        given_as: Type of the numbers as they were given, in which splits must agree, since it says their scale; that of
            the frames where None.
    """

    y: npt.NDArray[np.int64]
    read: Callable[[Rows, Reading], npt.NDArray[Any]]
    groups: npt.NDArray[Any] | None = None
    given_as: np.dtype[Any] | None = None

    @classmethod
    def of_arrays(cls, x: npt.NDArray[Any], y: npt.NDArray[Any], groups: npt.NDArray[Any] | None = None) -> Samples:
        """Wraps arrays in memory; frames ``(N, H, W)`` are read as one channel."""
        frames = x[:, None] if x.ndim == 3 else x
        return cls(y.astype(np.int64), lambda rows, _: frames[rows], groups)


@dataclass(frozen=True)
class Source:
    """A data set as it is published.

    Attributes:
        train: What is split into training and validation; into test too where there is no test set.
        test: The official test set; None where there is none.
        validation: The validation set that comes with it; None where there is none.
        class_names: What its classes are called, in their order; empty where that is not known.
        grey_among_coloured: Whether a split of one channel beside one of three is grey images, which are as well
            coloured ones.
    """

    train: Samples
    test: Samples | None = None
    validation: Samples | None = None
    class_names: tuple[str, ...] = ()
    grey_among_coloured: bool = False


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
    partly = ""
    for folder in folders:
        places = [next((p for e in endings if (p := folder / f"{file}{e}").exists()), None) for file in files]
        if all(path is not None for path in places):
            return [path for path in places if path is not None]
        if any(path is not None for path in places):
            partly = partly or _some(folder, [f for f, path in zip(files, places, strict=True) if path is None])
    wanted = f"{', '.join(files)}{f' (or ending in {endings[-1]})' if len(endings) > 1 else ''}"
    raise _missing(name, folders, wanted, partly)


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
    partly = ""
    for folder in folders:
        for layout, patterns in layouts.items():
            missing = [pattern for pattern in patterns if not found(folder, pattern)]
            if not missing:
                return layout, folder
            if len(missing) < len(patterns):
                partly = partly or _some(folder, missing)
    raise _missing(name, folders, "; or ".join(", ".join(patterns) for patterns in layouts.values()), partly)


def with_inner(folders: Sequence[Path], *inner: str) -> list[Path]:
    """Lists folders, each with the ones in it that an archive unpacks to."""
    return [place for folder in folders for place in (folder, *(folder / name for name in inner))]


def _some(folder: Path, missing: Sequence[str]) -> str:
    return f". {folder} holds some of them; missing there: {', '.join(missing)}"


def _missing(name: str, folders: Sequence[Path], wanted: str, partly: str) -> InvalidInputError:
    packed = archives(folders)
    unpack = f". Not unpacked yet: {', '.join(packed[:5])}" if packed and not partly else ""
    return InvalidInputError(
        f"data set {name!r}: nothing is downloaded; expected the files {wanted} in one of these folders: "
        f"{', '.join(map(str, folders))}{partly}{unpack}. Put them there, or say where they are (data folder)"
    )
