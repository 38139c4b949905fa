"""Trains one architecture from scratch: what a search's preference is held against, and what is used in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from autosnn_ray.problem import Problem
from autosnn_ray.progress import training_bar
from autosnn_ray.space import Architecture, format_architecture
from autosnn_ray.spiking.network import SpikingNetwork
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


def train_from_scratch(
    problem: Problem,
    architecture: str | Architecture,
    *,
    seed: int = 0,
    settings: TrainSettings | None = None,
    folder: str | Path | None = None,
    on_step: OnStep | None = None,
    progress: bool | None = None,
    start: Start | None = None,
) -> SpikingNetwork:
    """Trains an architecture as a network of its own.

    Args:
        problem: Its space, T and neurons; trained on the training split of its data alone.
        architecture: One choice for each slot.
        seed: What every random draw comes from.
        settings: How to train.
        folder: Where a training that was cut off is gone on with; None to keep nothing. The finished network is not
            written there: see ``TrainedNetwork``.
        on_step: Told of every training step.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.
        start: Initial weights in place of drawn ones, such as those of a supernet's path.

    Returns:
        The network, in evaluation mode.

    Raises:
        CheckpointError: The folder holds an unfinished training of another kind.
        TrainingDivergedError: The loss is not finite.
    """
    settings = settings or TrainSettings()
    architecture = problem.space.parse(architecture)
    network = problem.network(torch.Generator().manual_seed(seed), architecture)
    if start is not None:
        start.apply(network)
    state = None
    if folder is not None:
        identity = {
            "space": problem.space.checksum,
            "architecture": architecture,
            "data": problem.data.checksum,
            "seed": seed,
            "timesteps": problem.timesteps,
            "neuron": problem.neuron.to_dict(),
            "settings": settings.to_dict(),
            "start": start.name if start else "scratch",
        }
        state = TrainingState(Path(folder), identity)
    with training_bar(format_architecture(architecture) or "network", progress=progress, then=on_step) as told:
        train(network, problem.data, settings, seed=seed, draw_paths=lambda _: [None], state=state, on_step=told)
    return network.eval().requires_grad_(False)
