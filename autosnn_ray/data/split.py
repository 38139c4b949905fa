"""Samples of one split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
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

    def to(self, device: str) -> Split:
        """Returns the samples on a device; themselves where they are there."""
        return Split(self.x.to(device), self.y.to(device))

    def __reduce__(self) -> tuple[Any, ...]:
        # As arrays: Ray maps these from its object store, where it would copy tensors.
        return _split_of, (self.x.cpu().numpy(), self.y.cpu().numpy())


def _split_of(x: npt.NDArray[Any], y: npt.NDArray[np.int64]) -> Split:
    return Split(as_tensor(x), as_tensor(y))
