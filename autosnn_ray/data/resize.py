"""Brings frames to the size a space needs, without inventing pixels."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def fit_size(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Averages frames down by the least whole factor that makes them fit, and pads them with zeros all round.

    Args:
        x: Frames, shape ``(N, …, H, W)``.
        size: Height and width to reach, pixels.

    Returns:
        Frames, shape ``(N, …, *size)``.

    Example:
        >>> import torch
        >>> fit_size(torch.ones(2, 1, 28, 28), (16, 16))[0, 0].sum()  # 14x14 averages, one zero on each side
        tensor(196.)
    """
    factors = [-(-side // wanted) for side, wanted in zip(x.shape[-2:], size, strict=True)]
    # A side the factor does not divide is padded first: no pixel is dropped.
    x = _pad(x, tuple(-(-side // factor) * factor for side, factor in zip(x.shape[-2:], factors, strict=True)))
    if factors != [1, 1]:
        merged = F.avg_pool2d(x.reshape(-1, 1, *x.shape[-2:]), (factors[0], factors[1]))
        x = merged.reshape(*x.shape[:-2], *merged.shape[-2:])
    return _pad(x, size)


def _pad(x: Tensor, size: tuple[int, ...]) -> Tensor:
    missing_h, missing_w = (wanted - side for side, wanted in zip(x.shape[-2:], size, strict=True))
    if missing_h == missing_w == 0:
        return x
    top, left = missing_h // 2, missing_w // 2
    return F.pad(x, (left, missing_w - left, top, missing_h - top))


def fit_counts(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Adds counts of events up where ``fit_size`` averages; a sum ends at 255.

    Args:
        x: Counts, uint8, shape ``(N, …, H, W)``.
        size: Height and width to reach, pixels.

    Returns:
        Counts, uint8, shape ``(N, …, *size)``.
    """
    area = 1
    for side, wanted in zip(x.shape[-2:], size, strict=True):
        area *= -(-side // wanted)
    return (fit_size(x.float(), size) * area).round().clamp(max=255).to(x.dtype)
