"""Samples of one split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autosnn_ray.data.mapped import as_tensor


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

    def spread(self, count: int | None) -> Split:
        """Returns ``count`` samples, always the same: each class in its share, and evenly spaced among its own.

        However rows are sorted, classes come mixed: any few samples in a row are of several.

        Args:
            count: How many, or as many as there are; all of them as they lie, uncopied, where None.
        """
        if count is None:
            return self
        count = min(count, len(self))
        by_class = torch.argsort(self.y, stable=True)
        numbers = torch.arange(count, device=self.y.device)
        rows = by_class[(2 * numbers + 1) * len(self) // max(2 * count, 1)]
        y = self.y[rows]
        counts = torch.bincount(y)
        among_its_own = numbers - (counts.cumsum(0) - counts)[y]
        rows = rows[torch.argsort((among_its_own + 0.5) / counts[y], stable=True)]
        return Split(self.x[rows], self.y[rows])

    def to(self, device: str) -> Split:
        """Returns the samples on a device; themselves where they are there."""
        return Split(self.x.to(device), self.y.to(device))

    def __reduce__(self) -> tuple[Any, ...]:
        # As arrays: Ray maps these from its object store, where it would copy tensors.
        return _split_of, (self.x.cpu().numpy(), self.y.cpu().numpy())


def _split_of(x: npt.NDArray[Any], y: npt.NDArray[np.int64]) -> Split:
    return Split(as_tensor(x), as_tensor(y))
