"""Events cut into frames: T of them by time or by count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.readers.event_arrays import Events
from autosnn_ray.errors import InvalidInputError

Frames = npt.NDArray[np.uint8]

FRAMES_BY: dict[str, str] = {"count": "equally many events in each", "time": "equally long"}
"""How a recording is cut."""

MOST = 255
"""Where a pixel's count in one frame ends."""

_VERSION = 2
_AT_A_TIME = 1 << 20


@dataclass(frozen=True)
class Cutting:
    """How recordings become frames.

    Attributes:
        sensor: Height and width of the camera, pixels.
        frames: Frames a recording, T.
        by: Key of ``FRAMES_BY``.
        size: Height and width of a frame: events of pixels that fall together are added, the rest is padded.
    """

    sensor: tuple[int, int]
    frames: int
    by: str
    size: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of a recording's frames, ``(T, 2, H, W)``."""
        return self.frames, 2, *self.size

    def cut(self, events: Events) -> Frames:
        """Counts the events of each pixel, polarity and frame; a pixel's count ends at 255.

        Args:
            events: Sorted by time.

        Returns:
            Counts, shape ``(T, 2, H, W)``.

        Raises:
            InvalidInputError: An event outside the sensor, too few events, or too short a recording, for as many
                frames.
        """
        return np.concatenate(list(self.blocks(events)))

    def blocks(self, events: Events) -> Iterator[Frames]:
        """Gives the frames of ``cut`` few at a time, so that memory does not grow with T."""
        edges = self._edges(events)
        pixels = 2 * self.size[0] * self.size[1]
        place = self._places(events)
        step = max(1, _AT_A_TIME // pixels)
        for begin in range(0, self.frames, step):
            edge = edges[begin : begin + step + 1]
            frame = np.repeat(np.arange(len(edge) - 1), np.diff(edge))
            counts = np.bincount(frame * pixels + place[edge[0] : edge[-1]], minlength=(len(edge) - 1) * pixels)
            yield np.minimum(counts, MOST).astype(np.uint8).reshape(-1, 2, *self.size)

    def key(self, source: str) -> str:
        """Names the frames of a source, whose checksum is given, among those that are kept."""
        about = f"{_VERSION} {source} {self.sensor} {self.frames} {self.by} {self.size}"
        return hashlib.sha256(about.encode()).hexdigest()

    def _edges(self, events: Events) -> npt.NDArray[np.int64]:
        """Says at which event each frame begins, and where the last one ends."""
        if self.by == "count":
            width = len(events) // self.frames
            edges = np.arange(self.frames + 1) * width
        else:
            t = events["t"]
            width = int(t[-1] - t[0]) // self.frames if len(t) else 0
            edges = np.searchsorted(t, (t[0] if len(t) else 0) + np.arange(self.frames + 1) * width)
        if width == 0:
            raise InvalidInputError(f"{len(events)} events are too few or too close for {self.frames} frames")
        return edges.astype(np.int64)

    def _places(self, events: Events) -> npt.NDArray[np.int64]:
        """Numbers each event's pixel of its frame, polarities one after the other."""
        place = events["p"].astype(np.int64)
        for axis, side, wanted in zip("yx", self.sensor, self.size, strict=True):
            outside = (events[axis] < 0) | (events[axis] >= side)
            if outside.any():
                event = int(outside.argmax())
                raise InvalidInputError(
                    f"event {event} at x {events['x'][event]}, y {events['y'][event]} lies outside the sensor of "
                    f"{self.sensor[1]}x{self.sensor[0]} pixels (width, height); is it another camera's (sensor)?"
                )
            factor = -(-side // wanted)
            reduced = -(-side // factor)
            inner, outer = (reduced * factor - side) // 2, (wanted - reduced) // 2
            place = place * wanted + (events[axis] + inner) // factor + outer
        return place
