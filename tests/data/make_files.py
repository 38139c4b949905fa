"""Tiny data sets in the real formats, written byte by byte as the formats are described."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from tests.data.make_events import write_cifar10_dvs, write_dvs128_gesture, write_nmnist

TRAIN, TEST = 100, 20


def noise(count: int, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def frames_of(count: int, *shape: int) -> np.ndarray:
    """Makes as many frames as training or test have, none of which stands in both."""
    return noise(count, *shape, seed=int(count == TEST))


def labels(count: int, classes: int = 10) -> np.ndarray:
    return (np.arange(count) % classes).astype(np.uint8)


def idx_bytes(values: np.ndarray) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


def write_idx(folder: Path) -> None:
    """Half of the files compressed, half plain: both are found in the wild."""
    for prefix, count in (("train", TRAIN), ("t10k", TEST)):
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(idx_bytes(frames_of(count, 28, 28)))
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(labels(count))))


def write_cifar10(folder: Path) -> None:
    inner = folder / "cifar-10-batches-bin"
    inner.mkdir()
    x, y = noise(TRAIN, 3072), labels(TRAIN)
    whole = np.concatenate([y[:, None], x], axis=1)
    for number, part in enumerate(np.split(whole, 5), start=1):
        (inner / f"data_batch_{number}.bin").write_bytes(part.tobytes())
    test = np.concatenate([labels(TEST)[:, None], frames_of(TEST, 3072)], axis=1)
    (inner / "test_batch.bin").write_bytes(test.tobytes())


def write_cifar100(folder: Path) -> None:
    """Ten of the fine classes; the coarse label before them says something else."""
    for name, count in (("train", TRAIN), ("test", TEST)):
        fine = labels(count)[:, None]
        (folder / f"{name}.bin").write_bytes(
            np.concatenate([19 - fine, fine, frames_of(count, 3072)], axis=1).tobytes()
        )


def write_svhn(folder: Path) -> None:
    """Classes 1 to 10; 10 stands for the digit 0."""
    for name, count in (("train", TRAIN), ("test", TEST)):
        y = labels(count)[:, None].copy()
        y[y == 0] = 10
        savemat(folder / f"{name}_32x32.mat", {"X": frames_of(count, 32, 32, 3).transpose(1, 2, 3, 0), "y": y})


def write_tiny_imagenet(folder: Path) -> None:
    """Ten training images and two of validation for each of ten classes."""
    train, test = noise(TRAIN, 64, 64, 3), frames_of(TEST, 64, 64, 3)
    images = folder / "val" / "images"
    images.mkdir(parents=True)
    lines = []
    for position, (frame, label) in enumerate(zip(train, labels(TRAIN), strict=True)):
        inner = folder / "train" / f"n{label:08}" / "images"
        inner.mkdir(parents=True, exist_ok=True)
        save_image(frame, inner / f"n{label:08}_{position}.JPEG")
    for position, (frame, label) in enumerate(zip(test, labels(TEST), strict=True)):
        save_image(frame, images / f"val_{position}.JPEG")
        lines.append(f"val_{position}.JPEG\tn{label:08}\t0\t0\t62\t62\n")
    (folder / "val" / "val_annotations.txt").write_text("".join(lines))


def save_image(frame: np.ndarray, path: Path) -> None:
    """Writes a JPEG of high quality where the name says so, so that colours survive nearly; else what it says."""
    options = {"format": "JPEG", "quality": 100, "subsampling": 0} if path.suffix == ".JPEG" else {}
    Image.fromarray(frame).save(path, **options)


WRITERS = {
    "digits": lambda _: None,
    "mnist": write_idx,
    "fashion_mnist": write_idx,
    "cifar10": write_cifar10,
    "cifar100": write_cifar100,
    "svhn": write_svhn,
    "tiny_imagenet": write_tiny_imagenet,
    "cifar10_dvs": lambda folder: write_cifar10_dvs(folder, each=50),  # nine tenths of it split evenly
    "dvs128_gesture": write_dvs128_gesture,
    "nmnist": write_nmnist,
}
"""What writes each registered data set's files into a folder."""
