"""The one training loop, for supernets and for networks of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import AutoSNNError, CheckpointError
from autosnn_ray.evaluation.losses import LOSSES
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.group import Group
from autosnn_ray.training.memory import MemoryPlan, plan_memory, recomputing
from autosnn_ray.training.settings import PRECISIONS, SCHEDULES, TrainSettings
from autosnn_ray.training.shared_norm import sharing_statistics
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
        group: The processes that train the network together, each with its share of every batch: losses and weights
            are those of one process, to float tolerance. The first of them saves. This process alone, where the
            samples are, if None.

    Yields:
        Where the training stands, after each epoch; nothing where the saved state is that of the last.

    Raises:
        TrainingDivergedError: The loss is not finite.
        CheckpointError: The saved state belongs to another training, or is not the same in every process.
    """
    group = group or Group(device=str(data.train.x.device))
    network.to(group.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, fused=True)
    steps_per_epoch = -(-len(data.train) // settings.batch_size)
    tracker = _Tracker(settings, steps_per_epoch, on_step)
    first = state.restore(network, optimizer) if state else 0
    _check_same_start(group, first)
    share = -(-settings.batch_size // group.size)
    plan = MemoryPlan(share, recompute=False, bytes=0)
    if settings.memory is not None:
        few = data.train.x[:2].to(group.device)
        plan = plan_memory(network, few, share, settings.memory, segments=group.size == 1)
    network.train()
    for epoch in range(first, settings.epochs):
        rng = np.random.default_rng([seed, epoch])
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        order = torch.randperm(len(data.train), generator=generator)
        for position, rows in enumerate(order.split(settings.batch_size)):
            # On the CPU, like the generator: the same draws wherever the network is.
            x = data.augment(data.train.x[rows].cpu(), generator)
            step = epoch * steps_per_epoch + position
            rate = settings.learning_rate * SCHEDULES[settings.schedule](step / tracker.steps)
            for options in optimizer.param_groups:
                options["lr"] = rate
            with recomputing(network, plan.recompute, plan.in_time), sharing_statistics(network, group):
                y = data.train.y[rows]
                loss = _step(network, optimizer, x, y, draw_paths(rng), settings, plan.micro_batch, group)
            tracker.step_done(step, epoch, loss, rate)
        _check_finite(network, epoch, settings.learning_rate)
        if state and group.rank == 0:
            state.save(network, optimizer, epoch + 1, last=epoch + 1 == settings.epochs)
        yield Epoch(epoch + 1, optimizer)
        network.train()  # whoever looked at it may have left it evaluating


def _check_finite(network: SpikingNetwork, epoch: int, rate: float) -> None:
    """Refuses weights that are no numbers: silent neurons can hide them from the loss."""
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise TrainingDivergedError(
                f"training diverged in epoch {epoch + 1}: {name} is not finite; lower the learning rate (now {rate:g})"
            )


def _check_same_start(group: Group, epoch: int) -> None:
    total, squares = group.add(torch.tensor([epoch, epoch**2], device=group.device)).tolist()
    if total**2 != group.size * squares:
        raise CheckpointError(
            f"expected the same saved state in every process, got one of epoch {epoch} here and others elsewhere; "
            "the folder must be one that every node can reach"
        )


def _step(
    network: SpikingNetwork,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    paths: Sequence[Architecture | None],
    settings: TrainSettings,
    micro_batch: int,
    group: Group,
) -> Tensor:
    # Gradients of blocks off the paths stay None, so that Adam leaves those blocks alone.
    optimizer.zero_grad(set_to_none=True)
    total = torch.zeros((), device=group.device)
    together, precision = micro_batch * group.size, PRECISIONS[settings.precision]
    for part_x, part_y in zip(x.split(together), y.split(together), strict=True):
        own_x, own_y = group.share(part_x).to(group.device), group.share(part_y).to(group.device)
        teacher: Tensor | None = None
        for path in paths:
            with torch.autocast(own_x.device.type, precision, enabled=precision != torch.float32):
                logits = network(own_x, path, count_spikes=False).logits
            rate = logits.to(network.head.linear.weight.dtype) / network.timesteps
            values = LOSSES[settings.loss](rate, own_y)
            if settings.distillation and teacher is not None:
                followed = (rate - teacher).square().mean(dim=1)
                values = (1 - settings.distillation) * values + settings.distillation * followed
            teacher = rate.detach() if teacher is None else teacher
            value = values.sum() / len(y)
            value.backward()
            total = total + value.detach()
    group.add_gradients(network.parameters())
    optimizer.step()
    return group.add(total) / len(paths)


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
