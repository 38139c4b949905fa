"""SVHN's cropped digits: MATLAB files (version 5) with images ``X`` and classes ``y``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from autosnn_ray.data.readers.files import reading
from autosnn_ray.data.readers.samples import Samples, Source, locate
from autosnn_ray.errors import InvalidInputError


def read_svhn(folders: Sequence[Path]) -> Source:
    """Reads ``train_32x32.mat`` and ``test_32x32.mat``."""
    train, test = locate("svhn", folders, ["train_32x32.mat", "test_32x32.mat"])
    return Source(_read(train), _read(test))


def _read(path: Path) -> Samples:
    # SciPy takes a while to import: only who reads a MATLAB file pays for it.
    from scipy.io import loadmat

    with reading(path, "a MATLAB file that can be read"):
        content = loadmat(path, variable_names=["X", "y"])
        x, y = (np.asarray(content.get(name)) for name in ("X", "y"))
    if x.dtype != np.uint8 or x.shape[:3] != (32, 32, 3) or y.dtype.kind not in "biuf" or x.shape[3:] != (y.size,):
        got = f"{x.dtype} {x.shape}, {y.dtype} {y.shape}"
        raise InvalidInputError(f"{path}: expected X (32, 32, 3, N), bytes, and y (N, 1), got {got}")
    # The digit 0 has the class 10 in these files.
    if not np.isin(y, np.arange(11)).all():
        raise InvalidInputError(f"{path}: expected classes 1 to 10, got {np.setdiff1d(y, np.arange(11))[:5].tolist()}")
    return Samples.of_arrays(np.ascontiguousarray(x.transpose(3, 2, 0, 1)), y.ravel().astype(np.int64) % 10)
