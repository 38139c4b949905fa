"""Event data sets: where their recordings are, what class each has, and their frames."""

from __future__ import annotations

import csv
import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.event_files import (
    Events,
    ReadEvents,
    aedat_2,
    aedat_3,
    aedat_4,
    gesture_array,
    import_tonic,
    nmnist_file,
    read_events,
)
from autosnn_ray.data.readers.frames import Cutting, Frames, cache_folder, keep, read_kept
from autosnn_ray.data.readers.samples import Rows, Samples, Source, locate_layout, with_inner
from autosnn_ray.data.splits import split_off
from autosnn_ray.errors import InvalidInputError

DEFAULT_FRAMES = 4
DEFAULT_FRAMES_BY = "count"
_TEST_SHARE = 0.1
_TEST_SEED = 0


@dataclass(frozen=True)
class Recording:
    """A sample on the disk.

    Attributes:
        path: The file.
        y: Its class.
        read: Reads the file's format.
        start: Where in the file the sample begins, microseconds; None for all of the file.
        end: Where it ends.
    """

    path: Path
    y: int
    read: ReadEvents
    start: int | None = None
    end: int | None = None


def read_cifar10_dvs(options: DataOptions) -> Source:
    """Reads CIFAR10-DVS: a folder of ``.aedat`` (or tonic's ``.aedat4``) a class.

    It has no test set. A tenth of each class, drawn once and for all whatever the seed, is taken for one: the share
    that AutoSNN and the field use.
    """
    folders = with_inner(options.folders("cifar10_dvs"), "CIFAR10DVS")
    classes: dict[str, int] = import_tonic().datasets.CIFAR10DVS.classes
    layouts = {suffix: [f"{name}/*.{suffix}" for name in classes] for suffix in ("aedat", "aedat4")}
    suffix, root = locate_layout("cifar10_dvs", folders, layouts)
    read = aedat_2 if suffix == "aedat" else aedat_4
    recordings = [
        Recording(path, y, read) for name, y in classes.items() for path in sorted((root / name).glob(f"*.{suffix}"))
    ]
    y = np.array([recording.y for recording in recordings])
    parts = split_off("cifar10_dvs", np.arange(len(y)), y, _TEST_SHARE, _TEST_SEED)
    train, test = ([recordings[row] for row in np.sort(part)] for part in parts)
    return _source(train, test, (128, 128), options)


def read_dvs128_gesture(options: DataOptions) -> Source:
    """Reads DVS128-Gesture: the recordings with their tables of gestures, or tonic's arrays, one a gesture."""
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
            [Recording(path, _number(path.stem, path), gesture_array) for path in sorted(root.glob(pattern))]
            for pattern in layouts["arrays"]
        )
    return _source(train, test, (128, 128), options)


def read_nmnist(options: DataOptions) -> Source:
    """Reads N-MNIST: ``Train`` and ``Test`` with a folder of ``.bin`` files a digit."""
    folders = with_inner(options.folders("nmnist"), "NMNIST")
    patterns = ["Train/*/*.bin", "Test/*/*.bin"]
    _, root = locate_layout("nmnist", folders, {"bin": patterns})
    train, test = (
        [Recording(path, _number(path.parent.name, path), nmnist_file) for path in sorted(root.glob(pattern))]
        for pattern in patterns
    )
    return _source(train, test, (34, 34), options)


def _gestures(trials: Path) -> list[Recording]:
    """Lists the gestures of the recordings that a file names."""
    recordings = []
    for line in trials.read_text(encoding="utf-8").split():
        path = trials.parent / line
        labels = path.with_name(f"{path.stem}_labels.csv")
        try:
            with labels.open(encoding="utf-8", newline="") as file:
                rows = [{key: int(value) for key, value in row.items()} for row in csv.DictReader(file)]
            found = [
                Recording(path, row["class"] - 1, aedat_3, row["startTime_usec"], row["endTime_usec"]) for row in rows
            ]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInputError(
                f"{labels}: expected a table of whole numbers class, startTime_usec, endTime_usec for "
                f"{path.name}, which {trials.name} names: {type(error).__name__}: {error}"
            ) from error
        recordings += found
    return recordings


def _number(text: str, path: Path) -> int:
    if not text.isdecimal():
        raise InvalidInputError(f"{path}: expected a class as a number, got {text!r}")
    return int(text)


def _source(
    train: Sequence[Recording], test: Sequence[Recording], sensor: tuple[int, int], options: DataOptions
) -> Source:
    cutting = Cutting(
        sensor,
        options.frames or DEFAULT_FRAMES,
        options.frames_by or DEFAULT_FRAMES_BY,
        options.size or sensor,
    )

    def samples(recordings: Sequence[Recording]) -> Samples:
        y = np.array([recording.y for recording in recordings], dtype=np.int64)
        return Samples(y, _Reader(recordings, cutting))

    return Source(samples(train), samples(test))


class _Reader:
    """Gives frames of recordings: kept ones where there are any, else cut and kept."""

    def __init__(self, recordings: Sequence[Recording], cutting: Cutting) -> None:
        self._recordings, self._cutting, self._folder = recordings, cutting, cache_folder()
        self._checksums: dict[Path, str] = {}
        self._last: tuple[Path, Events] | None = None

    def __call__(self, rows: Rows) -> Frames:
        """Returns frames ``(n, T, 2, H, W)``, in memory that the system may write out to the disk and read back."""
        out = _spilled(self._folder, (len(rows), *self._cutting.shape))
        for position, row in enumerate(rows):
            out[position] = self._frames(self._recordings[row])
        self._last = None
        return out

    def _frames(self, recording: Recording) -> Frames:
        key = self._cutting.key(f"{self._checksum(recording.path)} {recording.start} {recording.end}")
        frames = read_kept(self._folder, key, self._cutting.shape)
        if frames is None:
            try:
                frames = self._cutting.cut(self._events(recording))
            except (InvalidInputError, IndexError) as error:
                raise InvalidInputError(f"{recording.path}: {error}") from error
            keep(self._folder, key, frames)
        return frames

    def _events(self, recording: Recording) -> Events:
        # Gestures of one file come one after the other: it is read once for them all.
        if self._last is None or self._last[0] != recording.path:
            self._last = (recording.path, read_events(recording.path, recording.read))
        events = self._last[1]
        if recording.start is None or recording.end is None:
            return events
        first, last = np.searchsorted(events["t"], [recording.start, recording.end])
        return events[first:last]

    def _checksum(self, path: Path) -> str:
        if path not in self._checksums:
            try:
                with path.open("rb") as file:
                    self._checksums[path] = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                raise InvalidInputError(f"{path}: cannot be read: {error.strerror or error}") from error
        return self._checksums[path]


def _spilled(folder: Path, shape: tuple[int, ...]) -> Frames:
    """Makes an array on a file without a name: it takes no memory that is needed elsewhere, and leaves nothing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            # Reserved now: a full disk is an error here, and would be a dead process later.
            os.posix_fallocate(file.fileno(), 0, int(np.prod(shape)))
            return np.memmap(file, dtype=np.uint8, mode="r+", shape=shape)
    except OSError as error:
        raise InvalidInputError(
            f"{folder}: frames of event data need {np.prod(shape) / 1e9:.1f} GB here: {error.strerror or error}; "
            "set XDG_CACHE_HOME to a folder with room, or take fewer samples or frames"
        ) from error
