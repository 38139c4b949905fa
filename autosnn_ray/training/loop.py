"""The one training loop, for supernets and for networks of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.evaluation.losses import LOSSES
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.memory import MemoryPlan, plan_memory, recomputing
from autosnn_ray.training.settings import SCHEDULES, TrainSettings
from autosnn_ray.training.state import TrainingState

DrawPaths = Callable[[np.random.Generator], Sequence[Architecture | None]]
"""Draws the paths of one step; ``[None]`` for a network of its own."""


class TrainingDivergedError(AutoSNNError):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands, after a step.

    Attributes:
        step: Steps done.
        steps: Steps in all.
        epoch: The epoch the step belongs to, from 1.
        epochs: Epochs in all.
        loss: Loss averaged over about the last twenty steps.
        learning_rate: Rate of the step.
    """

    step: int
    steps: int
    epoch: int
    epochs: int
    loss: float
    learning_rate: float


OnStep = Callable[[Progress], None]


def train(
    network: SpikingNetwork,
    data: Dataset,
    settings: TrainSettings,
    *,
    seed: int,
    draw_paths: DrawPaths,
    state: TrainingState | None = None,
    on_step: OnStep | None = None,
) -> None:
    """Trains a network in place on the training split.

    Every epoch draws order, augmentation and paths from a generator of its own, made of seed and epoch: a
    training that goes on from a saved epoch ends with the weights of an undisturbed one.

    Args:
        network: What is trained; initialised by the caller.
        data: Only its training split is used.
        settings: How to train.
        seed: What every draw comes from.
        draw_paths: Draws the paths of one step; their gradients are added before one update.
        state: Where to save after epochs, and to go on from; None to keep nothing.
        on_step: Told of every step.

    Raises:
        TrainingDivergedError: The loss is not finite.
        CheckpointError: The saved state belongs to another training.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, fused=True)
    steps_per_epoch = -(-len(data.train) // settings.batch_size)
    tracker = _Tracker(settings, steps_per_epoch, on_step)
    first = state.restore(network, optimizer) if state else 0
    plan = MemoryPlan(settings.batch_size, recompute=False, bytes=0)
    if settings.memory is not None:
        plan = plan_memory(network, data.train.x[:2], settings.batch_size, settings.memory)
    network.train()
    for epoch in range(first, settings.epochs):
        rng = np.random.default_rng([seed, epoch])
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        order = torch.randperm(len(data.train), generator=generator)
        for position, rows in enumerate(order.split(settings.batch_size)):
            x = data.augment(data.train.x[rows], generator)
            step = epoch * steps_per_epoch + position
            rate = settings.learning_rate * SCHEDULES[settings.schedule](step / tracker.steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            with recomputing(network, plan.recompute, plan.in_time):
                loss = _step(network, optimizer, x, data.train.y[rows], draw_paths(rng), settings, plan.micro_batch)
            tracker.step_done(step, epoch, loss, rate)
        if state:
            state.save(network, optimizer, epoch + 1, last=epoch + 1 == settings.epochs)


def _step(
    network: SpikingNetwork,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    paths: Sequence[Architecture | None],
    settings: TrainSettings,
    micro_batch: int,
) -> Tensor:
    # Gradients of blocks off the paths stay None, so that Adam leaves those blocks alone.
    optimizer.zero_grad(set_to_none=True)
    total = x.new_zeros(())
    for part_x, part_y in zip(x.split(micro_batch), y.split(micro_batch), strict=True):
        share = len(part_y) / len(y)
        teacher: Tensor | None = None
        for path in paths:
            rate = network(part_x, path, count_spikes=False).logits / network.timesteps
            value = LOSSES[settings.loss](rate, part_y).mean()
            if settings.distillation and teacher is not None:
                value = (1 - settings.distillation) * value + settings.distillation * F.mse_loss(rate, teacher)
            teacher = rate.detach() if teacher is None else teacher
            (share * value).backward()
            total = total + share * value.detach()
    optimizer.step()
    return total / len(paths)


class _Tracker:
    """Follows the loss and reports it."""

    def __init__(self, settings: TrainSettings, steps_per_epoch: int, on_step: OnStep | None) -> None:
        self.steps = settings.epochs * steps_per_epoch
        self._epochs = settings.epochs
        self._on_step = on_step
        self._average: float | None = None

    def step_done(self, step: int, epoch: int, loss: Tensor, rate: float) -> None:
        value = float(loss)
        if not np.isfinite(value):
            raise TrainingDivergedError(
                f"training diverged in epoch {epoch + 1}: the loss is {value}; lower the learning rate (now {rate:g})"
            )
        self._average = value if self._average is None else 0.95 * self._average + 0.05 * value
        if self._on_step:
            self._on_step(Progress(step + 1, self.steps, epoch + 1, self._epochs, self._average, rate))
