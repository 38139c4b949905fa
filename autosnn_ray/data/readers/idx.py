"""The idx format of MNIST and its kin: a header that gives type and sizes, then the values."""

from __future__ import annotations

import gzip
import math
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.readers.files import reading
from autosnn_ray.data.readers.samples import Samples, Source, locate
from autosnn_ray.errors import InvalidInputError

_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_UNSIGNED_BYTE = 0x08


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """Reads one idx file of bytes, gzip or plain.

    Raises:
        InvalidInputError: The file cannot be read, is not idx, or is cut off.
    """
    with reading(path, "an idx file that can be read"):
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTE or len(content) < 4 + 4 * content[3]:
        raise InvalidInputError(f"{path}: expected an idx file of bytes (00 00 08 …), got {content[:4].hex(' ')!r}")
    count = content[3]
    shape = struct.unpack(f">{count}I", content[4 : 4 + 4 * count])
    values = np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * count)
    if len(values) != math.prod(shape):
        raise InvalidInputError(
            f"{path}: the header promises {math.prod(shape)} bytes ({shape}), the file holds {len(values)}; "
            "copy it again"
        )
    return values.reshape(shape)


def read_idx_folder(name: str, folders: Sequence[Path], class_names: tuple[str, ...] = ()) -> Source:
    """Reads the four files of MNIST, Fashion-MNIST or any data set of their layout."""
    train_x, train_y, test_x, test_y = locate(name, folders, _FILES, ("", ".gz"))

    def part(images: Path, labels: Path) -> Samples:
        x, y = read_idx(images), read_idx(labels)
        if x.ndim != 3 or y.shape != (len(x),):
            raise InvalidInputError(
                f"{images}: expected images (N, H, W) and as many labels (N,) in {labels.name}, got {x.shape} and "
                f"{y.shape}"
            )
        return Samples.of_arrays(x, y)

    return Source(part(train_x, train_y), part(test_x, test_y), class_names=class_names)
