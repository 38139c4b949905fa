"""Recordings of event cameras, read by tonic: each function gives events with ``x``, ``y``, ``t`` and ``p``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.errors import InvalidInputError

Events = npt.NDArray[Any]
"""A structured array, one row an event: column ``x``, row ``y``, time ``t`` in microseconds, polarity ``p``."""

ReadEvents = Callable[[Path], Events]


def import_tonic() -> Any:
    """Imports tonic, which is an extra.

    Raises:
        InvalidInputError: It is not installed.
    """
    try:
        import tonic
    except ImportError as error:
        raise InvalidInputError("tonic is not installed: pip install 'autosnn-ray[events]'") from error
    return tonic


def read_events(path: Path, read: ReadEvents) -> Events:
    """Reads a recording, sorted by time.

    Args:
        path: The file.
        read: One of this module's functions, for the file's format.

    Raises:
        InvalidInputError: The file cannot be read, is not of the format, or holds no events.
    """
    import_tonic()
    # Any exception: tonic's readers raise whatever a broken file makes their code raise.
    try:
        events = read(path)
    except Exception as error:
        raise InvalidInputError(
            f"{path}: expected a recording that can be read ({read.__name__}): {type(error).__name__}: {error}; "
            "copy it again"
        ) from error
    if len(events) == 0:
        raise InvalidInputError(f"{path}: expected events, got none; copy it again")
    return events[np.argsort(events["t"], kind="stable")]


def aedat_2(path: Path) -> Events:
    """Reads AEDAT 2.0 of a DVS128 (CIFAR10-DVS), the picture upright and brighter being 1."""
    from tonic.io import make_structured_array

    address, t = _words(path)
    # tonic's read_dvs_128 expects a header of two parts where its own function gives three: the bits are taken here.
    return make_structured_array(127 - (address >> 8 & 0x7F), 127 - (address >> 1 & 0x7F), t, 1 - (address & 1))  # type: ignore[no-any-return]


def aedat_3(path: Path) -> Events:
    """Reads AEDAT 3.1 of a DVS128 (DVS128-Gesture)."""
    from tonic.io import make_structured_array

    address, t = _words(path)
    valid = address & 1 == 1
    address, t = address[valid], t[valid]
    return make_structured_array(address >> 17 & 0x1FFF, address >> 2 & 0x1FFF, t, address >> 1 & 1)  # type: ignore[no-any-return]


def aedat_4(path: Path) -> Events:
    """Reads AEDAT 4.0 (CIFAR10-DVS as tonic distributes it)."""
    from tonic.io import make_structured_array, read_aedat4

    events = read_aedat4(str(path))
    t, x, y, p = (events[name] for name in events.dtype.names)
    return make_structured_array(x, y, t, p)  # type: ignore[no-any-return]


def gesture_array(path: Path) -> Events:
    """Reads an array of x, y, polarity and milliseconds (DVS128-Gesture as tonic distributes it)."""
    from tonic.io import make_structured_array

    x, y, p, t = np.load(path, allow_pickle=False).astype(np.int64).T
    return make_structured_array(x, y, t * 1000, p)  # type: ignore[no-any-return]


def nmnist_file(path: Path) -> Events:
    """Reads five bytes an event (N-MNIST)."""
    from tonic.io import events_struct, read_mnist_file

    size = path.stat().st_size
    if size % 5:
        raise ValueError(f"expected five bytes an event, got {size} bytes")
    return read_mnist_file(str(path), dtype=events_struct)  # type: ignore[no-any-return]


def _words(path: Path) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    from tonic.io import get_aer_events_from_file, read_aedat_header_from_file

    version, start, *_ = read_aedat_header_from_file(str(path))
    words = get_aer_events_from_file(str(path), version, start)
    return words["address"].astype(np.uint32), words["timeStamp"].astype(np.uint32)
