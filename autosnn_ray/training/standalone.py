"""Trains one architecture from scratch: what a search's preference is held against, and what is used in the end."""

from __future__ import annotations

from pathlib import Path

from autosnn_ray.problem import Problem
from autosnn_ray.progress import training_bar
from autosnn_ray.space import Architecture, format_architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.loop import OnStep
from autosnn_ray.training.scratch import ScratchTraining, Start
from autosnn_ray.training.settings import TrainSettings


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
    architecture = problem.space.parse(architecture)
    with training_bar(format_architecture(architecture) or "network", progress=progress, then=on_step) as told:
        training = ScratchTraining(
            problem, architecture, seed=seed, settings=settings, folder=folder, on_step=told, start=start
        )
        while training.step():
            pass
    return training.network.eval().requires_grad_(False)
