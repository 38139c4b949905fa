"""Convolutions of spikes, event by event: each spike adds its weights to what lies around it, silence costs nothing.

For evaluation, where no gradient is asked for. Sums run in the order of a dense convolution over rows, columns and
channels, so that both agree to rounding, and on common processors to the last bit. A sample whose spikes are so many
that a dense convolution is faster gets one; that is decided for each sample by itself, so no result depends on what
stands beside it in a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import numpy as np
import torch
from numba import njit
from torch import Tensor, nn

from autosnn_ray.spiking.layer_parts import over_time
from autosnn_ray.spiking.memory_format import is_last
from autosnn_ray.spiking.threads import in_threads

_LEAST_ROW = 64
"""Numbers of a row of the result that one spike is added to; where they are fewer, a dense convolution is faster."""

_BUSY = 0.25
"""Share of neurons that fire from which on a dense convolution is faster."""


def convolve(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """Applies a convolution to all steps at once, event by event where that pays.

    Args:
        conv: The convolution.
        x: Spikes, or anything that is mostly zero; shape ``(T, N, C, H, W)``.

    Returns:
        What ``conv`` gives for each step, ``(T, N, C', H', W')``.
    """
    if not _pays(conv, x):
        return over_time(conv, x)
    merged = x.flatten(0, 1)
    samples, channels, height, width = merged.shape
    kernel, out_channels = conv.kernel_size[0], conv.out_channels
    # Turned round in x: the weights of a row then lie in the order of the results that they are added to.
    weights = conv.weight.detach().permute(1, 2, 3, 0).flip(2).flatten(2).contiguous()
    out, busy = merged.new_empty(samples, height, width, out_channels), np.zeros(samples, dtype=np.bool_)
    arguments = (
        merged.permute(0, 2, 3, 1).reshape(samples, height * width, channels).numpy(), weights.numpy(),
        out.flatten(1).numpy(), width, kernel, out_channels, int(_BUSY * channels * height * width), busy,
    )  # fmt: skip
    in_threads(_loop(kernel * out_channels), samples, kernel * out.numel(), *arguments)
    if busy.any():
        rows = torch.from_numpy(busy)
        out[rows] = conv(merged[rows].contiguous(memory_format=torch.channels_last)).permute(0, 2, 3, 1)
    result: Tensor = out.permute(0, 3, 1, 2).unflatten(0, x.shape[:2])
    return result


def _pays(conv: nn.Conv2d, x: Tensor) -> bool:
    kernel = conv.kernel_size[0]
    return (
        not torch.is_grad_enabled()
        and not torch.compiler.is_compiling()
        and x.device.type == "cpu"
        and x.dtype == conv.weight.dtype
        and x.dtype in (torch.float32, torch.float64)
        and x.numel() > 0
        and is_last(x)
        and conv.kernel_size == (kernel, kernel)
        and kernel in (3, 5, 7)
        and conv.stride == (1, 1)
        and conv.dilation == (1, 1)
        and conv.padding == (kernel // 2, kernel // 2)
        and conv.padding_mode == "zeros"
        and conv.groups == 1
        and conv.bias is None
        and kernel * conv.out_channels >= _LEAST_ROW
    )


@cache
def _loop(row: int) -> Callable[..., None]:
    """Compiles the loop for rows of so many numbers: a loop of known length is vectorised whole."""

    @njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})  # type: ignore[untyped-decorator]
    def run(
        first: int, last: int, x: Any, weights: Any, out: Any, width: int, kernel: int, channels: int, limit: int,
        busy: Any,
    ) -> None:  # fmt: skip
        margin, height = kernel // 2, x.shape[1] // width
        wide = width + 2 * margin
        sums = np.empty((height + 2 * margin) * wide * channels, dtype=x.dtype)  # no spike is at an edge
        firing = np.empty(x.shape[2], dtype=np.int64)
        for n in range(first, last):
            spikes = 0
            for at in range(x.shape[1]):
                for c in range(x.shape[2]):
                    spikes += int(x[n, at, c] != 0)
            busy[n] = spikes > limit
            if busy[n]:
                continue
            sums[:] = 0
            for at in range(x.shape[1]):
                found = 0
                for c in range(x.shape[2]):
                    firing[found] = c
                    found += int(x[n, at, c] != 0)
                for k in range(kernel):
                    start = ((at // width + 2 * margin - k) * wide + at % width) * channels
                    target = sums[start : start + row]
                    for event in range(found):
                        value, line = x[n, at, firing[event]], weights[firing[event], k]
                        for i in range(row):
                            target[i] += value * line[i]
            for y in range(height):
                start = ((y + margin) * wide + margin) * channels
                out[n, y * width * channels : (y + 1) * width * channels] = sums[start : start + width * channels]

    return cast(Callable[..., None], run)
