"""What stands before the first slot: frames in, spikes out."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from autosnn_ray.spiking.blocks import MaxPool, conv, over_time
from autosnn_ray.spiking.meter import SpikeMeter
from autosnn_ray.spiking.neurons import NeuronSettings, SpikingNeuron


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

    def forward(self, x: Tensor, timesteps: int, meter: SpikeMeter | None = None) -> Tensor:
        """Maps static frames ``(N, C, H, W)`` or one frame a step ``(T, N, C, H, W)`` to ``(T, N, C', H', W')``.

        A static frame is the same at every step: it is convolved once.
        """
        if x.dim() == 4:
            current = self.norm1(self.conv1(x))
            current = current.expand(timesteps, *current.shape)
        else:
            current = over_time(lambda merged: self.norm1(self.conv1(merged)), x)
        spikes: Tensor = self.neuron1(current, meter)
        if self.pool1 is not None and self.conv2 is not None and self.norm2 is not None and self.neuron2 is not None:
            spikes = self.pool1(spikes, meter)
            conv2, norm2 = self.conv2, self.norm2
            spikes = self.neuron2(over_time(lambda merged: norm2(conv2(merged)), spikes), meter)
        return spikes if self.pool2 is None else self.pool2(spikes, meter)


class Head(nn.Module):
    """Features to classes: linear without bias, neuron, and a vote of the neurons of each class.

    Args:
        kind: Key of ``HEADS``.
        channels: Channels that come in.
        feature_size: Height and width that come in, pixels.
        classes: Classes to tell apart.
        voters: Neurons that vote for one class.
        neuron: The neurons' settings.
    """

    def __init__(
        self,
        kind: str,
        channels: int,
        feature_size: tuple[int, int],
        classes: int,
        voters: int,
        neuron: NeuronSettings,
    ) -> None:
        super().__init__()
        averages = kind == "global_average"
        features = channels if averages else channels * feature_size[0] * feature_size[1]
        self.pool_neuron = SpikingNeuron(neuron) if averages else None
        self.linear = nn.Linear(features, voters * classes, bias=False)
        self.neuron = SpikingNeuron(neuron)
        self.voters = voters

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Maps spikes ``(T, N, C, H, W)`` to votes ``(N, classes)``, summed over T."""
        if self.pool_neuron is not None:
            x = self.pool_neuron(over_time(lambda merged: F.adaptive_avg_pool2d(merged, 1), x), meter)
        spikes = self.neuron(self.linear(x.flatten(2)), meter)
        # Whole numbers are added before the one division: no rounding, whatever T.
        votes: Tensor = spikes.sum(dim=0).unflatten(1, (-1, self.voters)).sum(dim=2) / self.voters
        return votes
