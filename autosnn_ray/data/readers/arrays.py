"""Arrays of frames and classes of one's own: what they may be, and what is meant by them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.readers.samples import Samples
from autosnn_ray.errors import InvalidInputError

_COLOURS, _POLARITIES = 3, 2
_MOST_CHANNELS_LAST, _FEWEST_PIXELS = 4, 5


def checked_samples(
    where: str, x: npt.NDArray[Any], y: npt.NDArray[Any], groups: npt.NDArray[Any] | None = None
) -> Samples:
    """Makes samples of arrays.

    Bytes are grey levels or colours, 0 to 255, in images ``(N, H, W)``, ``(N, C, H, W)`` and films in colour
    ``(N, T, 3, H, W)``; in frames over time of two channels, ``(N, T, 2, H, W)``, they are counts of events by
    polarity; bytes that may be either are refused. All other numbers are taken as they are. Channels may stand last
    where nothing else can be meant.

    Args:
        where: What holds them, for errors.
        x: Frames.
        y: Classes, whole numbers, shape ``(N,)``.
        groups: Whom or what each sample is of, shape ``(N,)``; None where that does not matter.

    Raises:
        InvalidInputError: Arrays of another shape, or of anything but numbers that are finite.
    """
    if x.ndim not in (3, 4, 5) or y.shape != (len(x),) or len(x) == 0:
        raise InvalidInputError(
            f"{where}: expected x of shape (N, C, H, W), (N, H, W) or (N, T, C, H, W) and y of shape (N,), "
            f"got {x.shape} and {y.shape}"
        )
    if y.dtype.kind not in "iu":
        raise InvalidInputError(f"{where}: expected whole numbers as classes, got {y.dtype}")
    if x.dtype.kind not in "biuf":
        raise InvalidInputError(f"{where}: expected numbers as x, got {x.dtype}; convert them first")
    if groups is not None and (groups.shape != y.shape or groups.dtype.kind not in "biuUS"):
        raise InvalidInputError(
            f"{where}: expected groups as whole numbers or text, shape {y.shape}, got {groups.dtype} {groups.shape}"
        )
    frames = _channels_first(where, x)
    if frames.dtype != np.uint8:
        frames = _as_float32(where, frames)
    elif _may_be_either(frames):
        raise InvalidInputError(
            f"{where}: bytes of shape {frames.shape} may be counts of events or grey levels; give counts as int16, "
            "grey levels as float32 from 0 to 1"
        )
    return Samples.of_arrays(frames, y, groups)


def are_counts(frames: npt.NDArray[Any]) -> bool:
    """Whether frames are counts of events by polarity: bytes, shape ``(N, T, 2, H, W)``."""
    return frames.dtype == np.uint8 and frames.ndim == 5 and frames.shape[2] == _POLARITIES


def _may_be_either(frames: npt.NDArray[np.uint8]) -> bool:
    """Whether bytes may be pixels as well as counts: two channels without time, or one, or many, over time."""
    if frames.ndim == 5:
        return frames.shape[2] not in (_POLARITIES, _COLOURS)
    return frames.ndim == 4 and frames.shape[1] == _POLARITIES


def _as_float32(where: str, x: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):
        frames = x.astype(np.float32)
    if not np.isfinite(frames).all():
        raise InvalidInputError(f"{where}: holds values that are not finite; remove or replace them")
    return frames


def _channels_first(where: str, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if x.ndim == 3 or x.shape[-1] > _MOST_CHANNELS_LAST or min(x.shape[-3:-1]) < _FEWEST_PIXELS:
        return x
    if x.shape[-1] == _COLOURS or x.shape[-3] == x.shape[-2]:
        return np.ascontiguousarray(np.moveaxis(x, -1, -3))
    raise InvalidInputError(
        f"{where}: expected frames (…, C, H, W), got {x.shape}, whose last axis seems to be the channels; "
        "np.moveaxis(x, -1, -3) puts them in front"
    )
