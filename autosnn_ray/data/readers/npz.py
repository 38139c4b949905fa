"""Arrays of your own in one ``.npz`` file: ``x`` and ``y``, and ``x_test`` and ``y_test`` where there is a test set."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from autosnn_ray.data.readers.samples import Samples, Source
from autosnn_ray.errors import InvalidInputError


def read_npz(path: Path) -> Source:
    """Reads a ``.npz`` file; nothing is unpickled.

    Args:
        path: Holds frames ``x`` (bytes, or numbers taken as they are), shape ``(N, C, H, W)``, ``(N, H, W)`` or
            ``(N, T, C, H, W)``, and classes ``y``, shape ``(N,)``.

    Raises:
        InvalidInputError: No such file, not ``.npz``, an array missing, or of a shape or type that does not fit.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if name in ("x", "y", "x_test", "y_test")}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise InvalidInputError(f"{path}: expected a .npz file of plain arrays that can be read: {error}") from error
    missing = {"x", "y"} - set(arrays) | ({"x_test", "y_test"} - set(arrays) if "x_test" in arrays else set())
    if missing:
        raise InvalidInputError(f"{path}: expected arrays x and y (and x_test, y_test); missing: {sorted(missing)}")
    for suffix in ("", "_test"):
        x, y = arrays.get(f"x{suffix}"), arrays.get(f"y{suffix}")
        if x is None or y is None:
            continue
        if x.ndim not in (3, 4, 5) or y.shape != (len(x),) or not np.issubdtype(y.dtype, np.integer):
            raise InvalidInputError(
                f"{path}: expected x{suffix} (N, C, H, W), (N, H, W) or (N, T, C, H, W) and whole numbers y{suffix} "
                f"(N,), got {x.shape} and {y.dtype} {y.shape}"
            )
    test = Samples.of_arrays(arrays["x_test"], arrays["y_test"]) if "x_test" in arrays else None
    return Source(Samples.of_arrays(arrays["x"], arrays["y"]), test)
