"""Trains one architecture alone: what a search's preference is held against, and what is used in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from autosnn_ray.data.dataset import Dataset
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import NeuronSettings
from autosnn_ray.spiking.weights import new_network
from autosnn_ray.training.loop import OnStep, train
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.state import TrainingState


@dataclass(frozen=True)
class Start:
    """Initial weights that are not drawn.

    Attributes:
        name: What they are, such as ``supernet`` and its checksum; a training that goes on must have the same.
        apply: Changes a new network's weights.
    """

    name: str
    apply: Callable[[SpikingNetwork], object]


def train_alone(
    space: SearchSpace,
    architecture: Architecture,
    data: Dataset,
    *,
    seed: int = 0,
    timesteps: int = 4,
    neuron: NeuronSettings | None = None,
    settings: TrainSettings | None = None,
    folder: str | Path | None = None,
    on_step: OnStep | None = None,
    start: Start | None = None,
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
        folder: Where a training that was cut off is gone on with; None to keep nothing. The finished network is not
            written there: see ``TrainedNetwork``.
        on_step: Told of every training step.
        start: Initial weights in place of drawn ones, such as those of a supernet's path.

    Returns:
        The network, in evaluation mode.

    Raises:
        CheckpointError: The folder holds an unfinished training of another kind.
        TrainingDivergedError: The loss is not finite.
    """
    neuron, settings = neuron or NeuronSettings(), settings or TrainSettings()
    architecture = space.parse(architecture)
    network = new_network(
        torch.Generator().manual_seed(seed),
        space,
        classes=data.classes,
        timesteps=timesteps,
        neuron=neuron,
        architecture=architecture,
        in_channels=data.in_channels,
        input_size=data.input_size,
    )
    if start is not None:
        start.apply(network)
    state = None
    if folder is not None:
        identity = {
            "space": space.checksum,
            "architecture": architecture,
            "data": data.checksum,
            "seed": seed,
            "timesteps": timesteps,
            "neuron": neuron.to_dict(),
            "settings": settings.to_dict(),
            "start": start.name if start else "scratch",
        }
        state = TrainingState(Path(folder), identity)
    train(network, data, settings, seed=seed, draw_paths=lambda _: [None], state=state, on_step=on_step)
    return network.eval().requires_grad_(False)
