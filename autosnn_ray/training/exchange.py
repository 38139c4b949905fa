"""What the paths of a step leave behind, added up in the order of the paths, whoever ran them.

Floats added in another order give another sum: with one order, any number of processes gives the weights of one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.distributed import Work

from autosnn_ray.training.group import Group

Statistics = tuple[Tensor, Tensor]
"""Running mean and variance of a batch norm."""


@dataclass(frozen=True)
class PathParts:
    """Parameters and batch norms of one path, in the order of the network."""

    parameters: tuple[nn.Parameter, ...]
    norms: tuple[nn.BatchNorm2d, ...]

    @classmethod
    def of(cls, module: nn.Module) -> PathParts:
        """Looks through one of the modules that a path runs."""
        norms = (part for part in module.modules() if isinstance(part, nn.BatchNorm2d))
        return cls(tuple(module.parameters()), tuple(norms))

    @classmethod
    def join(cls, parts: Sequence[PathParts]) -> PathParts:
        """Puts those of a path's modules one behind the other."""
        norms = tuple(norm for part in parts for norm in part.norms)
        return cls(tuple(parameter for part in parts for parameter in part.parameters), norms)

    def buffers(self) -> list[Tensor]:
        """Returns the running statistics of all its batch norms."""
        return [buffer for norm in self.norms for buffer in _statistics(norm)]

    @property
    def sizes(self) -> list[int]:
        """How many numbers a message has of each parameter, of the loss, of each buffer, and of what has gradients."""
        parameters = [parameter.numel() for parameter in self.parameters]
        return [*parameters, 1, *(buffer.numel() for buffer in self.buffers()), len(parameters)]


class StatisticsInOrder:
    """Batch norms that several paths of a step run: their statistics are kept, and folded in by the paths' order."""

    def __init__(self, parts: Sequence[PathParts]) -> None:
        runs = Counter(norm for part in parts for norm in part.norms)
        self._norms = {norm: None for norm, count in runs.items() if count > 1}
        self._parts = parts
        self._kept: dict[tuple[int, nn.BatchNorm2d], Statistics] = {}

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Lets these batch norms take each path's statistics as they are; folds them into the running ones then."""
        before = {norm: _copies(norm) for norm in self._norms}
        momenta = {norm: norm.momentum for norm in self._norms}
        try:
            for norm in self._norms:
                norm.momentum = 1.0
            yield
        finally:
            for norm in self._norms:
                norm.momentum = momenta[norm]
        for norm, running in before.items():
            for index in range(len(self._parts)):
                for old, new in zip(running, self._kept.get((index, norm), ()), strict=False):
                    old.lerp_(new, float(norm.momentum or 0.0))
            self._set(norm, running)

    def keep(self, index: int) -> None:
        """Keeps what a path that has just been run has left in these batch norms."""
        for norm in self._parts[index].norms:
            if norm in self._norms:
                self._kept[index, norm] = _copies(norm)

    def take(self, index: int, buffers: Sequence[Tensor]) -> None:
        """Takes the statistics of a path that another process ran."""
        for norm, mean, variance in zip(self._parts[index].norms, buffers[::2], buffers[1::2], strict=True):
            if norm in self._norms:
                self._kept[index, norm] = mean, variance
            else:
                self._set(norm, (mean, variance))
            cast(Tensor, norm.num_batches_tracked).add_(1)

    @staticmethod
    def _set(norm: nn.BatchNorm2d, statistics: Statistics) -> None:
        for buffer, value in zip(_statistics(norm), statistics, strict=True):
            buffer.copy_(value)


