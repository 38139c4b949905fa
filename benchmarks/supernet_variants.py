"""Ways to train a supernet that the field knows and the product does not offer, as small changes of its own network.

Each takes a new network and changes it, or changes which paths a step draws; training and evaluation are the product's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autosnn_ray.data import Dataset
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.spiking.blocks import ConvBlock
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.weights import new_network
from autosnn_ray.training import PATH_SAMPLERS, TrainSettings
from autosnn_ray.training.loop import DrawPaths, train_epochs

Change = Callable[[SpikingNetwork], None]
Draw = Callable[[SearchSpace, int], DrawPaths]
"""From a space and the training's steps to what draws a step's paths."""


def trained(
    space: SearchSpace, data: Dataset, seed: int, settings: TrainSettings, draw: Draw, change: Change | None = None
) -> SpikingNetwork:
    """Trains a supernet by the product's loop, after a change of its network."""
    network = new_network(
        torch.Generator().manual_seed(seed), space, classes=data.classes, timesteps=4, in_channels=data.in_channels,
        input_size=data.input_size,
    )  # fmt: skip
    if change is not None:
        change(network)
    steps = settings.epochs * -(-len(data.train) // settings.batch_size)
    for _ in train_epochs(network, data, settings, seed=seed, draw_paths=draw(space, steps)):
        pass
    return network.eval().requires_grad_(False)


def plainly(sampling: str) -> Draw:
    return lambda space, _: lambda rng: PATH_SAMPLERS[sampling](space, rng)


def slot_by_slot(sampling: str) -> Draw:
    """For the first half, slots join one after the other; those that have not joined hold their last choice."""

    def draw(space: SearchSpace, steps: int) -> DrawPaths:
        done = 0
        fixed = tuple(slot.choices[-1] for slot in space.slots)

        def paths(rng: np.random.Generator) -> Sequence[Architecture]:
            nonlocal done
            free = min(len(fixed), 1 + int(2 * len(fixed) * done / steps))
            done += 1
            return [path[:free] + fixed[free:] for path in PATH_SAMPLERS[sampling](space, rng)]

        return paths

    return draw


class NormPerPredecessor(nn.Module):
    """Batch norm with statistics and scale of its own for each choice of the slot before."""

    def __init__(self, norm: nn.BatchNorm2d, predecessors: Sequence[str]) -> None:
        super().__init__()
        self.norms = nn.ModuleDict({name: nn.BatchNorm2d(norm.num_features) for name in predecessors})
        self.current = predecessors[0]

    def forward(self, x: Tensor) -> Tensor:
        """Normalises by the current predecessor's statistics."""
        return self.norms[self.current](x)


def norm_per_predecessor(network: SpikingNetwork) -> None:
    slots = [number for number, layer in enumerate(network.space.layers) if layer.is_slot]
    switches: list[tuple[int, NormPerPredecessor]] = []
    for before, (number, slot) in enumerate(zip(slots[1:], network.space.slots, strict=False)):
        for module in list(network.layers[number].modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, nn.BatchNorm2d):
                    switch = NormPerPredecessor(child, slot.choices)
                    setattr(module, name, switch)
                    switches.append((before, switch))

    def choose(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        for before, switch in switches:
            switch.current = arguments[1][before]

    network.register_forward_pre_hook(choose)


class CentreOf(nn.Module):
    """A 3x3 convolution whose weights are the middle of a 5x5 one's."""

    def __init__(self, larger: nn.Conv2d) -> None:
        super().__init__()
        self._larger = (larger,)  # in a tuple, so that its weights stay those of one module

    def forward(self, x: Tensor) -> Tensor:
        """Convolves with the middle of the larger kernel."""
        larger = self._larger[0]
        return F.conv2d(x, larger.weight[..., 1:-1, 1:-1], stride=larger.stride, padding=1)


def shared_kernels(network: SpikingNetwork) -> None:
    for blocks in network.layers:
        for family in ("scb", "srb"):
            if f"{family}_k3" not in blocks or f"{family}_k5" not in blocks:
                continue
            small, large = blocks[f"{family}_k3"], blocks[f"{family}_k5"]
            if isinstance(small, ConvBlock) and isinstance(large, ConvBlock):
                small.conv1, small.conv2 = CentreOf(large.conv1), CentreOf(large.conv2)


class Currents(nn.Module):
    """In the last neurons' place: what they are fed, unspent, so that the loss is on currents instead of rates."""

    def forward(self, current: Tensor, meter: object = None) -> Tensor:
        """Hands the currents on."""
        return current


def loss_on_currents(network: SpikingNetwork) -> None:
    network.head.neuron = Currents()


def gradient_agreement(
    network: SpikingNetwork, data: Dataset, rng: np.random.Generator, pairs: int = 30, samples: int = 128
) -> tuple[float, float]:
    """Holds gradients of two paths against each other at the blocks that both run.

    Returns:
        The mean cosine between them, and the share of pairs whose gradients point away from each other.
    """
    network.requires_grad_(True)
    x, y = data.train.x[:samples], data.train.y[:samples]
    target = F.one_hot(y, data.classes).float()
    cosines = []
    for _ in range(pairs):
        first = network.space.sample(rng)
        slot = int(rng.integers(len(first)))
        other = [*network.space.sample(rng)]
        other[slot] = first[slot]
        gradients = []
        for path in (first, tuple(other)):
            network.zero_grad(set_to_none=True)
            rate = network(x, path, count_spikes=False).logits / network.timesteps
            F.mse_loss(rate, target).backward()
            gradients.append({name: p.grad for name, p in network.named_parameters() if p.grad is not None})
        shared = [name for name in gradients[0] if name in gradients[1] and name.startswith("layers.")]
        if shared:
            one, two = (torch.cat([gradient[name].flatten() for name in shared]) for gradient in gradients)
            cosines.append(float(F.cosine_similarity(one, two, dim=0)))
    network.zero_grad(set_to_none=True)
    network.requires_grad_(False)
    return float(np.mean(cosines)), float(np.mean([cosine < 0 for cosine in cosines]))


def split_by(space: SearchSpace, slot: int) -> dict[str, SearchSpace]:
    """One space for each choice of a slot, in which that slot has no other."""
    position = [i for i, layer in enumerate(space.layers) if layer.is_slot][slot]
    found = {}
    for choice in space.slots[slot].choices:
        layers = list(space.layers)
        layers[position] = replace(layers[position], choices=(choice,))
        found[choice] = replace(space, name=f"{space.name}-{choice}", layers=tuple(layers))
    return found
