"""How ``(T, N, C, H, W)`` tensors lie in memory, and their views as the flat arrays that the compiled loops take."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Array = npt.NDArray[Any]


def is_last(x: Tensor) -> bool:
    """Whether channels lie next to each other in memory."""
    if x.dim() != 5:
        return False
    merged = x.flatten(0, 1)
    return not merged.is_contiguous() and merged.is_contiguous(memory_format=torch.channels_last)


def dense(x: Tensor, like: Tensor | None = None) -> Tensor:
    """Returns the values without gaps in memory, in the order of ``like``, or in their own."""
    last = is_last(x if like is None else like)
    if x.dim() != 5:
        return x.contiguous()
    merged = x.flatten(0, 1).contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)
    values: Tensor = merged.unflatten(0, x.shape[:2])
    return values


def empty(shape: torch.Size, like: Tensor) -> Tensor:
    """Makes room for values in the order of ``like``."""
    if not is_last(like):
        return like.new_empty(shape)
    steps, samples, channels, height, width = shape
    return like.new_empty((steps, samples, height, width, channels)).permute(0, 1, 4, 2, 3)


def array(x: Tensor) -> Array:
    """Views a dense tensor as ``(T, N, L)`` in the order of its memory."""
    x = x.detach()
    flat = x.permute(0, 1, 3, 4, 2) if is_last(x) else x
    values: Array = flat.reshape(*x.shape[:2], -1).numpy()
    return values


def channels(x: Tensor) -> npt.NDArray[np.int64]:
    """The channel of each neuron of a sample, in the order of memory."""
    if x.dim() < 3:
        return np.zeros(1, dtype=np.int64)
    inner, numbers = x[0, 0, 0].numel(), np.arange(x.shape[2])
    return np.tile(numbers, inner) if is_last(x) else np.repeat(numbers, inner)


def neighbours(x: Tensor) -> int:
    """How many neurons of one channel lie next to each other in memory."""
    return 1 if is_last(x) else x[0, 0].numel() if x.dim() < 3 else x[0, 0, 0].numel()
