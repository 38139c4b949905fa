"""Augmentations of training samples; validation and test are never augmented."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F


def no_change(x: Tensor, generator: torch.Generator) -> Tensor:
    """Returns the samples as they are."""
    return x


def shift(x: Tensor, generator: torch.Generator, pixels: int = 1) -> Tensor:
    """Moves each sample by up to ``pixels`` in height and width, filling with zeros.

    Args:
        x: Frames, shape ``(N, …, H, W)``.
        generator: What the shifts are drawn from.
        pixels: Largest shift.

    Returns:
        Frames of the same shape.
    """
    height, width = x.shape[-2:]
    padded = F.pad(x, (pixels,) * 4)
    offsets = torch.randint(0, 2 * pixels + 1, (len(x), 2), generator=generator).tolist()
    return torch.stack(
        [
            sample[..., top : top + height, left : left + width]
            for sample, (top, left) in zip(padded, offsets, strict=True)
        ]
    )


AUGMENTATIONS: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "none": no_change,
    "shift": shift,
}
"""Every augmentation by the name a data set gives it."""
