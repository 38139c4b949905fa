"""The one training loop, for supernets and for networks of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.group import Group
from autosnn_ray.training.helpers import Helpers
from autosnn_ray.training.lead import Lead
from autosnn_ray.training.memory import MemoryPlan, plan_memory
from autosnn_ray.training.settings import SCHEDULES, TrainSettings
from autosnn_ray.training.state import TrainingState
from autosnn_ray.training.step import Stepper, new_optimizer

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


@dataclass(frozen=True)
class Epoch:
    """Where a training stands, after an epoch.

    Attributes:
        done: Epochs that are done.
        optimizer: Adam with its moments, as ``TrainingState.save`` takes it.
    """

    done: int
    optimizer: torch.optim.Optimizer


def train_epochs(
    network: SpikingNetwork,
    data: Dataset,
    settings: TrainSettings,
    *,
    seed: int,
    draw_paths: DrawPaths,
    state: TrainingState | None = None,
    on_step: OnStep | None = None,
    group: Group | None = None,
    helpers: Helpers | None = None,
) -> Iterator[Epoch]:
    """Trains a network in place on the training split, an epoch each time the next is asked for.

    Nothing is trained, and no saved state read, before the first is asked for. Between two epochs the network may be
    evaluated, and the training given up.

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
        group: The processes that train the network together, seen by the first of them, which leads: the others
            ``follow``. This process alone, where the samples are, if None.
        helpers: Processes of this machine that may join.

    Yields:
        Where the training stands, after each epoch; nothing where the saved state is that of the last.

    Raises:
        TrainingDivergedError: The loss is not finite.
        CheckpointError: The saved state belongs to another training.
    """
    group = group or Group(device=str(data.train.x.device))
    helpers = helpers or Helpers()
    network.to(group.device)
    optimizer = new_optimizer(network)
    steps_per_epoch = -(-len(data.train) // settings.batch_size)
    tracker = _Tracker(settings, steps_per_epoch, on_step)
    first = state.restore(network, optimizer) if state else 0
    paths = len(draw_paths(np.random.default_rng(0)))
    plan = _plan(network.train(), data.train.x, settings, max(group.size, helpers.share.count), paths)
    lead = Lead(Stepper(network, optimizer, settings, plan, Group(device=group.device), paths), data.train.x)
    if group.size > 1:
        lead.take_in(group)
    with lead:
        for epoch in range(first, settings.epochs):
            rng = np.random.default_rng([seed, epoch])
            generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
            order = torch.randperm(len(data.train), generator=generator)
            for position, rows in enumerate(order.split(settings.batch_size)):
                step = epoch * steps_per_epoch + position
                if joined := helpers.join(network, tracker.steps - step):
                    lead.take_in(joined)
                # On the CPU, like the generator: the same draws wherever the network is.
                x = data.augment(data.train.x[rows].cpu(), generator)
                rate = settings.learning_rate * SCHEDULES[settings.schedule](step / tracker.steps)
                tracker.step_done(step, epoch, lead.run(x, data.train.y[rows], draw_paths(rng), rate), rate)
            _check_finite(network, epoch, settings.learning_rate)
            if state:
                state.save(network, optimizer, epoch + 1, last=epoch + 1 == settings.epochs)
            yield Epoch(epoch + 1, optimizer)
            network.train()  # whoever looked at it may have left it evaluating


def _plan(network: SpikingNetwork, x: Tensor, settings: TrainSettings, processes: int, paths: int) -> MemoryPlan:
    """Finds how each process runs a step; where paths are shared out, each has the whole batch of its own."""
    share = -(-settings.batch_size // max(1, processes // paths))
    if settings.memory is None:
        return MemoryPlan(share, recompute=False, bytes=0)
    few = x[:2].to(network.head.linear.weight.device)
    return plan_memory(network, few, share, settings.memory, segments=processes <= paths)


def _check_finite(network: SpikingNetwork, epoch: int, rate: float) -> None:
    """Refuses weights that are no numbers: silent neurons can hide them from the loss."""
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise TrainingDivergedError(
                f"training diverged in epoch {epoch + 1}: {name} is not finite; lower the learning rate (now {rate:g})"
            )


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
