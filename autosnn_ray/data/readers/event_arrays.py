"""Events as rows of numbers: what each column may hold, and arrays of events in NumPy's and HDF5's files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.readers.files import read_array, read_arrays
from autosnn_ray.errors import InvalidInputError

Events = npt.NDArray[Any]
"""A structured array, one row an event: column ``x``, row ``y``, time ``t`` in microseconds, polarity ``p``, 0 or 1."""

EVENT = np.dtype([("x", np.int32), ("y", np.int32), ("t", np.int64), ("p", np.int8)])

_COLUMNS: dict[str, tuple[str, ...]] = {
    "x": ("x", "xs"),
    "y": ("y", "ys"),
    "t": ("t", "ts", "time", "timestamp", "timestamps"),
    "p": ("p", "ps", "pol", "polarity", "on"),
}
"""What each column is called in files."""

_EXACT_FLOAT32 = 2**24


def events_of(x: npt.ArrayLike, y: npt.ArrayLike, t: npt.ArrayLike, p: npt.ArrayLike) -> Events:
    """Builds events from their columns.

    Args:
        x: Columns of pixels, whole numbers.
        y: Rows of pixels, whole numbers.
        t: Times in microseconds, whole numbers.
        p: Polarities: 0 and 1, or -1 and 1, or false and true.

    Raises:
        InvalidInputError: A column of another kind or length.

    Example:
        >>> events_of([3, 4], [0, 0], [10, 20], [-1, 1])["p"].tolist()
        [0, 1]
    """
    columns = {name: _whole(name, np.asarray(values)) for name, values in zip("xytp", (x, y, t, p), strict=True)}
    if len({len(values) for values in columns.values()}) != 1:
        lengths = ", ".join(f"{len(values)} {name}" for name, values in columns.items())
        raise InvalidInputError(f"expected as many of each column, got {lengths}")
    limit = np.iinfo(np.int32)
    for name in "xy":
        wrong = (columns[name] < limit.min) | (columns[name] > limit.max)
        if wrong.any():
            event = int(wrong.argmax())
            raise InvalidInputError(f"event {event}: expected a pixel as {name}, got {columns[name][event]}")
    polarities = set(np.unique(columns["p"]).tolist())
    if not (polarities <= {0, 1} or polarities <= {-1, 1}):
        raise InvalidInputError(
            f"expected polarities 0 and 1, or -1 and 1, got {sorted(polarities)[:5]}; are the columns x, y, t, p?"
        )
    events = np.empty(len(columns["x"]), dtype=EVENT)
    for name in "xyt":
        events[name] = columns[name]
    events["p"] = columns["p"] == 1
    return events


def unwrapped(t: npt.NDArray[np.int64], period: int) -> npt.NDArray[np.int64]:
    """Undoes the wraps of a clock: a jump of more than half its period is one.

    Example:
        >>> unwrapped(np.array([250, 3, 2, 200, 1]), 256).tolist()
        [250, 259, 258, 200, 257]
    """
    wraps = np.floor_divide(np.diff(t) + period // 2, period)
    continuous: npt.NDArray[np.int64] = t - np.concatenate([[0], np.cumsum(wraps)]) * period
    return continuous


def _whole(name: str, values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise InvalidInputError(f"expected {name} as whole numbers, one an event, got {values.dtype} {values.shape}")
    if values.dtype.kind == "f":
        if not (np.isfinite(values).all() and (values == np.floor(values)).all()):
            hint = "; times in seconds times 1e6 are whole microseconds" if name == "t" else ""
            raise InvalidInputError(f"expected {name} as whole numbers, got fractions or values not finite{hint}")
        if values.dtype.itemsize < 8 and len(values) and np.abs(values).max() > _EXACT_FLOAT32:
            raise InvalidInputError(f"expected {name} as whole numbers, got {values.dtype}, which has rounded them")
    if len(values) and values.dtype.kind in "uf" and float(values.max()) >= 2.0**63:
        raise InvalidInputError(f"expected {name} below 2 to the 63, got {values.max()}")
    whole: npt.NDArray[np.int64] = values.astype(np.int64)
    if name == "t" and values.dtype.kind in "iu" and values.dtype.itemsize == 4:
        return unwrapped(whole, 2**32)
    return whole


def numpy_events(path: Path) -> Events:
    """Reads ``.npy`` or ``.npz``: columns by name (x, y, t, p), or four columns in this order."""
    if path.suffix.lower() == ".npy":
        with path.open("rb") as file:
            return _of_array(read_array(file))
    return _of_columns(read_arrays(path), str(path.name))


def hdf5_events(path: Path) -> Events:
    """Reads ``.h5``: columns by name (x, y, t, p), or one table, at the top or in ``events``."""
    import h5py

    with h5py.File(path, "r") as file:
        held = file
        for name in ("events", "CD/events"):
            held = file.get(name, held)
        if isinstance(held, h5py.Dataset):
            return _of_array(held[()])
        wanted = [alias for aliases in _COLUMNS.values() for alias in aliases]
        return _of_columns({name: held[name][()] for name in held if name in wanted}, f"{path.name}, {held.name}")


def gesture_array(path: Path) -> Events:
    """Reads an array of x, y, polarity and milliseconds (DVS128-Gesture as tonic distributes it)."""
    with path.open("rb") as file:
        array = read_array(file)
    if array.ndim != 2 or array.shape[1] != 4:
        raise InvalidInputError(f"expected columns x, y, polarity, milliseconds, got an array {array.shape}")
    x, y, p, t = array.T
    return events_of(x, y, _whole("t", t) * 1000, p)


def _of_columns(columns: Mapping[str, npt.NDArray[Any]], where: str) -> Events:
    if len(columns) == 1:
        return _of_array(next(iter(columns.values())))
    picked = [next((columns[a] for a in aliases if a in columns), None) for aliases in _COLUMNS.values()]
    missing = [name for name, values in zip(_COLUMNS, picked, strict=True) if values is None]
    if missing:
        raise InvalidInputError(
            f"{where}: expected arrays x, y, t, p, got {', '.join(sorted(columns)) or 'none'}; "
            f"missing: {', '.join(missing)}"
        )
    x, y, t, p = (np.asarray(values) for values in picked)
    return events_of(x, y, t, p)


def _of_array(array: npt.NDArray[Any]) -> Events:
    if array.dtype.names:
        return _of_columns({name: array[name] for name in array.dtype.names}, "the table")
    if array.ndim != 2 or array.shape[1] != 4:
        raise InvalidInputError(
            f"expected events with the columns x, y, t, p, by name or in this order, shape (N, 4), got {array.shape}"
        )
    x, y, t, p = array.T
    return events_of(x, y, t, p)
