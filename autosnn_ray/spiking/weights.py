"""Where a network's weights come from: a generator and nothing else, or a supernet."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from autosnn_ray.errors import InvalidInputError
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

    A module of one's own that has parameters or buffers itself sets them in ``reset_parameters``, as PyTorch's do.

    Args:
        network: What is initialised, in place.
        generator: What every draw comes from.

    Raises:
        InvalidInputError: A module has values that nothing sets.
    """
    in_cells = {
        part for neuron in network.modules() if isinstance(neuron, SpikingNeuron) for part in [*neuron.modules()][1:]
    }
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=generator)
            if module.bias is not None:
                bound = 1 / math.sqrt(module.weight[0].numel())
                nn.init.uniform_(module.bias, -bound, bound, generator=generator)
        elif isinstance(module, nn.BatchNorm2d | SpikingNeuron):
            module.reset_parameters()
        elif module not in in_cells:
            _reset_own(name, module, generator)


def _reset_own(name: str, module: nn.Module, generator: torch.Generator) -> None:
    """Lets a module of one's own set its values; what it draws comes from the generator too."""
    own = [key for key, _ in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]]
    if not own:
        return
    if not callable(reset := getattr(module, "reset_parameters", None)):
        raise InvalidInputError(
            f"{name} ({type(module).__name__}): nothing sets {', '.join(own)} when a network is built; do so in a "
            "method reset_parameters(self)"
        )
    seed = int(torch.randint(2**31, (), generator=generator, device=generator.device))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        reset()


def path_weights(state: dict[str, Tensor], network: SpikingNetwork) -> dict[str, Tensor]:
    """Picks out of a supernet's ``state_dict`` what a network of its own needs.

    Args:
        state: A supernet's ``state_dict``.
        network: A network of one architecture of the same space.

    Returns:
        The entries of ``network``'s names.
    """
    return {name: state[name] for name in network.state_dict()}
