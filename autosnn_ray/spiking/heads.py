"""What stands after the last layer: features in, votes for classes out."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking.layer_parts import over_time
from autosnn_ray.spiking.meter import SpikeMeter
from autosnn_ray.spiking.neurons import NeuronSettings, SpikingNeuron


class Hidden(nn.Module):
    """A fully connected spiking layer: linear without bias, neuron."""

    def __init__(self, inputs: int, outputs: int, neuron: NeuronSettings) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.neuron = SpikingNeuron(neuron)

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Maps spikes ``(T, N, inputs)`` to ``(T, N, outputs)``."""
        spikes: Tensor = self.neuron(self.linear(x), meter)
        return spikes


class Head(nn.Module):
    """Features to classes: hidden layers if any, linear without bias, neuron, a vote of the neurons of each class.

    Args:
        space: Gives kind, size of the features, hidden layers and voters.
        channels: Channels that come in.
        classes: Classes to tell apart.
        neuron: The neurons' settings.
    """

    def __init__(self, space: SearchSpace, channels: int, classes: int, neuron: NeuronSettings) -> None:
        super().__init__()
        averages = space.head == "global_average"
        height, width = space.feature_size
        widths = (channels if averages else channels * height * width, *space.hidden)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.pool_neuron = SpikingNeuron(neuron) if averages else None
        self.hidden = nn.ModuleList(Hidden(inputs, outputs, neuron) for inputs, outputs in pairwise(widths))
        self.linear = nn.Linear(widths[-1], space.voters * classes, bias=False)
        self.neuron = SpikingNeuron(neuron)
        self.voters = space.voters

    def forward(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Maps spikes ``(T, N, C, H, W)`` to votes ``(N, classes)``, summed over T."""
        spikes = self.fire(x, meter)
        # Whole numbers are added before the one division: no rounding, whatever T.
        votes: Tensor = spikes.sum(dim=0).unflatten(1, (-1, self.voters)).sum(dim=2) / self.voters
        return votes

    def fire(self, x: Tensor, meter: SpikeMeter | None = None) -> Tensor:
        """Maps spikes ``(T, N, C, H, W)`` to those of the voters, ``(T, N, voters * classes)``."""
        if self.pool_neuron is not None:
            x = self.pool_neuron(over_time(self.pool, x), meter)
        x = x.flatten(2)
        for layer in self.hidden:
            x = layer(x, meter)
        spikes: Tensor = self.neuron(self.linear(x), meter)
        return spikes
