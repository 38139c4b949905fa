"""Loads a data set by name: finds it, splits it by seed, and brings its frames into the form networks take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autosnn_ray.data.dataset import Dataset, Split, checked_classes
from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.images import read_image_folder
from autosnn_ray.data.readers.npz import read_npz
from autosnn_ray.data.readers.samples import Rows, Samples, Source
from autosnn_ray.data.registry import DATASETS, DatasetEntry
from autosnn_ray.data.resize import fit_size
from autosnn_ray.data.splits import part_of, split_off
from autosnn_ray.errors import InvalidInputError, unknown_name

VALIDATION_SHARE = 0.2
TEST_SHARE = 0.2


def load_dataset(
    name: str,
    *,
    seed: int = 0,
    folder: str | Path | None = None,
    size: tuple[int, int] | None = None,
    train_samples: int | None = None,
    validation_samples: int | None = None,
    test_samples: int | None = None,
    augmentation: str | None = None,
    frames: int | None = None,
    frames_by: str | None = None,
) -> Dataset:
    """Loads a data set by name, or from files of your own.

    An official test set stays the test split; a fifth of the training set, drawn by class and seed, validates.
    Where there is no test set, a fifth of all samples is split off first.

    Args:
        name: Key of ``DATASETS``, the path of a ``.npz`` file with ``x`` and ``y``, or of a folder of images with
            a folder for each class.
        seed: What the splits, and parts of them, are drawn from.
        folder: Where the files are; ``data/NAME`` and the usual places where None.
        size: Height and width to bring frames to, pixels; as they are where None.
        train_samples: How many training samples to keep, each class in the same share; all where None.
        validation_samples: The same of validation.
        test_samples: The same of test.
        augmentation: Key of ``AUGMENTATIONS``, or several joined by ``+``; the data set's own where None.
        frames: Frames that a recording of events is cut into, T, the network's time steps; 4 where None.
        frames_by: How: ``count``, equally many events a frame, or ``time``, equally long; by count where None.

    Returns:
        The data set with its three splits.

    Raises:
        InvalidInputError: No such data set, its files are missing or damaged, or a part is larger than the whole.

    Example:
        >>> data = load_dataset("digits", train_samples=100)
        >>> len(data.train), len(data.validation), len(data.test), data.classes
        (100, 360, 360, 10)
    """
    options = DataOptions(
        folder=None if folder is None else str(folder),
        size=size,
        train_samples=train_samples,
        validation_samples=validation_samples,
        test_samples=test_samples,
        augmentation=augmentation,
        frames=frames,
        frames_by=frames_by,
    )
    return _load(name, seed, options)


def load_described(description: Mapping[str, Any], folder: str | Path | None = None) -> Dataset:
    """Loads a data set again, from what ``Dataset.describe`` said of it.

    Args:
        description: Holds name, seed and options.
        folder: Where its files are now; where they were before, if None.

    Returns:
        The data set; whether its samples are still the same, its checksum says.
    """
    options = dict(description.get("options", {}))
    if folder is not None:
        options["folder"] = str(folder)
    return _load(str(description["name"]), int(description["seed"]), DataOptions.from_dict(options))


def _load(name: str, seed: int, options: DataOptions) -> Dataset:
    entry = _entry(name)
    if not entry.is_events and (options.frames is not None or options.frames_by is not None):
        raise InvalidInputError(f"frames, frames_by: expected for event data sets alone, and {name!r} is none")
    source = entry.read(options)
    classes = len(np.unique(checked_classes(name, source.train.y)))
    parts = _parts(name, source, classes, seed, options)
    splits = [_split(name, samples, rows, entry, options.size) for samples, rows in parts]
    return Dataset(
        name=name,
        classes=classes,
        train=splits[0],
        validation=splits[1],
        test=splits[2],
        augmentation=options.augmentation or entry.augmentation,
        seed=seed,
        options=options.to_dict(),
        black=tuple(-mean / deviation for mean, deviation in zip(entry.mean, entry.deviation, strict=True)),
    )


def _entry(name: str) -> DatasetEntry:
    if name in DATASETS:
        return DATASETS[name]
    if name.endswith(".npz"):
        return DatasetEntry(lambda _: read_npz(Path(name)), "arrays of your own")
    if Path(name).is_dir():
        return DatasetEntry(lambda options: read_image_folder(Path(name), options.size), "images of your own")
    hint = "Or give the path of a .npz file with x and y, or of a folder with a folder of images for each class."
    raise unknown_name("data set", name, DATASETS, hint)


def _parts(
    name: str, source: Source, classes: int, seed: int, options: DataOptions
) -> tuple[tuple[Samples, Rows], tuple[Samples, Rows], tuple[Samples, Rows]]:
    """Says which rows of which samples train, validate and test."""
    rows = np.arange(len(source.train.y))
    share = VALIDATION_SHARE
    tested = source.test
    if tested is None:
        rows, test = split_off(name, rows, source.train.y, TEST_SHARE, seed)
        tested, share = source.train, share / (1 - TEST_SHARE)
    else:
        test = np.arange(len(tested.y))
        if len(test) == 0 or tested.y.min() < 0 or tested.y.max() >= classes:
            raise InvalidInputError(f"data set {name!r}: expected test samples of the classes 0 to {classes - 1}")
    train, validation = split_off(name, rows, source.train.y, share, seed)
    return (
        (source.train, part_of(name, train, source.train.y, options.train_samples, seed)),
        (source.train, part_of(name, validation, source.train.y, options.validation_samples, seed)),
        (tested, part_of(name, test, tested.y, options.test_samples, seed)),
    )


def _split(name: str, samples: Samples, rows: Rows, entry: DatasetEntry, size: tuple[int, int] | None) -> Split:
    rows = np.sort(rows)
    y = torch.from_numpy(samples.y[rows])
    if entry.is_events:
        return Split(torch.from_numpy(samples.read(rows)), y)
    x = _frames(name, samples.read(rows))
    x = x if size is None else fit_size(x, size)
    if entry.mean:
        mean, deviation = (torch.tensor(values)[:, None, None] for values in (entry.mean, entry.deviation))
        x = (x - mean) / deviation
    return Split(x, y)


def _frames(name: str, raw: npt.NDArray[Any]) -> Tensor:
    """Returns frames as float32; bytes become 0 to 1."""
    x = torch.from_numpy(raw.astype(np.float32))
    if raw.dtype == np.uint8:
        return x.div_(255)
    if not x.isfinite().all():
        raise InvalidInputError(f"data set {name!r}: x holds values that are not finite; remove or replace them")
    return x
