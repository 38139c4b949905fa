"""Events cut into frames: T of them by time or by count, kept on the disk so that they are cut once."""

from __future__ import annotations

import hashlib
import io
import os
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.readers.event_files import Events, import_tonic
from autosnn_ray.errors import DamagedCacheWarning, InvalidInputError
from autosnn_ray.files import write_atomically

Frames = npt.NDArray[np.uint8]

FRAMES_BY: dict[str, str] = {"count": "n_event_bins", "time": "n_time_bins"}
"""How a recording is cut: into parts with equally many events, or equally long ones; with tonic's word for it."""

_MOST = 255
_VERSION = 1


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
            InvalidInputError: Too few events, or too short a recording, for as many frames.
        """
        scaled = events.copy()
        for axis, side, wanted in zip("yx", self.sensor, self.size, strict=True):
            factor = -(-side // wanted)
            reduced = -(-side // factor)
            inner, outer = (reduced * factor - side) // 2, (wanted - reduced) // 2
            scaled[axis] = (events[axis] + inner) // factor + outer
        to_frame = import_tonic().transforms.ToFrame(
            sensor_size=(self.size[1], self.size[0], 2), **{FRAMES_BY[self.by]: self.frames}
        )
        frames = to_frame(scaled)
        if not frames.any():
            raise InvalidInputError(f"{len(events)} events are too few or too close for {self.frames} frames")
        counts: Frames = np.clip(frames, 0, _MOST).astype(np.uint8)
        return counts

    def key(self, source: str) -> str:
        """Names the frames of a source, whose checksum is given, in the cache."""
        version = import_tonic().__version__
        about = f"{_VERSION} {version} {source} {self.sensor} {self.frames} {self.by} {self.size}"
        return hashlib.sha256(about.encode()).hexdigest()


def cache_folder() -> Path:
    """Returns where frames are kept: ``autosnn-ray/frames`` in ``$XDG_CACHE_HOME``, or in ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "autosnn-ray" / "frames"


def read_kept(folder: Path, key: str, shape: tuple[int, ...]) -> Frames | None:
    """Reads frames from the cache.

    Returns:
        The frames; None where there are none, or the file is damaged.

    Warns:
        DamagedCacheWarning: The file is cut off or changed.
    """
    path = _path(folder, key)
    try:
        content = path.read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            frames: npt.NDArray[Any] = file["frames"]
        if frames.shape == shape and frames.dtype == np.uint8:
            return frames
        problem = f"expected bytes of shape {shape}, got {frames.dtype} {frames.shape}"
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        problem = f"{type(error).__name__}: {error}"
    warnings.warn(f"{path}: kept frames are damaged and cut anew ({problem})", DamagedCacheWarning, stacklevel=2)
    return None


def keep(folder: Path, key: str, frames: Frames) -> None:
    """Writes frames into the cache: compressed, each file with a checksum of its own.

    Raises:
        InvalidInputError: The folder cannot be written to.
    """
    content = io.BytesIO()
    np.savez_compressed(content, frames=frames)
    try:
        # Not forced to the disk one by one: what a loss of power tears is cut anew.
        write_atomically(_path(folder, key), content.getvalue(), durable=False)
    except OSError as error:
        raise InvalidInputError(
            f"{folder}: frames of event data are kept here, and it cannot be written to ({error.strerror or error}); "
            "set XDG_CACHE_HOME to a folder with room"
        ) from error


def _path(folder: Path, key: str) -> Path:
    return folder / key[:2] / f"{key}.npz"
