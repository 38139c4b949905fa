"""What a data set holds, in numbers: samples by class and split, values, events; and some samples of each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autosnn_ray.data.dataset import Dataset

_AT_A_TIME = 64


@dataclass(frozen=True)
class Summary:
    """What a data set holds.

    Attributes:
        counts: For each split the samples of each class, in the order of ``class_names``.
        class_names: What the classes are called, or their numbers.
        shape: Of one sample, ``(C, H, W)`` or ``(T, C, H, W)``.
        lowest: Smallest value of any split.
        highest: Largest value of any split.
        at_most: Share of values of event counts that stand at 255, where counts end; None for other data.
        events: Mean, least and most events a sample, of event counts; None for other data.
        examples: Training samples of each class, numpy, shape ``(n, *shape)``.
    """

    counts: Mapping[str, tuple[int, ...]]
    class_names: tuple[str, ...]
    shape: tuple[int, ...]
    lowest: float
    highest: float
    at_most: float | None
    events: tuple[float, int, int] | None
    examples: Mapping[str, npt.NDArray[Any]]


def summarize(data: Dataset, examples: int = 4) -> Summary:
    """Reads a data set through and says what it holds.

    Args:
        data: The data set.
        examples: How many training samples of each class to show, the first ones.

    Example:
        >>> from autosnn_ray.data import load_dataset
        >>> summary = summarize(load_dataset("digits"))
        >>> summary.shape, summary.lowest, summary.highest, sum(summary.counts["test"])
        ((1, 8, 8), 0.0, 1.0, 360)
    """
    splits = {"train": data.train, "validation": data.validation, "test": data.test}
    names = data.class_names or tuple(str(number) for number in range(data.classes))
    are_counts = data.train.x.dtype == torch.uint8
    lowest, highest, at_most, values = float("inf"), float("-inf"), 0, 0
    events: list[Tensor] = []
    for split in splits.values():
        # Counts are mapped from the disk: few samples of them are in memory at a time.
        for begin in range(0, len(split), _AT_A_TIME):
            block = split.x[begin : begin + _AT_A_TIME]
            lowest, highest = min(lowest, float(block.min())), max(highest, float(block.max()))
            if are_counts:
                events.append(block.flatten(1).sum(dim=1, dtype=torch.int64))
                at_most, values = at_most + int((block == 255).sum()), values + block.numel()
    total = torch.cat(events) if are_counts else torch.zeros(1)
    return Summary(
        counts={
            part: tuple(torch.bincount(split.y, minlength=data.classes).tolist()) for part, split in splits.items()
        },
        class_names=names,
        shape=tuple(data.train.x.shape[1:]),
        lowest=lowest,
        highest=highest,
        at_most=at_most / values if are_counts else None,
        events=(float(total.double().mean()), int(total.min()), int(total.max())) if are_counts else None,
        examples={
            name: np.asarray(data.train.x[torch.where(data.train.y == number)[0][:examples]])
            for number, name in enumerate(names)
        },
    )
