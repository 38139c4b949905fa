"""One training step, by however many processes: each runs its paths on its rows, and all end with the same weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from autosnn_ray.evaluation.losses import LOSSES
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.exchange import Exchange, PathParts, StatisticsInOrder
from autosnn_ray.training.group import ALONE, Group
from autosnn_ray.training.memory import MemoryPlan, recomputing
from autosnn_ray.training.settings import PRECISIONS, TrainSettings
from autosnn_ray.training.shared_norm import sharing_statistics

Path = Architecture | None
"""A path of a supernet; None for a network of its own."""


def new_optimizer(network: SpikingNetwork) -> torch.optim.Optimizer:
    """Makes the optimiser of a training."""
    return torch.optim.Adam(network.parameters(), fused=True)


@dataclass(frozen=True)
class Work:
    """What a step is about, alike in every process.

    Attributes:
        x: The whole batch, augmented.
        y: Its classes.
        paths: The paths that are run; their gradients are added before one update.
        owners: Which team runs each.
        rate: Learning rate.
    """

    x: Tensor
    y: Tensor
    paths: Sequence[Path]
    owners: Sequence[int]
    rate: float


@dataclass
class Stepper:
    """Runs training steps.

    Processes share out paths first: each team runs some of them. Where there are more processes than paths, several
    make up a team, and share the rows of a batch: only these have batch norms to be made equal.

    Attributes:
        network: What is trained, in training mode.
        optimizer: What moves its weights.
        settings: How it is trained.
        plan: How memory is saved.
        group: The processes; this one alone by default.
        paths: Paths of a step.
    """

    network: SpikingNetwork
    optimizer: torch.optim.Optimizer
    settings: TrainSettings
    plan: MemoryPlan
    group: Group = ALONE
    paths: int = 1
    teams: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.teams, self._team = self.group.teams(self.paths)
        self._number = next(number for number, ranks in enumerate(self.teams) if self.group.rank in ranks)
        self._known: dict[nn.Module, PathParts] = {}

    def run(self, work: Work) -> Tensor:
        """Makes one step, and returns the loss averaged over the paths."""
        for options in self.optimizer.param_groups:
            options["lr"] = work.rate
        # Gradients of blocks off the paths stay None, so that Adam leaves those blocks alone.
        self.optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self.group.device)
        # Alike in every process, though one team may be larger than another.
        together = self.plan.micro_batch * min(len(team) for team in self.teams)
        parts = [self._parts(path) for path in work.paths]
        saving = recomputing(self.network, self.plan.recompute, self.plan.in_time)
        with saving, sharing_statistics(self.network, self._team):
            for x, y in zip(work.x.split(together), work.y.split(together), strict=True):
                total = total + self._run_paths(work, parts, x, y)
        self.optimizer.step()
        return total / len(work.paths)

    def _run_paths(self, work: Work, parts: Sequence[PathParts], x: Tensor, y: Tensor) -> Tensor:
        """Runs one's own paths on a part of the batch, and adds up those of all."""
        statistics = StatisticsInOrder(parts)
        own = [index for index, owner in enumerate(work.owners) if owner == self._number]
        alone, total = self.group.size == 1, torch.zeros((), device=self.group.device)
        exchange = None if alone else Exchange(parts, self.group, self._team, self.teams, work.owners)
        teacher = _Teacher(self.group, self._team, len(y), leads=own[0] == 0) if self.settings.distillation else None
        with statistics.waiting():
            for index in own:
                value = self._value(x, y, work.paths[index], teacher) / len(work.y)
                value.backward()
                statistics.keep(index)
                total = total + value.detach()
                if exchange is not None:
                    exchange.keep(index, value.detach())
            return total if exchange is None else exchange.finish(statistics)

    def _value(self, x: Tensor, y: Tensor, path: Path, teacher: _Teacher | None) -> Tensor:
        """Returns the sum of a path's losses over one's own rows."""
        device, precision = self.group.device, PRECISIONS[self.settings.precision]
        own_x, own_y = self._team.share(x).to(device), self._team.share(y).to(device)
        with torch.autocast(own_x.device.type, precision, enabled=precision != torch.float32):
            logits = self.network(own_x, path, count_spikes=False).logits
        rate = logits.to(self.network.head.linear.weight.dtype) / self.network.timesteps
        values = LOSSES[self.settings.loss](rate, own_y)
        taught = None if teacher is None else teacher(rate)
        if taught is not None:
            share = self.settings.distillation
            values = (1 - share) * values + share * (rate - taught).square().mean(dim=1)
        return values.sum()

    def _parts(self, path: Path) -> PathParts:
        modules = self.network.parts(self.network.architecture or () if path is None else path)
        for module in modules:
            if module not in self._known:
                self._known[module] = PathParts.of(module)
        return PathParts.join([self._known[module] for module in modules])


class _Teacher:
    """Firing rates of a step's first path, which the others follow: whoever runs it hands them to all."""

    def __init__(self, group: Group, team: Group, samples: int, leads: bool) -> None:
        self._group, self._team, self._samples, self._leads = group, team, samples, leads
        self._rates: Tensor | None = None

    def __call__(self, rates: Tensor) -> Tensor | None:
        """Returns what a path that had these rates is to follow; None for the first path itself."""
        if self._rates is not None:
            return self._rates
        whole = rates.new_zeros(self._samples, rates.shape[1])
        if self._leads:
            self._team.share(whole).copy_(rates.detach())
        self._rates = self._team.share(self._group.add(whole))
        return None if self._leads else self._rates
