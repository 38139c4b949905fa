"""What blocks are made of."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from autosnn_ray.spiking.event_convolution import EventConv2d
from autosnn_ray.spiking.meter import SpikeMeter


def over_time(module: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Applies a module without time to all steps at once, on the merged batch ``(T*N, …)``."""
    merged: Tensor = module(x.flatten(0, 1)).unflatten(0, x.shape[:2])
    return merged


def is_plain(norm: nn.Module | None) -> bool:
    """Says whether a batch norm does what its class does: one that shares statistics does not."""
    return norm is None or (type(norm) is nn.BatchNorm2d and "forward" not in vars(norm))


class SpikingBlock(nn.Module):
    """A block: spikes in, spikes out, counted by a meter where one is given."""

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Maps ``(T, N, C, H, W)`` to ``(T, N, C', H', W')``."""
        raise NotImplementedError


def conv(in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Makes a convolution without bias that keeps the size at stride 1."""
    return nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, groups=groups, bias=False)


def event_conv(in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1) -> EventConv2d:
    """Makes the same for spikes: event by event where that pays."""
    return EventConv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
