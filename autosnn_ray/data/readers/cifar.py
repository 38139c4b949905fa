"""CIFAR's binary format: records of one or two label bytes and 3,072 bytes of a 32x32 image, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from autosnn_ray.data.readers.files import reading
from autosnn_ray.data.readers.samples import Samples, Source, locate, with_inner
from autosnn_ray.errors import InvalidInputError

CIFAR10_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_PIXELS = 3 * 32 * 32


def read_cifar(paths: Sequence[Path], label_bytes: int, classes: int) -> Samples:
    """Reads binary files of CIFAR, one after the other.

    Args:
        paths: The files.
        label_bytes: Label bytes before each image; the last of them is the class.
        classes: How many classes there are.

    Raises:
        InvalidInputError: A file cannot be read, holds no whole number of records, or a class too high.
    """
    size = label_bytes + _PIXELS
    records = []
    for path in paths:
        with reading(path, "a file that can be read"):
            content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        if len(content) == 0 or len(content) % size:
            raise InvalidInputError(
                f"{path}: expected records of {size} bytes, got {len(content)} bytes; copy it again"
            )
        records.append(content.reshape(-1, size))
        highest = records[-1][:, label_bytes - 1].max()
        if highest >= classes:
            raise InvalidInputError(f"{path}: expected classes 0 to {classes - 1}, got {highest}; is it another CIFAR?")
    whole = np.concatenate(records)
    return Samples.of_arrays(whole[:, label_bytes:].reshape(-1, 3, 32, 32), whole[:, label_bytes - 1])


def read_cifar10(folders: Sequence[Path]) -> Source:
    """Reads CIFAR-10 from the folder that its archive unpacks to, or the one above."""
    files = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    *train, test = locate("cifar10", with_inner(folders, "cifar-10-batches-bin"), files)
    return Source(read_cifar(train, 1, 10), read_cifar([test], 1, 10), class_names=CIFAR10_NAMES)


def read_cifar100(folders: Sequence[Path]) -> Source:
    """Reads CIFAR-100, its hundred fine classes, from the folder that its archive unpacks to, or the one above."""
    train, test = locate("cifar100", with_inner(folders, "cifar-100-binary"), ["train.bin", "test.bin"])
    return Source(read_cifar([train], 2, 100), read_cifar([test], 2, 100))
