"""SVHN's cropped digits: MATLAB files (version 5) with images ``X`` and classes ``y``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from autosnn_ray.data.readers.samples import Samples, Source, locate
from autosnn_ray.errors import InvalidInputError


def read_svhn(folders: Sequence[Path]) -> Source:
    """Reads ``train_32x32.mat`` and ``test_32x32.mat``."""
    train, test = locate("svhn", folders, ["train_32x32.mat", "test_32x32.mat"])
    return Source(_read(train), _read(test))


def _read(path: Path) -> Samples:
    # SciPy takes a while to import: only who reads a MATLAB file pays for it.
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(path, variable_names=["X", "y"])
    except (OSError, ValueError, TypeError, NotImplementedError, MatReadError) as error:
        raise InvalidInputError(f"{path}: expected a MATLAB file that can be read: {error}") from error
    x, y = content.get("X"), content.get("y")
    if x is None or y is None or x.ndim != 4 or x.shape[:3] != (32, 32, 3) or y.size != x.shape[3]:
        shapes = {name: getattr(content.get(name), "shape", None) for name in ("X", "y")}
        raise InvalidInputError(f"{path}: expected X (32, 32, 3, N) and y (N, 1), got {shapes}")
    # The digit 0 has the class 10 in these files.
    return Samples.of_arrays(np.ascontiguousarray(x.transpose(3, 2, 0, 1)), y.ravel().astype(np.int64) % 10)
