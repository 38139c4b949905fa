"""Trains one architecture alone, from scratch: what a search's preference is held against."""

from __future__ import annotations

from collections.abc import Callable

import torch

from autosnn_ray.data.dataset import Dataset
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import NeuronSettings
from autosnn_ray.spiking.weights import new_network
from autosnn_ray.training.loop import OnStep, train
from autosnn_ray.training.settings import TrainSettings


def train_alone(
    space: SearchSpace,
    architecture: Architecture,
    data: Dataset,
    *,
    seed: int = 0,
    timesteps: int = 4,
    neuron: NeuronSettings | None = None,
    settings: TrainSettings | None = None,
    on_step: OnStep | None = None,
    start: Callable[[SpikingNetwork], object] | None = None,
) -> SpikingNetwork:
    """Trains an architecture as a network of its own.

    Args:
        space: The space the architecture is of.
        architecture: One choice for each slot.
        data: Trained on its training split alone.
        seed: What every random draw comes from.
        timesteps: Simulation steps T.
        neuron: The neurons' settings; AutoSNN's PLIF where None.
        settings: How to train.
        on_step: Told of every training step.
        start: Changes the initial weights, such as to those of a supernet's path.

    Returns:
        The network, in evaluation mode.
    """
    network = new_network(
        torch.Generator().manual_seed(seed),
        space,
        classes=data.classes,
        timesteps=timesteps,
        neuron=neuron or NeuronSettings(),
        architecture=space.parse(architecture),
        in_channels=data.in_channels,
        input_size=data.input_size,
    )
    if start is not None:
        start(network)
    train(network, data, settings or TrainSettings(), seed=seed, draw_paths=lambda _: [None], on_step=on_step)
    return network.eval().requires_grad_(False)
