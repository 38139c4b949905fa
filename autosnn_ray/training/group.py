"""The processes that train one network together: what they add up, hand out and gather."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.distributed import BroadcastOptions, ProcessGroup, Work

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.training.board import Board

Open = Callable[[list[int]], ProcessGroup | None]
"""Opens a channel between some of the processes, whose ranks are given; every process calls it alike."""


@dataclass(frozen=True)
class Group:
    """The processes that train one network together, seen by one of them; by default this one alone.

    Attributes:
        rank: This process's number, from 0: the first one leads.
        size: How many there are.
        device: Where this process trains.
        channel: What more than one speak through.
        among: Opens a channel between some of them.
        board: Memory that all of them share, where they are of one machine.

    Raises:
        InvalidInputError: A rank that is not one of the size, or several processes without a channel.
    """

    rank: int = 0
    size: int = 1
    device: str = "cpu"
    channel: ProcessGroup | None = None
    among: Open | None = None
    board: Board | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.size:
            raise InvalidInputError(f"rank: expected 0 to {self.size - 1}, got {self.rank}")

    def share(self, tensor: Tensor) -> Tensor:
        """Returns this process's rows of a batch, as a view; none where there are fewer rows than processes.

        Example:
            >>> [Group(rank, 2).share(torch.arange(5)).tolist() for rank in (0, 1)]
            [[0, 1, 2], [3, 4]]
        """
        return tensor.tensor_split(self.size)[self.rank]

    def add(self, tensor: Tensor) -> Tensor:
        """Adds a tensor over all processes, in place."""
        if self.size > 1:
            self._speak().allreduce([tensor]).wait()
        return tensor

    def meet(self) -> None:
        """Waits until all processes are here."""
        self.add(torch.zeros(1, device=self.device))

    def hand_out(self, tensor: Tensor) -> Tensor:
        """Gives the first process's tensor to all, into theirs, of the same shape and type."""
        if self.size > 1:
            self.begin_to_hand_out(tensor, 0).wait()
        return tensor

    def begin_to_hand_out(self, tensor: Tensor, rank: int) -> Work:
        """Begins to give one process's tensor to all, into theirs; it is there when what is returned was waited for.

        Every process begins these in the same order.
        """
        options = BroadcastOptions()
        options.rootRank, options.asyncOp = rank, True
        return self._speak().broadcast([tensor], options)

    def hand_out_bytes(self, content: bytes = b"") -> bytes:
        """Gives the first process's bytes to all; what others say is not looked at."""
        length = self.hand_out(torch.tensor([len(content)], device=self.device))
        given = torch.frombuffer(bytearray(content), dtype=torch.uint8) if content else torch.empty(0)
        if self.rank:
            given = torch.empty(int(length), dtype=torch.uint8)
        return self.hand_out(given.to(self.device)).cpu().numpy().tobytes()

    def teams(self, count: int) -> tuple[list[list[int]], Group]:
        """Divides the processes into teams, and returns the ranks of each, and this process's own team.

        Args:
            count: How many teams; with fewer processes each is a team of its own.
        """
        ranks = [part.tolist() for part in torch.arange(self.size).tensor_split(min(count, self.size))]
        if len(ranks) == 1:
            return ranks, self
        own = replace(ALONE, device=self.device)
        for team in ranks:
            # One of a single process says nothing; of the others each is opened by all, whoever is in it.
            channel = self.among(team) if len(team) > 1 and self.among is not None else None
            if self.rank in team:
                own = replace(self, rank=team.index(self.rank), size=len(team), channel=channel, among=None, board=None)
        return ranks, own

    def _speak(self) -> ProcessGroup:
        if self.channel is None:
            raise InvalidInputError(f"channel: expected one between {self.size} processes, got none")
        return self.channel


ALONE = Group()
"""This process alone."""
