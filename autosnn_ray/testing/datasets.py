"""The laws of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from autosnn_ray.data import DATASETS, Dataset, Split, find_entry, load_dataset
from autosnn_ray.data.load import load_described
from autosnn_ray.testing.laws import by_name, obey, require


@dataclass(frozen=True)
class DatasetCase:
    """A data set by its name.

    Attributes:
        name: As it is registered.
        options: Further arguments of ``load_dataset``, such as ``folder``.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def load(self, seed: int = 0) -> Dataset:
        """Loads it."""
        return load_dataset(self.name, seed=seed, **self.options)

    @cached_property
    def data(self) -> Dataset:
        """The data set, loaded once."""
        return self.load()

    @property
    def splits(self) -> dict[str, Split]:
        """Its splits by name."""
        return {"train": self.data.train, "validation": self.data.validation, "test": self.data.test}


def check_dataset(name: str, **options: Any) -> None:
    """Holds a data set against every law.

    Args:
        name: The name it is registered by.
        options: Further arguments of ``load_dataset``, such as ``folder``.

    Raises:
        InvalidInputError: No such data set.
        LawBrokenError: Names every law that it breaks.

    Example:
        >>> check_dataset("digits")
    """
    find_entry(name)
    obey(f"data set {name!r}", DATASET_LAWS, [DatasetCase(name, options)])


def has_samples_of_the_right_form(case: DatasetCase) -> None:
    """Frames are float32 `(N, C, H, W)`, or of events uint8 `(N, T, 2, H, W)`, all finite; classes int64 `(N,)`."""
    for name, split in case.splits.items():
        require(split.x.ndim in (4, 5), f"frames of {name} have the shape {tuple(split.x.shape)}")
        expected = torch.uint8 if case.data.train.x.ndim == 5 and DATASETS[case.name].is_events else torch.float32
        require(split.x.dtype == expected, f"frames of {name} are {split.x.dtype}, expected {expected}")
        require(split.y.dtype == torch.int64, f"classes of {name} are {split.y.dtype}")
        require(len(split.x) == len(split.y) > 0, f"{name} has {len(split.x)} frames and {len(split.y)} classes")
        require(bool(split.x.float().isfinite().all()), f"{name} holds values that are not finite")


def every_split_has_every_class(case: DatasetCase) -> None:
    """Classes are 0, 1, 2 …, and each split has samples of each."""
    for name, split in case.splits.items():
        counts = torch.bincount(split.y, minlength=case.data.classes)
        require(len(counts) == case.data.classes, f"{name} has classes of {case.data.classes} or more")
        require(bool((counts > 0).all()), f"{name} lacks classes {(counts == 0).nonzero().flatten().tolist()}")


def no_sample_is_in_two_splits(case: DatasetCase) -> None:
    """No frame stands in two splits, but for one in a hundred: published sets hold some images twice."""
    seen = {name: {one.numpy().tobytes() for one in split.x} for name, split in case.splits.items()}
    for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
        both = len(seen[first] & seen[second])
        require(both <= 0.01 * len(seen[second]), f"{both} of {len(seen[second])} in {second} are in {first} too")


def is_the_same_each_time(case: DatasetCase) -> None:
    """Loaded again, or from what a journal says of it, it is the same."""
    require(case.load().checksum == case.data.checksum, "loaded twice it is not the same")
    again = load_described(case.data.describe())
    require(again.checksum == case.data.checksum, "loaded from its description it is not the same")


def is_split_by_its_seed(case: DatasetCase) -> None:
    """Where its splits are drawn another seed draws others, from the same samples."""
    other = case.load(seed=1)
    sizes = [len(split) for split in (other.train, other.validation, other.test)]
    require(sizes == [len(split) for split in case.splits.values()], f"with another seed splits have {sizes} samples")
    require(other.classes == case.data.classes, f"with another seed there are {other.classes} classes")


DATASET_LAWS = by_name(
    (
        has_samples_of_the_right_form,
        every_split_has_every_class,
        no_sample_is_in_two_splits,
        is_the_same_each_time,
        is_split_by_its_seed,
    )
)
"""Every law of a data set, by name."""
