"""A data set in memory: three splits that never mix."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autosnn_ray.data.augmentation import find_augmentation
from autosnn_ray.data.splits import check_shares, split_off
from autosnn_ray.errors import InvalidInputError


@dataclass(frozen=True)
class Split:
    """Samples of one split.

    Attributes:
        x: Frames, float32, shape ``(N, C, H, W)`` or ``(N, T, C, H, W)``; of event data counts, uint8, shape
            ``(N, T, 2, H, W)``, mapped from the disk: no more of them is in memory than there is room for.
        y: Classes, int64, shape ``(N,)``.
    """

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)

    def head(self, count: int) -> Split:
        """Returns the first ``count`` samples, as views."""
        return Split(self.x[:count], self.y[:count])


@dataclass(frozen=True)
class Dataset:
    """Samples with their classes, split into training, validation and test.

    Only training samples are ever augmented; ``test`` is for the final report alone.

    Attributes:
        name: The name it is known by.
        classes: How many classes there are.
        train: What networks are trained on.
        validation: What candidates are evaluated on.
        test: What the final report is made on.
        augmentation: Key of ``AUGMENTATIONS``, or several joined by ``+``, applied to training samples.
        seed: What the splits were drawn from.
        options: What ``load_dataset`` was given besides name and seed, to load the same again.
        black: Value of a black pixel in each channel where frames are normalised; 0 where empty.
    """

    name: str
    classes: int
    train: Split
    validation: Split
    test: Split
    augmentation: str = "none"
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    black: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        find_augmentation(self.augmentation)

    @classmethod
    def from_arrays(
        cls,
        name: str,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        seed: int = 0,
        validation_share: float = 0.2,
        test_share: float = 0.2,
        augmentation: str = "none",
    ) -> Dataset:
        """Splits samples by class into training, validation and test.

        Args:
            name: What to call the data set.
            x: Frames, shape ``(N, C, H, W)`` (``(N, H, W)`` is read as one channel) or ``(N, T, C, H, W)``.
            y: Classes 0, 1, 2 …, shape ``(N,)``.
            seed: What the splits are drawn from.
            validation_share: Share of all samples that validates, between 0 and 1.
            test_share: Share of all samples that tests, between 0 and 1.
            augmentation: Key of ``AUGMENTATIONS``, for training samples only.

        Returns:
            The data set; each class has the same share in each split, to rounding.

        Raises:
            InvalidInputError: Shapes that do not fit, values that are not finite, classes that are not
                0, 1, 2 …, or shares that leave a split without samples of every class.

        Example:
            >>> rng = np.random.default_rng(0)
            >>> data = Dataset.from_arrays("noise", rng.random((100, 8, 8)), np.arange(100) % 5)
            >>> data.train.x.shape, len(data.validation), len(data.test)
            (torch.Size([60, 1, 8, 8]), 20, 20)
        """
        frames, labels = _checked(name, np.asarray(x, dtype=np.float32), np.asarray(y))
        check_shares(validation_share=validation_share, test_share=test_share)
        rest, test = split_off(name, np.arange(len(labels)), labels, test_share, seed)
        train, validation = split_off(name, rest, labels, validation_share / (1 - test_share), seed)

        def part(rows: npt.NDArray[np.int64]) -> Split:
            rows = np.sort(rows)
            return Split(torch.from_numpy(frames[rows]), torch.from_numpy(labels[rows]))

        return cls(
            name=name,
            classes=int(labels.max()) + 1,
            train=part(train),
            validation=part(validation),
            test=part(test),
            augmentation=augmentation,
            seed=seed,
        )

    def augment(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Augments training samples ``(N, …, C, H, W)``; every draw comes from the generator."""
        black = torch.tensor(self.black, dtype=x.dtype)[:, None, None] if self.black else 0.0
        return find_augmentation(self.augmentation)(x, generator, black)

    @property
    def in_channels(self) -> int:
        """Channels of a frame."""
        return int(self.train.x.shape[-3])

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of a frame, pixels."""
        return int(self.train.x.shape[-2]), int(self.train.x.shape[-1])

    @property
    def chance(self) -> float:
        """Accuracy of always naming the commonest class of the validation split."""
        return float(torch.bincount(self.validation.y, minlength=self.classes).max()) / len(self.validation)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over the samples and classes of all splits, in their order."""
        digest = hashlib.sha256()
        for split in (self.train, self.validation, self.test):
            for tensor in (split.x, split.y):
                digest.update(str(tuple(tensor.shape)).encode())
                digest.update(np.ascontiguousarray(tensor.numpy()).data)
        return digest.hexdigest()

    def without_test(self) -> Dataset:
        """Returns the data set with no test samples in it, for whoever is to choose."""
        return replace(self, test=self.test.head(0))

    def describe(self) -> dict[str, Any]:
        """Returns name, seed, sizes and checksum, as they are kept with checkpoints and runs."""
        return {
            "name": self.name,
            "seed": self.seed,
            "checksum": self.checksum,
            "classes": self.classes,
            "train": len(self.train),
            "validation": len(self.validation),
            "test": len(self.test),
            "augmentation": self.augmentation,
            "options": dict(self.options),
        }


def _checked(
    name: str, x: npt.NDArray[np.float32], y: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    if x.ndim == 3:
        x = x[:, None]
    if x.ndim not in (4, 5) or y.shape != (len(x),):
        raise InvalidInputError(
            f"data set {name!r}: expected x of shape (N, C, H, W) or (N, T, C, H, W) and y of shape (N,), "
            f"got {x.shape} and {y.shape}"
        )
    if not np.isfinite(x).all():
        raise InvalidInputError(f"data set {name!r}: x holds values that are not finite; remove or replace them")
    return x, checked_classes(name, y)


def checked_classes(name: str, y: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Returns classes as int64.

    Raises:
        InvalidInputError: They are not 0, 1, 2 …, each there at least once.
    """
    if not np.issubdtype(y.dtype, np.integer):
        raise InvalidInputError(f"data set {name!r}: expected whole numbers as classes, got {y.dtype}")
    present = np.unique(y)
    if len(present) < 2 or not np.array_equal(present, np.arange(len(present))):
        raise InvalidInputError(f"data set {name!r}: expected classes 0, 1, 2 …, got {present[:10].tolist()}")
    return y.astype(np.int64)
