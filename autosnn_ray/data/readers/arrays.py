"""Arrays of frames and classes of one's own: what they may be, and what is meant by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.readers.samples import Samples
from autosnn_ray.errors import InvalidInputError

_COLOURS, _POLARITIES = 3, 2
_MOST_CHANNELS_LAST, _FEWEST_PIXELS = 4, 5


def as_array(where: str, name: str, given: Any) -> npt.NDArray[Any]:
    """Returns what was given as an array.

    Args:
        where: What holds it, for errors.
        name: What it is called, for errors.
        given: An array, or what makes one.

    Raises:
        InvalidInputError: Nothing was given, nothing that makes one array, or one of which some values are masked.
    """
    if given is None:
        raise InvalidInputError(f"{where}: expected an array as {name}, got None")
    parts = given if isinstance(given, list | tuple) else [given]
    if any(np.ma.is_masked(part) for part in parts):
        raise InvalidInputError(
            f"{where}: expected every value of {name}, got a masked array; its mask would be lost: fill it, or "
            "leave its samples out"
        )
    try:
        return np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidInputError(
            f"{where}: expected {name} as one array, samples of one shape, got {type(given).__name__}: {error}"
        ) from error


def checked_samples(
    where: str, x: Any, y: Any, groups: Any | None = None, *, called: Callable[[str], str] = str
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
        called: Says what ``x``, ``y`` and ``groups`` are called there, for errors.

    Raises:
        InvalidInputError: Arrays of another shape, or of anything but numbers that are finite.
    """
    x, y = as_array(where, called("x"), x), as_array(where, called("y"), y)
    if x.ndim not in (3, 4, 5) or y.shape != (len(x),) or 0 in x.shape:
        raise InvalidInputError(
            f"{where}: expected {called('x')} of shape (N, C, H, W), (N, H, W) or (N, T, C, H, W), no side of them 0, "
            f"and {called('y')} of shape (N,), got {x.shape} and {y.shape}"
        )
    if y.dtype.kind not in "iu":
        raise InvalidInputError(
            f"{where}: expected whole numbers as classes in {called('y')}, got {y.dtype}; np.unique(…, "
            "return_inverse=True) numbers names, which go into class_names"
        )
    if x.dtype.kind not in "biuf":
        raise InvalidInputError(f"{where}: expected numbers as {called('x')}, got {x.dtype}; convert them first")
    groups = None if groups is None else as_array(where, called("groups"), groups)
    if groups is not None and (groups.shape != y.shape or groups.dtype.kind not in "biuUS"):
        raise InvalidInputError(
            f"{where}: expected {called('groups')} as whole numbers or text, shape {y.shape}, got {groups.dtype} "
            f"{groups.shape}"
        )
    where = f"{where}, {called('x')}"
    frames = _channels_first(where, x)
    if frames.dtype != np.uint8:
        frames = _as_float32(where, frames)
    elif _may_be_either(frames):
        raise InvalidInputError(
            f"{where}: bytes of shape {frames.shape} may be counts of events or grey levels; give counts as int16, "
            "grey levels as float32 from 0 to 1"
        )
    return replace(Samples.of_arrays(frames, y, groups), given_as=x.dtype)


def checked_pair(where: str, part: str, pair: Any) -> Samples | None:
    """Makes samples of frames and classes, None of None.

    Args:
        where: What holds them, for errors.
        part: Which they are, ``validation`` or ``test``.
        pair: Frames and classes.

    Raises:
        InvalidInputError: As ``checked_samples``, or no pair.
    """
    if pair is None:
        return None
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        got = f"{len(pair)} of them" if isinstance(pair, tuple | list) else type(pair).__name__
        raise InvalidInputError(f"{where}: expected {part} as a pair, frames x and classes y, got {got}")
    return checked_samples(where, pair[0], pair[1], called=lambda name: f"{name} of {part}")


def checked_names(where: str, names: Any) -> tuple[str, ...]:
    """Returns names of classes.

    Raises:
        InvalidInputError: They are none, or one text.
    """
    held = as_array(where, "class_names", names)
    if held.ndim != 1 or (held.dtype.kind not in "US" and len(held)):
        raise InvalidInputError(
            f"{where}: expected class_names as text, one a class, got {held.dtype} of shape {held.shape}"
        )
    return tuple(held.astype(str).tolist())


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
