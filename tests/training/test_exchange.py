"""What paths leave on shared memory, seen by one of two processes; the other is played by the test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from autosnn_ray.training.board import Board
from autosnn_ray.training.exchange import Exchange, PathParts, StatisticsInOrder
from autosnn_ray.training.group import ALONE, Group


@dataclass(frozen=True)
class Met(Group):
    """A group whose other process does something as soon as both have met."""

    then: Callable[[], object] = tuple

    def meet(self) -> None:
        self.then()


def test_gradients_of_an_earlier_part_of_the_batch_outlive_their_page(tmp_path):
    Board.make(tmp_path / "board")
    here, there = Board(tmp_path / "board"), Board(tmp_path / "board")
    own, other = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(3))
    parts = [PathParts((own,), ()), PathParts((other,), ())]

    def part_of_a_batch(gradient: float, then: Callable[[], object]) -> float:
        group = Met(0, 2, board=here, then=then)
        exchange = Exchange(parts, group, ALONE, [[0], [1]], [0, 1])
        theirs = there.page([sum(part.sizes) for part in parts], torch.float32)[1]
        own.grad = torch.full((2,), gradient)
        exchange.keep(0, torch.tensor(1.0))
        theirs.copy_(torch.tensor([10 * gradient] * 3 + [2.0, 1.0]))  # gradient, loss, and that there is a gradient
        return float(exchange.finish(StatisticsInOrder(parts)))

    def write_the_next() -> None:
        for place in there.page([sum(part.sizes) for part in parts], torch.float32):
            place.fill_(torch.nan)

    assert part_of_a_batch(1.0, tuple) == 3.0
    assert part_of_a_batch(2.0, write_the_next) == 3.0
    assert own.grad.tolist() == [3.0] * 2
    assert other.grad.tolist() == [30.0] * 3