class Exchange:
    """Hands round what the processes' paths have left: gradients, losses, statistics.

    A path's message is on its way while the next path runs; processes of one machine write it where all can read it.

    Args:
        parts: Of all paths of the step.
        group: All processes.
        team: Those that run one path together, each with its rows.
        teams: The ranks of each team.
        owners: Which team runs each path.
    """

    def __init__(
        self,
        parts: Sequence[PathParts],
        group: Group,
        team: Group,
        teams: Sequence[Sequence[int]],
        owners: Sequence[int],
    ) -> None:
        self._parts, self._group, self._team, self._teams, self._owners = parts, group, team, teams, owners
        self._messages: list[Tensor] = []
        self._under_way: list[Work] = []
        self._parameters = list({id(one): one for part in parts for one in part.parameters}.values())
        # One team has the whole already.
        board = group.board if len(teams) > 1 else None
        sizes, dtype = [sum(part.sizes) for part in parts], parts[0].parameters[0].dtype
        self._page = None if board is None else board.page(sizes, dtype)
        before = [parameter.grad for parameter in self._parameters]
        if self._page is not None:
            # They may stand on the page that others write on as soon as this exchange is over.
            before = [None if gradient is None else gradient.clone() for gradient in before]
        self._before = before
        self._clear()

    def keep(self, index: int, value: Tensor) -> None:
        """Takes what a path of one's own has left, and clears the gradients for the next; paths come in order."""
        part = self._parts[index]
        gradients = [parameter.grad for parameter in part.parameters]
        there = [torch.zeros_like(p) if g is None else g for p, g in zip(part.parameters, gradients, strict=True)]
        left = [*(gradient.flatten() for gradient in there), value.reshape(1)]
        if self._team.size > 1:
            left = [self._team.add(torch.cat(left))]
        has = torch.tensor([gradient is not None for gradient in gradients], dtype=value.dtype, device=value.device)
        left = [*left, *part.buffers(), has]
        if self._page is None:
            self._hand_round(index, torch.cat(left))
        elif self._team.rank == 0:
            torch.cat(left, out=self._page[index])
        self._clear()

    def finish(self, statistics: StatisticsInOrder) -> Tensor:
        """Leaves in every process the sums over all paths, in their order, and returns the losses' sum."""
        messages = self._gather()
        found = [message.split(part.sizes) for message, part in zip(messages, self._parts, strict=True)]
        # What has a gradient at all is asked of the device once, not for each path.
        present = torch.cat([numbers[-1] for numbers in found]).tolist()
        for parameter, gradient in zip(self._parameters, self._before, strict=True):
            parameter.grad = gradient
        total, position = torch.zeros((), device=self._group.device), 0
        for index, (part, numbers) in enumerate(zip(self._parts, found, strict=True)):
            count = len(part.parameters)
            for parameter, gradient in zip(part.parameters, numbers[:count], strict=True):
                if present[position]:
                    _accumulate(parameter, gradient.view_as(parameter))
                position += 1
            total = total + numbers[count].squeeze()
            if self._group.rank not in self._teams[self._owners[index]]:
                statistics.take(index, numbers[count + 1 : -1])
        return total

    def _gather(self) -> list[Tensor]:
        """Returns the messages of all paths when all are there."""
        if self._page is not None:
            self._group.meet()
            return self._page
        self._hand_round(len(self._parts))
        for one in self._under_way:
            one.wait()
        return self._messages

    def _hand_round(self, index: int, message: Tensor | None = None) -> None:
        """Begins with the messages of others before a path, and with that path's own: all begin in the same order."""
        for other in range(len(self._messages), index):
            part = self._parts[other]
            self._begin(part.parameters[0].new_empty(sum(part.sizes)), other)
        if message is not None:
            self._begin(message, index)

    def _begin(self, message: Tensor, index: int) -> None:
        self._messages.append(message)
        if len(self._teams) > 1:
            self._under_way.append(self._group.begin_to_hand_out(message, self._teams[self._owners[index]][0]))

    def _clear(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None


def _accumulate(parameter: nn.Parameter, gradient: Tensor) -> None:
    if parameter.grad is None:
        parameter.grad = gradient
    else:
        parameter.grad = parameter.grad + gradient


def _statistics(norm: nn.BatchNorm2d) -> Statistics:
    return cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)


def _copies(norm: nn.BatchNorm2d) -> Statistics:
    mean, variance = _statistics(norm)
    return mean.clone(), variance.clone()
