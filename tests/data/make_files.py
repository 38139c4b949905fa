"""Tiny data sets in the real formats, written byte by byte as the formats are described."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

TRAIN, TEST = 100, 20


def noise(count: int, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def labels(count: int, classes: int = 10) -> np.ndarray:
    return (np.arange(count) % classes).astype(np.uint8)


def idx_bytes(values: np.ndarray) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


def write_idx(folder: Path) -> None:
    """Half of the files compressed, half plain: both are found in the wild."""
    for prefix, count in (("train", TRAIN), ("t10k", TEST)):
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(idx_bytes(noise(count, 28, 28)))
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(labels(count))))


WRITERS = {
    "digits": lambda _: None,
    "mnist": write_idx,
    "fashion_mnist": write_idx,
}
"""What writes each registered data set's files into a folder."""
