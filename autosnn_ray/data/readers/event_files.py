"""Recordings of event cameras: the formats they come in, and one way to read them all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autosnn_ray.data.readers.aedat import aedat, aedat_2, aedat_3, aedat_4, aedat_sensor
from autosnn_ray.data.readers.event_arrays import Events, events_of, gesture_array, hdf5_events, numpy_events, unwrapped
from autosnn_ray.data.readers.files import DamagedFileError, reading
from autosnn_ray.errors import InvalidInputError

ReadEvents = Callable[[Path], Events]
ReadSensor = Callable[[Path], tuple[int, int] | None]

_OVERFLOW_ROW = 240


def nmnist_file(path: Path) -> Events:
    """Reads five bytes an event (N-MNIST, N-Caltech101)."""
    from tonic.io import read_mnist_file

    size = path.stat().st_size
    if size % 5:
        raise InvalidInputError(f"expected five bytes an event, got {size} bytes; copy it again")
    wide = np.dtype([(name, np.int64) for name in "xytp"])
    events = read_mnist_file(str(path), dtype=wide)
    # Files that mark each overflow of the clock with an event in row 240 are told by their size: tonic counts those.
    marked = len(events) * 5 != size
    return events_of(events["x"], events["y"], events["t"] if marked else unwrapped(events["t"], 2**23), events["p"])


def prophesee_dat(path: Path) -> Events:
    """Reads ``.dat`` of Prophesee's cameras (N-CARS): eight bytes an event, after lines that start with ``%``."""
    body = _after_lines(path.read_bytes())
    if len(body) < 2 or body[0] not in (0x00, 0x0C) or body[1] != 8:
        raise InvalidInputError(f"expected events of a pixel array (type 0 or 12, 8 bytes), got {body[:2].hex(' ')!r}")
    if (len(body) - 2) % 8:
        raise InvalidInputError(f"expected eight bytes an event, got {len(body) - 2} bytes: the file is cut off")
    words = np.frombuffer(body, dtype="<u4", offset=2).reshape(-1, 2)
    data = words[:, 1].astype(np.int64)
    return events_of(data & 0x3FFF, data >> 14 & 0x3FFF, unwrapped(words[:, 0].astype(np.int64), 2**32), data >> 28)


def prophesee_sensor(path: Path) -> tuple[int, int] | None:
    """Returns height and width, where the lines at the beginning say them."""
    with path.open("rb") as file:
        start = file.read(4096)
    sides = [re.search(rb"^% " + side + rb" (\d+)", start, re.MULTILINE) for side in (b"Height", b"Width")]
    height, width = (int(side.group(1)) if side else 0 for side in sides)
    return (height, width) if height and width else None


def _after_lines(content: bytes) -> bytes:
    position = 0
    while content[position : position + 1] == b"%":
        end = content.find(b"\n", position) + 1
        if end == 0:
            raise InvalidInputError("the file is cut off in its header; copy it again")
        position = end
    return content[position:]


@dataclass(frozen=True)
class EventFormat:
    """A format of recordings.

    Attributes:
        read: Reads a file's events.
        sensor: Height and width of the sensor, where a file says it.
    """

    read: ReadEvents
    sensor: ReadSensor = lambda _: None


EVENT_FORMATS: dict[str, EventFormat] = {
    ".aedat4": EventFormat(aedat, aedat_sensor),
    ".aedat": EventFormat(aedat, aedat_sensor),
    ".npy": EventFormat(numpy_events),
    ".npz": EventFormat(numpy_events),
    ".h5": EventFormat(hdf5_events),
    ".hdf5": EventFormat(hdf5_events),
    ".bin": EventFormat(nmnist_file),
    ".dat": EventFormat(prophesee_dat, prophesee_sensor),
}
"""Formats of recordings of one's own, by what a file's name ends in."""


def read_events(path: Path, read: ReadEvents) -> Events:
    """Reads a recording, sorted by time.

    Args:
        path: The file.
        read: The function for the file's format.

    Raises:
        DamagedFileError: The file cannot be read, is not of the format, or holds no events.
    """
    with reading(path, f"a recording that can be read ({read.__name__})"):
        events = read(path)
    if len(events) == 0:
        raise DamagedFileError(f"{path}: expected events, got none; copy it again")
    return events[np.argsort(events["t"], kind="stable")]


def read_sensor(path: Path) -> tuple[int, int] | None:
    """Returns height and width of a recording's sensor, where the file says it.

    Raises:
        DamagedFileError: The file cannot be read.
    """
    with reading(path, "a recording whose header can be read"):
        return EVENT_FORMATS[path.suffix.lower()].sensor(path)


__all__ = [
    "EVENT_FORMATS",
    "EventFormat",
    "Events",
    "ReadEvents",
    "aedat_2",
    "aedat_3",
    "aedat_4",
    "gesture_array",
    "nmnist_file",
    "read_events",
    "read_sensor",
]
