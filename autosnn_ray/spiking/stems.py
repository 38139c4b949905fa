"""What stands before the first slot: frames in, spikes out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from autosnn_ray.spiking.blocks import MaxPool
from autosnn_ray.spiking.layer_parts import conv, over_time
from autosnn_ray.spiking.meter import SpikeMeter
from autosnn_ray.spiking.neurons import NeuronSettings, SpikingNeuron
from autosnn_ray.spiking.segments import TimeSegments


class Stem(nn.Module):
    """One or two spiking 3x3 convolutions with 2x2 max pools between.

    Args:
        kind: Key of ``STEMS``.
        in_channels: Channels of a frame.
        channels: Channels that go out.
        neuron: The neurons' settings.
    """

    def __init__(self, kind: str, in_channels: int, channels: int, neuron: NeuronSettings) -> None:
        super().__init__()
        two = kind in ("event", "tiny_imagenet")
        self.conv1 = conv(in_channels, channels, 3)
        self.norm1 = nn.BatchNorm2d(channels)
        self.neuron1 = SpikingNeuron(neuron)
        self.pool1 = MaxPool() if two else None
        self.conv2 = conv(channels, channels, 3) if two else None
        self.norm2 = nn.BatchNorm2d(channels) if two else None
        self.neuron2 = SpikingNeuron(neuron) if two else None
        self.pool2 = MaxPool() if kind == "event" else None
        self.steps: int | None = None
        """Time steps that are run at a time to save memory; None for all of them. Not part of the state."""

    def forward(self, x: Tensor, timesteps: int, meter: SpikeMeter | None = None) -> Tensor:
        """Maps static frames ``(N, C, H, W)`` or one frame a step ``(T, N, C, H, W)`` to ``(T, N, C', H', W')``.

        A static frame is the same at every step: it is convolved once.
        """
        # A cell of one's own keeps what it likes between steps: it is run over all of them at once.
        cut = x.dim() == 5 and meter is None and torch.is_grad_enabled() and self.neuron1.cell is None
        if self.steps is not None and cut:
            return self._in_segments(x, self.steps)
        frames = x.unsqueeze(0) if x.dim() == 4 else x
        # Channels last: convolutions of few channels are several times as fast, and each layer hands the order on.
        merged = frames.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        current = self.conv1(merged).unflatten(0, frames.shape[:2])
        spikes: Tensor = self.neuron1(current, meter, norm=self.norm1, timesteps=timesteps)
        if self.pool1 is not None and self.conv2 is not None and self.norm2 is not None and self.neuron2 is not None:
            spikes = self.pool1(spikes, meter)
            spikes = self.neuron2(over_time(self.conv2, spikes), meter, norm=self.norm2)
        return spikes if self.pool2 is None else self.pool2(spikes, meter)

    def _in_segments(self, x: Tensor, steps: int) -> Tensor:
        spikes = TimeSegments(self.conv1, self.norm1, self.neuron1, self.pool1, steps)(x)
        if self.conv2 is None or self.norm2 is None or self.neuron2 is None:
            return spikes
        return TimeSegments(self.conv2, self.norm2, self.neuron2, self.pool2, steps)(spikes)
