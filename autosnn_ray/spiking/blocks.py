"""The blocks that may stand in a slot, as modules from ``(T, N, C, H, W)`` to ``(T, N, C', H', W')``."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autosnn_ray.space import Block, find_block
from autosnn_ray.spiking.layer_parts import SpikingBlock, conv, event_conv, over_time
from autosnn_ray.spiking.meter import SpikeMeter
from autosnn_ray.spiking.neurons import NeuronSettings, SpikingNeuron


def _shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    if in_channels == out_channels and stride == 1:
        return nn.Identity()
    return nn.Sequential(conv(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))


def _run_shortcut(shortcut: nn.Module | None, x: Tensor) -> tuple[Tensor | None, nn.BatchNorm2d | None]:
    """Runs a shortcut as far as its batch norm, which is left to the neuron."""
    if not isinstance(shortcut, nn.Sequential):
        return (None if shortcut is None else x), None
    convolution, norm = shortcut
    return over_time(convolution, x), cast(nn.BatchNorm2d, norm)


class Identity(SpikingBlock):
    """Passes spikes on; adds none to the count."""

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Returns its input."""
        return x


class SingleConv(SpikingBlock):
    """One spiking convolution: convolution, batch norm, neuron; with 1x1 a skip where the channels change."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int, neuron: NeuronSettings) -> None:
        super().__init__()
        self.conv = event_conv(in_channels, out_channels, kernel, stride)
        self.norm = nn.BatchNorm2d(out_channels)
        self.neuron = SpikingNeuron(neuron)

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Maps spikes through the convolution."""
        spikes: Tensor = self.neuron(over_time(self.conv, x), meter, norm=self.norm)
        return spikes


