"""A data set in memory: three splits that never mix."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autosnn_ray.data.augmentation import find_augmentation
from autosnn_ray.data.build import Plan, build
from autosnn_ray.data.options import VALIDATION_BY
from autosnn_ray.data.readers.arrays import checked_names, checked_pair, checked_samples
from autosnn_ray.data.readers.samples import Source
from autosnn_ray.data.split import Split
from autosnn_ray.data.splits import check_shares
from autosnn_ray.shown import as_table

__all__ = ["Arrays", "Dataset", "Split"]

Arrays = tuple[npt.ArrayLike, npt.ArrayLike]
"""Frames ``x`` and their classes ``y``."""


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
        class_names: What the classes are called, in their order; empty where that is not known.
        skipped: What was wrong with the files that were left out, where that was asked for.
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
    class_names: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

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
        groups: npt.ArrayLike | None = None,
        validation: Arrays | None = None,
        test: Arrays | None = None,
        class_names: Sequence[str] = (),
    ) -> Dataset:
        """Splits samples by class into training, validation and test.

        Args:
            name: What to call the data set.
            x: Frames, shape ``(N, C, H, W)`` (``(N, H, W)`` is read as one channel) or ``(N, T, C, H, W)``. Bytes are
                grey levels or colours and become 0 to 1, except ``(N, T, 2, H, W)``: counts of events, which stay. All
                other numbers are taken as they are.
            y: Classes 0, 1, 2 …, shape ``(N,)``.
            seed: What the splits are drawn from.
            validation_share: Share of all samples that validates, between 0 and 1.
            test_share: Share of all samples that tests, between 0 and 1.
            augmentation: Key of ``AUGMENTATIONS``, for training samples only.
            groups: Whom or what each sample is of, shape ``(N,)``: no group stands in two splits that are drawn.
            validation: Validation samples of your own, in place of a share.
            test: Test samples of your own, in place of a share.
            class_names: What the classes are called, in their order.

        Returns:
            The data set; each class has the same share in each split, to rounding, or as nearly as groups allow.

        Raises:
            InvalidInputError: Shapes that do not fit, values that are not finite numbers, classes that are not
                0, 1, 2 …, or shares that leave a split without samples of every class.

        Example:
            >>> rng = np.random.default_rng(0)
            >>> data = Dataset.from_arrays("noise", rng.random((100, 8, 8)), np.arange(100) % 5)
            >>> data.train.x.shape, len(data.validation), len(data.test)
            (torch.Size([60, 1, 8, 8]), 20, 20)
        """
        check_shares(validation_share=validation_share, test_share=test_share)
        where = f"data set {name!r}"
        source = Source(
            checked_samples(where, x, y, groups),
            checked_pair(where, "test", test),
            checked_pair(where, "validation", validation),
            checked_names(where, class_names),
        )
        built = build(source, Plan(name, seed, shares=(validation_share, test_share)))
        return cls(
            name=name,
            classes=built.classes,
            train=built.splits["train"],
            validation=built.splits["validation"],
            test=built.splits["test"],
            augmentation=augmentation,
            seed=seed,
            class_names=built.class_names,
        )

    def __repr__(self) -> str:
        lines = [f"{name}: {value}" for name, value in self._facts().items()]
        return "\n  ".join([f"Dataset {self.name!r}", *lines])

    def _repr_html_(self) -> str:
        """Returns the same as a table, for notebooks."""
        return as_table(f"Dataset {self.name!r}", self._facts())

    def _facts(self) -> dict[str, str]:
        names = ", ".join(self.class_names[:10]) + (", …" if len(self.class_names) > 10 else "")
        shape = tuple(self.train.x.shape[1:])
        values = "counts of events" if self.train.x.dtype == torch.uint8 else "float32"
        facts = {
            "samples": f"{len(self.train):,} train, {len(self.validation):,} validation, {len(self.test):,} test",
            "classes": f"{self.classes}{f' ({names})' if names else ''}",
            "frames": f"{'x'.join(map(str, shape))} ({'T, C, H, W' if len(shape) == 4 else 'C, H, W'}), {values}",
            "augmentation": self.augmentation,
            "seed": str(self.seed),
        }
        if "validation_by" in self.options:
            facts["validation"] = VALIDATION_BY[self.options["validation_by"]]
        return {**facts, **({"left out": f"{len(self.skipped)} files"} if self.skipped else {})}

    def augment(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Augments training samples ``(N, …, C, H, W)``; every draw comes from the generator."""
        black = torch.tensor(self.black, dtype=x.dtype)[:, None, None] if self.black else 0.0
        return find_augmentation(self.augmentation)(x, generator, black)

    @property
    def augmented(self) -> dict[str, Any]:
        """How training samples are changed, which makes a training another one; empty where they stay as they are."""
        if self.augmentation == "none":
            return {}
        return {"augmentation": self.augmentation, "black": list(self.black)}

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

    @property
    def size_bytes(self) -> int:
        """What the samples and classes of all splits take."""
        tensors = [tensor for split in (self.train, self.validation, self.test) for tensor in (split.x, split.y)]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def without_test(self) -> Dataset:
        """Returns the data set with no test samples in it, for whoever is to choose."""
        return replace(self, test=self.test.head(0))

    def describe(self) -> dict[str, Any]:
        """Returns name, seed, sizes, checksum, augmentation and names of classes, as checkpoints and runs keep them."""
        named = {"class_names": list(self.class_names)} if self.class_names else {}
        skipped = {"skipped": list(self.skipped)} if self.skipped else {}
        return {
            "name": self.name,
            "seed": self.seed,
            "checksum": self.checksum,
            "classes": self.classes,
            "train": len(self.train),
            "validation": len(self.validation),
            "test": len(self.test),
            "augmentation": self.augmentation,
            **self.augmented,
            "options": dict(self.options),
            **named,
            **skipped,
        }
