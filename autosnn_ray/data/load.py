"""Loads a data set by name: finds it, splits it by seed, and brings its frames into the form networks take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autosnn_ray.data.build import Plan, build
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.samples import OnRead
from autosnn_ray.data.registry import DATASETS, find_entry
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.plugins import every


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
    sensor: tuple[int, int] | None = None,
    validation_by: str | None = None,
    skip_damaged: bool = False,
    on_read: OnRead | None = None,
) -> Dataset:
    """Loads a data set by name, or from files of your own.

    Test and validation sets that come with the data stay what they are. Where there is no validation set, a fifth of
    the training set, drawn by class and seed, validates; where there is no test set, a fifth of all samples is split
    off first. Where groups are known (who made the gesture), none stands on both sides of a split that is drawn.

    Args:
        name: Key of ``DATASETS``, the path of a ``.npz`` file with ``x`` and ``y``, or of a folder of images, or of
            recordings of events, with a folder for each class.
        seed: What the splits, and parts of them, are drawn from.
        folder: Where the files are; ``data/NAME`` and the usual places where None.
        size: Height and width to bring frames to, pixels; as they are where None.
        train_samples: How many training samples to keep, each class in the same share; all where None.
        validation_samples: The same of validation.
        test_samples: The same of test.
        augmentation: Key of ``AUGMENTATIONS``, or several joined by ``+``; the data set's own where None.
        frames: Frames that a recording of events is cut into, T, the network's time steps; 4 where None.
        frames_by: How: ``count``, equally many events a frame, or ``time``, equally long; by count where None.
        sensor: Width and height of the camera, pixels, for recordings of your own whose files do not say it.
        validation_by: ``given``, ``groups`` or ``samples``; the first of them that the data allow where None.
        skip_damaged: Leaves files out that cannot be read, and lists them in ``Dataset.skipped``.
        on_read: Is told how many samples have been read, and how many there are: recordings take a while to cut.

    Returns:
        The data set with its three splits.

    Raises:
        InvalidInputError: No such data set, its files are missing or damaged, or a part is larger than the whole.

    Warns:
        MissingClassWarning: A split has no sample of some class.
        SkippedFilesWarning: Files were left out, as asked for.

    Example:
        >>> data = load_dataset("digits", train_samples=100)
        >>> len(data.train), len(data.validation), len(data.test), data.classes
        (100, 360, 360, 10)
    """
    options = DataOptions(
        folder=None if folder is None else str(Path(folder).resolve()),
        size=size,
        train_samples=train_samples,
        validation_samples=validation_samples,
        test_samples=test_samples,
        augmentation=augmentation,
        frames=frames,
        frames_by=frames_by,
        sensor=sensor,
        validation_by=validation_by,
        skip_damaged=skip_damaged,
    )
    return _load(name, seed, options, on_read)


def load_described(
    description: Mapping[str, Any], folder: str | Path | None = None, *, on_read: OnRead | None = None
) -> Dataset:
    """Loads a data set again, from what ``Dataset.describe`` said of it.

    Args:
        description: Holds name, seed and options. Where they say nothing of how validation was split off, it is as
            earlier versions did.
        folder: Where its files are now, or for data of one's own the file or folder itself; where they were before, if
            None.
        on_read: Is told how many samples have been read, and how many there are.

    Returns:
        The data set; whether its samples are still the same, its checksum says.
    """
    options, name = dict(description.get("options", {})), str(description["name"])
    if folder is not None and name in every(DATASETS):
        options["folder"] = str(Path(folder).resolve())
    elif folder is not None:
        name = str(folder)
    return _load(name, int(description["seed"]), DataOptions.from_dict(options), on_read)


def _load(name: str, seed: int, options: DataOptions, on_read: OnRead | None) -> Dataset:
    entry = find_entry(name)
    if not entry.is_events and (options.frames is not None or options.frames_by is not None):
        raise InvalidInputError(f"frames, frames_by: expected for event data sets alone, and {name!r} is none")
    if not (entry.is_events and entry.own) and options.sensor is not None:
        raise InvalidInputError(f"sensor: expected for recordings of events of your own alone, and {name!r} is none")
    plan = Plan(name, seed, options, mean=entry.mean, deviation=entry.deviation)
    built = build(entry.read(options), plan, on_read)
    if options.validation_by is None and (entry.own or built.validation_by != "samples"):
        options = replace(options, validation_by=built.validation_by)
    return Dataset(
        # Found again from any working folder.
        name=name if name in DATASETS else str(Path(name).resolve()),
        classes=built.classes,
        train=built.splits["train"],
        validation=built.splits["validation"],
        test=built.splits["test"],
        augmentation=options.augmentation or entry.augmentation,
        seed=seed,
        options=options.to_dict(),
        black=tuple(-mean / deviation for mean, deviation in zip(entry.mean, entry.deviation, strict=True)),
        class_names=built.class_names,
        skipped=built.skipped,
    )
