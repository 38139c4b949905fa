"""Event data sets that have a name: where their recordings are, what class and group each has."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.cifar import CIFAR10_NAMES
from autosnn_ray.data.readers.event_files import aedat_2, aedat_3, aedat_4, gesture_array, nmnist_file
from autosnn_ray.data.readers.files import found, reading
from autosnn_ray.data.readers.recordings import Recording, samples_of
from autosnn_ray.data.readers.samples import Source, locate_layout, with_inner
from autosnn_ray.data.splits import split_off
from autosnn_ray.errors import InvalidInputError

_TEST_SHARE = 0.1
_TEST_SEED = 0
_DVS128 = (128, 128)


def read_cifar10_dvs(options: DataOptions) -> Source:
    """Reads CIFAR10-DVS: a folder of ``.aedat`` (or tonic's ``.aedat4``) a class.

    It has no test set. A tenth of each class, drawn once and for all whatever the seed, is taken for one: the share
    that AutoSNN and the field use.
    """
    folders = with_inner(options.folders("cifar10_dvs"), "CIFAR10DVS")
    layouts = {suffix: [f"{name}/*.{suffix}" for name in CIFAR10_NAMES] for suffix in ("aedat", "aedat4")}
    suffix, root = locate_layout("cifar10_dvs", folders, layouts)
    read = aedat_2 if suffix == "aedat" else aedat_4
    recordings = [
        Recording(path, y, read) for y, name in enumerate(CIFAR10_NAMES) for path in found(root / name, f"*.{suffix}")
    ]
    y = np.array([recording.y for recording in recordings])
    parts = split_off("cifar10_dvs", np.arange(len(y)), y, _TEST_SHARE, _TEST_SEED)
    train, test = (samples_of([recordings[row] for row in np.sort(part)], _DVS128, options) for part in parts)
    return Source(train, test, class_names=CIFAR10_NAMES)


def read_dvs128_gesture(options: DataOptions) -> Source:
    """Reads DVS128-Gesture: the recordings with their tables of gestures, or tonic's arrays, one a gesture.

    Its test users are others than those of training; each sample's group is its user, so that validation's can be too.
    """
    folders = with_inner(options.folders("dvs128_gesture"), "DvsGesture", "DVSGesture")
    layouts = {
        "aedat": ["trials_to_train.txt", "trials_to_test.txt", "*.aedat", "*_labels.csv"],
        "arrays": ["ibmGestureTrain/*/*.npy", "ibmGestureTest/*/*.npy"],
    }
    layout, root = locate_layout("dvs128_gesture", folders, layouts)
    if layout == "aedat":
        train, test = (_gestures(root / f"trials_to_{part}.txt") for part in ("train", "test"))
    else:
        train, test = (
            [
                Recording(path, _number(path.stem, path), gesture_array, group=_user(path.parent.name))
                for path in found(root, pattern)
            ]
            for pattern in layouts["arrays"]
        )
    return Source(samples_of(train, _DVS128, options), samples_of(test, _DVS128, options))


def read_nmnist(options: DataOptions) -> Source:
    """Reads N-MNIST: ``Train`` and ``Test`` with a folder of ``.bin`` files a digit."""
    folders = with_inner(options.folders("nmnist"), "NMNIST")
    patterns = ["Train/*/*.bin", "Test/*/*.bin"]
    _, root = locate_layout("nmnist", folders, {"bin": patterns})
    train, test = (
        samples_of(
            [Recording(path, _number(path.parent.name, path), nmnist_file) for path in found(root, pattern)],
            (34, 34),
            options,
        )
        for pattern in patterns
    )
    return Source(train, test)


def _gestures(trials: Path) -> list[Recording]:
    """Lists the gestures of the recordings that a file names."""
    with reading(trials, "a list of recordings that can be read"):
        names = trials.read_text(encoding="utf-8-sig").split()
    return [gesture for name in names for gesture in _table(trials.parent / name, trials.name)]


def _table(path: Path, trials: str) -> list[Recording]:
    labels = path.with_name(f"{path.stem}_labels.csv")
    wanted = f"a table of whole numbers class, startTime_usec, endTime_usec for {path.name}, which {trials} names"
    # Spreadsheets put a mark before the first name of a column.
    with reading(labels, wanted), labels.open(encoding="utf-8-sig", newline="") as file:
        rows = [{key.strip(): int(value) for key, value in row.items()} for row in csv.DictReader(file)]
        return [
            Recording(path, row["class"] - 1, aedat_3, row["startTime_usec"], row["endTime_usec"], _user(path.stem))
            for row in rows
        ]


def _user(name: str) -> str:
    """Returns who made the gestures of ``user01_fluorescent``."""
    return name.split("_")[0]


def _number(text: str, path: Path) -> int:
    if not text.isdecimal():
        raise InvalidInputError(f"{path}: expected a class as a number, got {text!r}")
    return int(text)
