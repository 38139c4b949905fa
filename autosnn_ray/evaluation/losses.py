"""What training minimises and evaluations report."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F


def _mse(rate: Tensor, y: Tensor) -> Tensor:
    return F.mse_loss(rate, F.one_hot(y, rate.shape[1]).to(rate.dtype), reduction="none").mean(dim=1)


def _cross_entropy(rate: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(rate, y, reduction="none")


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": _mse,
    "cross_entropy": _cross_entropy,
}
"""Losses of output rates ``(N, classes)`` (spikes per voter and time step) and classes ``(N,)``, one value a
sample: the mean squared error to the one-hot class (AutoSNN's), or the cross-entropy with rates as logits."""
