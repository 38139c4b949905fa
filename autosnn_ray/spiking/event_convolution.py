"""Convolutions of spikes, event by event: each spike adds its weights to what lies around it, silence costs nothing.

For evaluation, where no gradient is asked for. Sums run in the order of a dense convolution over rows, columns and
channels, so that both agree to rounding, and on common processors to the last bit. A sample whose spikes are so many
that a dense convolution is faster gets one; that is decided for each sample by itself, so no result depends on what
stands beside it in a batch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autosnn_ray.spiking.event_loop import block_of, event_loop
from autosnn_ray.spiking.recording import is_watched
from autosnn_ray.spiking.threads import in_threads

_LEAST_ROW = 64
"""Numbers of a row of the result that one spike is added to; where they are fewer, a dense convolution is faster."""

_BUSY = 0.4
"""Share of neurons that fire from which on a dense convolution is faster."""


class EventConv2d(nn.Conv2d):
    """A convolution that runs event by event where that pays; whatever it runs, hooks on the module see it.

    Where PyTorch's own instruments look on (a tracer, a dispatch mode such as ``FlopCounterMode``), it is the dense
    convolution that they know.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Maps spikes, or anything that is mostly zero, ``(N, C, H, W)`` to ``(N, C', H', W')``."""
        return _by_events(self, x) if _pays(self, x) else super().forward(x)


def _by_events(conv: nn.Conv2d, x: Tensor) -> Tensor:
    samples, channels, height, width = x.shape
    kernel, out_channels = conv.kernel_size[0], conv.out_channels
    block = block_of(kernel, out_channels, x.element_size())
    out = x.new_empty(samples, height, width, -(-out_channels // block) * block)
    busy = np.zeros(samples, dtype=np.bool_)
    arguments = (
        x.permute(0, 2, 3, 1).reshape(samples, -1).numpy(), _rows(conv.weight.detach(), block).numpy(),
        out.flatten(1, 2).numpy(), channels, width, int(_BUSY * channels * height * width), busy,
    )  # fmt: skip
    in_threads(event_loop(block, kernel, x.element_size()), samples, kernel * out.numel(), *arguments)
    out = out[..., :out_channels].contiguous()
    if busy.any():
        rows = torch.from_numpy(busy)
        dense = F.conv2d(x[rows].contiguous(memory_format=torch.channels_last), conv.weight, padding=conv.padding)
        out[rows] = dense.permute(0, 2, 3, 1)
    result: Tensor = out.permute(0, 3, 1, 2)
    return result


def _pays(conv: nn.Conv2d, x: Tensor) -> bool:
    kernel = conv.kernel_size[0]
    return (
        not torch.is_grad_enabled()
        and not is_watched()
        and x.device.type == "cpu"
        and x.dtype == conv.weight.dtype
        and x.dtype in (torch.float32, torch.float64)
        and x.numel() > 0
        and x.dim() == 4
        and not x.is_contiguous()
        and x.is_contiguous(memory_format=torch.channels_last)
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


def _rows(weight: Tensor, block: int) -> Tensor:
    """Lays the weights in the order in which the loop takes them; missing channels of the last part are 0."""
    padded = F.pad(weight, (0, 0, 0, 0, 0, 0, 0, -len(weight) % block))
    # Turned round in x: the weights of a row then lie in the order of the results that they are added to.
    rows: Tensor = padded.flip(3).unflatten(0, (-1, block)).permute(0, 3, 2, 4, 1).flatten()
    return rows
