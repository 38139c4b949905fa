"""Augmentations of training samples; validation and test are never augmented."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autosnn_ray.errors import unknown_name

Black = Tensor | float
"""The value of a black pixel: one number, or one a channel, shape ``(C, 1, 1)``, where frames are normalised."""

Augmentation = Callable[[Tensor, torch.Generator, Black], Tensor]


def no_change(x: Tensor, generator: torch.Generator, black: Black = 0.0) -> Tensor:
    """Returns the samples as they are."""
    return x


def shift(x: Tensor, generator: torch.Generator, black: Black = 0.0, pixels: int = 1) -> Tensor:
    """Moves each sample by up to ``pixels`` in height and width, filling with black.

    Args:
        x: Frames, shape ``(N, …, C, H, W)``.
        generator: What the shifts are drawn from.
        black: What comes in at the edges.
        pixels: Largest shift.

    Returns:
        Frames of the same shape.
    """
    height, width = x.shape[-2:]
    offsets = torch.randint(0, 2 * pixels + 1, (len(x), 2), generator=generator) - pixels
    rows, columns = torch.arange(height) + offsets[:, :1], torch.arange(width) + offsets[:, 1:]
    outside = _outer((rows < 0) | (rows >= height), (columns < 0) | (columns >= width), x.dim())
    merged = x.flatten(1, -3) if x.dim() > 3 else x[:, None]
    samples = torch.arange(len(x))[:, None, None]
    moved = merged[samples, :, rows.clamp(0, height - 1)[:, :, None], columns.clamp(0, width - 1)[:, None, :]]
    return torch.where(outside, torch.as_tensor(black, dtype=x.dtype), moved.movedim(-1, 1).reshape(x.shape))


def crop(x: Tensor, generator: torch.Generator, black: Black = 0.0) -> Tensor:
    """Crops at random after padding each side with four black pixels."""
    return shift(x, generator, black, pixels=4)


def flip(x: Tensor, generator: torch.Generator, black: Black = 0.0) -> Tensor:
    """Mirrors half of the samples, left to right."""
    mirrored = torch.rand(len(x), generator=generator) < 0.5
    return torch.where(mirrored.reshape(-1, *[1] * (x.dim() - 1)), x.flip(-1), x)


def cutout(x: Tensor, generator: torch.Generator, black: Black = 0.0, side: int = 16) -> Tensor:
    """Sets a square to zero, the mean of normalised frames (DeVries and Taylor, 2017).

    Args:
        x: Frames, shape ``(N, …, H, W)``.
        generator: What the centres are drawn from; a square may reach over the edge.
        black: Not used.
        side: Side of the square, pixels.

    Returns:
        Frames of the same shape.
    """
    height, width = x.shape[-2:]
    centre_y = torch.randint(0, height, (len(x), 1), generator=generator)
    centre_x = torch.randint(0, width, (len(x), 1), generator=generator)
    rows = (torch.arange(height) - centre_y + side // 2).div(side, rounding_mode="floor") == 0
    columns = (torch.arange(width) - centre_x + side // 2).div(side, rounding_mode="floor") == 0
    return x.masked_fill(~_outer(~rows, ~columns, x.dim()), 0)


def _outer(rows: Tensor, columns: Tensor, dimensions: int) -> Tensor:
    """Marks pixels whose row or column is marked, shape ``(N, 1, …, H, W)``."""
    marked = rows[:, :, None] | columns[:, None, :]
    return marked.reshape(len(rows), *[1] * (dimensions - 3), *marked.shape[1:])


AUGMENTATIONS: dict[str, Augmentation] = {
    "none": no_change,
    "shift": shift,
    "crop": crop,
    "flip": flip,
    "cutout": cutout,
}
"""Every augmentation by name. A data set names one, or several joined by ``+``: ``crop+flip``."""


def find_augmentation(names: str) -> Augmentation:
    """Returns the augmentation of a name, or of several joined by ``+``, one after the other.

    Raises:
        InvalidInputError: No such augmentation.
    """
    steps = []
    for name in names.split("+") if isinstance(names, str) else [names]:
        if name not in AUGMENTATIONS:
            raise unknown_name("augmentation", name, AUGMENTATIONS)
        steps.append(AUGMENTATIONS[name])

    def all_of_them(x: Tensor, generator: torch.Generator, black: Black = 0.0) -> Tensor:
        for step in steps:
            x = step(x, generator, black)
        return x

    return all_of_them
