"""Recordings on the disk as samples: their frames are cut the first time, and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.event_files import Events, ReadEvents, read_events, read_sensor
from autosnn_ray.data.readers.files import DamagedFileError, reading
from autosnn_ray.data.readers.frames import Cutting, Frames
from autosnn_ray.data.readers.kept import cache_folder, copy_kept, keep, room_for
from autosnn_ray.data.readers.samples import Reading, Rows, Samples
from autosnn_ray.errors import InvalidInputError

DEFAULT_FRAMES = 4
DEFAULT_FRAMES_BY = "count"


@dataclass(frozen=True)
class Recording:
    """A sample on the disk.

    Attributes:
        path: The file.
        y: Its class.
        read: Reads the file's format.
        start: Where in the file the sample begins, microseconds; None for all of the file.
        end: Where it ends.
        group: Whom or what it is of; None where that is not known.
    """

    path: Path
    y: int
    read: ReadEvents
    start: int | None = None
    end: int | None = None
    group: str | None = None


def samples_of(
    recordings: Sequence[Recording], sensor: tuple[int, int], options: DataOptions, *, check_sensor: bool = False
) -> Samples:
    """Makes samples of recordings.

    Args:
        recordings: One a sample.
        sensor: Height and width of the camera, pixels.
        options: Say into how many frames of which size they are cut, and how.
        check_sensor: Whether a file that says its sensor must say this one.
    """
    cutting = Cutting(
        sensor, options.frames or DEFAULT_FRAMES, options.frames_by or DEFAULT_FRAMES_BY, options.size or sensor
    )
    y = np.array([recording.y for recording in recordings], dtype=np.int64)
    known = all(recording.group is not None for recording in recordings)
    groups = np.array([recording.group for recording in recordings]) if known else None
    return Samples(y, _Reader(recordings, cutting, check_sensor), groups)


class _Reader:
    """Gives frames of recordings: kept ones where there are any, else cut and kept."""

    def __init__(self, recordings: Sequence[Recording], cutting: Cutting, check_sensor: bool) -> None:
        self._recordings, self._cutting, self._folder = recordings, cutting, cache_folder()
        self._check_sensor = check_sensor
        self._checksums: dict[Path, str] = {}
        self._last: tuple[Path, Events] | None = None

    def __call__(self, rows: Rows, reading: Reading) -> Frames:
        """Returns frames ``(n, T, 2, H, W)``, in memory that the system may write out to the disk and read back."""
        shape = self._cutting.shape
        size = int(np.prod(shape))
        read = 0
        with room_for(self._folder, len(rows) * size) as file:
            for row in rows:
                try:
                    self._write(self._recordings[row], file)
                    read += 1
                except DamagedFileError as error:
                    reading.damaged(row, error)
                    file.seek(read * size)
                reading.step()
            self._last = None
            file.truncate(max(read, 1) * size)
            file.flush()
            return np.memmap(file, dtype=np.uint8, mode="r+", shape=(max(read, 1), *shape))[:read]

    def _write(self, recording: Recording, file: IO[bytes]) -> None:
        shape = self._cutting.shape
        key = self._cutting.key(f"{self._checksum(recording.path)} {recording.start} {recording.end}")
        if copy_kept(self._folder, key, shape, file):
            return
        events = self._events(recording)
        try:
            keep(self._folder, key, shape, self._blocks(recording, events), file)
        except OSError as error:
            raise InvalidInputError(f"{self._folder}: cannot be written to: {error.strerror or error}") from error

    def _blocks(self, recording: Recording, events: Events) -> Iterator[Frames]:
        with reading(recording.path, "events that can be cut into frames"):
            yield from self._cutting.blocks(events)

    def _events(self, recording: Recording) -> Events:
        # Gestures of one file come one after the other: it is read once for them all.
        if self._last is None or self._last[0] != recording.path:
            self._last = (recording.path, self._read(recording))
        events = self._last[1]
        if recording.start is None or recording.end is None:
            return events
        first, last = np.searchsorted(events["t"], [recording.start, recording.end])
        return events[first:last]

    def _read(self, recording: Recording) -> Events:
        said, sensor = read_sensor(recording.path) if self._check_sensor else None, self._cutting.sensor
        if said not in (None, sensor):
            raise DamagedFileError(
                f"{recording.path}: expected a recording of {sensor[1]}x{sensor[0]} pixels (width, height), as the "
                f"others or as given (sensor), got one of {said[1]}x{said[0]}"
            )
        return read_events(recording.path, recording.read)

    def _checksum(self, path: Path) -> str:
        if path not in self._checksums:
            with reading(path, "a file that can be read"), path.open("rb") as file:
                self._checksums[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return self._checksums[path]
