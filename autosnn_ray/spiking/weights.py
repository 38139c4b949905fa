"""Where a network's weights come from: a generator and nothing else, or a supernet."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import SpikingNeuron


def new_network(generator: torch.Generator, space: SearchSpace, **options: Any) -> SpikingNetwork:
    """Builds a network whose weights come from a generator and nothing else.

    Args:
        generator: What every draw comes from.
        space: The search space.
        options: As ``SpikingNetwork`` takes them.
    """
    # Built without memory: PyTorch's own initialisation would draw from its global generator.
    with torch.device("meta"):
        network = SpikingNetwork(space, **options)
    network.to_empty(device=generator.device)
    initialise(network, generator)
    return network


def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Draws all weights anew, as PyTorch does by default, from a generator and nothing else.

    Args:
        network: What is initialised, in place.
        generator: What every draw comes from.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=generator)
        elif isinstance(module, nn.BatchNorm2d | SpikingNeuron):
            module.reset_parameters()


def path_weights(state: dict[str, Tensor], network: SpikingNetwork) -> dict[str, Tensor]:
    """Picks out of a supernet's ``state_dict`` what a network of its own needs.

    Args:
        state: A supernet's ``state_dict``.
        network: A network of one architecture of the same space.

    Returns:
        The entries of ``network``'s names.
    """
    return {name: state[name] for name in network.state_dict()}