class FactorisedReduce(SpikingBlock):
    """A skip that halves the size: two 1x1 convolutions of stride 2, one of them a pixel on, side by side."""

    def __init__(self, in_channels: int, out_channels: int, neuron: NeuronSettings) -> None:
        super().__init__()
        self.conv1 = conv(in_channels, out_channels // 2, 1, 2)
        self.conv2 = conv(in_channels, out_channels - out_channels // 2, 1, 2)
        self.norm = nn.BatchNorm2d(out_channels)
        self.neuron = SpikingNeuron(neuron)

    def _reduce(self, merged: Tensor) -> Tensor:
        height, width = merged.shape[-2:]
        # A side of odd length has one pixel fewer a step on: a row of zeros makes both halves equal.
        shifted = F.pad(merged, (0, width % 2, 0, height % 2))[..., 1:, 1:]
        return torch.cat([self.conv1(merged), self.conv2(shifted)], dim=1)

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Halves height and width."""
        spikes: Tensor = self.neuron(over_time(self._reduce, x), meter, norm=self.norm)
        return spikes


class ConvBlock(SpikingBlock):
    """Two spiking convolutions, with a shortcut before the second neuron where the family is ``srb``."""

    def __init__(self, block: Block, in_channels: int, out_channels: int, stride: int, neuron: NeuronSettings) -> None:
        super().__init__()
        middle = block.width or out_channels
        self.conv1 = event_conv(in_channels, middle, block.kernel, stride)
        self.norm1 = nn.BatchNorm2d(middle)
        self.neuron1 = SpikingNeuron(neuron)
        self.conv2 = event_conv(middle, out_channels, block.kernel)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.shortcut = _shortcut(in_channels, out_channels, stride) if block.family == "srb" else None
        self.neuron2 = SpikingNeuron(neuron)

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Maps spikes through both convolutions."""
        spikes = self.neuron1(over_time(self.conv1, x), meter, norm=self.norm1)
        shortcut, norm = _run_shortcut(self.shortcut, x)
        out: Tensor = self.neuron2(
            over_time(self.conv2, spikes), meter, norm=self.norm2, shortcut=shortcut, shortcut_norm=norm
        )
        return out


class InvertedBottleneck(SpikingBlock):
    """1x1 to a wider middle, k x k, 1x1 back; a shortcut at stride 1.

    The original calls the middle depth-wise and gives it no groups; ``depthwise`` makes it so.
    """

    def __init__(
        self,
        block: Block,
        in_channels: int,
        out_channels: int,
        stride: int,
        neuron: NeuronSettings,
        depthwise: bool = False,
    ) -> None:
        super().__init__()
        middle = block.width or block.expansion * in_channels
        self.conv1 = event_conv(in_channels, middle, 1)
        self.norm1 = nn.BatchNorm2d(middle)
        self.neuron1 = SpikingNeuron(neuron)
        self.conv2 = event_conv(middle, middle, block.kernel, stride, groups=middle if depthwise else 1)
        self.norm2 = nn.BatchNorm2d(middle)
        self.neuron2 = SpikingNeuron(neuron)
        self.conv3 = event_conv(middle, out_channels, 1)
        self.norm3 = nn.BatchNorm2d(out_channels)
        self.shortcut = _shortcut(in_channels, out_channels, 1) if stride == 1 else None
        self.neuron3 = SpikingNeuron(neuron)

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Maps spikes through the bottleneck."""
        spikes = self.neuron1(over_time(self.conv1, x), meter, norm=self.norm1)
        spikes = self.neuron2(over_time(self.conv2, spikes), meter, norm=self.norm2)
        shortcut, norm = _run_shortcut(self.shortcut, x)
        out: Tensor = self.neuron3(
            over_time(self.conv3, spikes), meter, norm=self.norm3, shortcut=shortcut, shortcut_norm=norm
        )
        return out


class MaxPool(SpikingBlock):
    """2x2 maximum; what comes out counts as spikes, as the original counts it."""

    def __init__(self) -> None:
        super().__init__()
        self.layer_name = "max_pool"

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Halves height and width."""
        spikes = over_time(lambda merged: F.max_pool2d(merged, 2), x)
        if meter is not None:
            meter.add(self.layer_name, spikes)
        return spikes


class AvgPool(SpikingBlock):
    """2x2 average, then a neuron."""

    def __init__(self, neuron: NeuronSettings) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(2)
        self.neuron = SpikingNeuron(neuron)

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Halves height and width."""
        spikes: Tensor = self.neuron(over_time(self.pool, x), meter)
        return spikes


def _skip(block: Block, in_channels: int, out_channels: int, stride: int, neuron: NeuronSettings) -> SpikingBlock:
    if stride > 1:
        return FactorisedReduce(in_channels, out_channels, neuron)
    return Identity() if in_channels == out_channels else SingleConv(in_channels, out_channels, 1, 1, neuron)


def _conv(block: Block, in_channels: int, out_channels: int, stride: int, neuron: NeuronSettings) -> SpikingBlock:
    return SingleConv(in_channels, out_channels, block.kernel, stride, neuron)


def _max_pool(block: Block, in_channels: int, out_channels: int, stride: int, neuron: NeuronSettings) -> SpikingBlock:
    return MaxPool()


def _avg_pool(block: Block, in_channels: int, out_channels: int, stride: int, neuron: NeuronSettings) -> SpikingBlock:
    return AvgPool(neuron)


FAMILIES: dict[str, Callable[[Block, int, int, int, NeuronSettings], SpikingBlock]] = {
    "skip": _skip,
    "conv": _conv,
    "scb": ConvBlock,
    "srb": ConvBlock,
    "sib": InvertedBottleneck,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
}
"""How each family of blocks is built, from block, channels in and out, stride and neuron."""


def build_block(name: str, in_channels: int, out_channels: int, stride: int, neuron: NeuronSettings) -> SpikingBlock:
    """Builds a block by name.

    Args:
        name: Key of ``BLOCKS``, with channels inside (``srb_k3_c8``) or without.
        in_channels: Channels that come in.
        out_channels: Channels that go out.
        stride: By how much height and width are divided.
        neuron: The neurons' settings.

    Raises:
        InvalidInputError: No such block.

    Example:
        >>> block = build_block("srb_k5", 4, 6, 2, NeuronSettings())
        >>> block(torch.ones(4, 2, 4, 8, 8)).shape
        torch.Size([4, 2, 6, 4, 4])
    """
    block = find_block(name)
    return FAMILIES[block.family](block, in_channels, out_channels, stride, neuron)
