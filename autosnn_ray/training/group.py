"""The processes that train one network together: what each takes of a batch, and what they add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from autosnn_ray.errors import InvalidInputError


@dataclass(frozen=True)
class Group:
    """The processes that train one network together, seen by one of them; by default this one alone.

    Every process draws the same order, augmentation and paths, and takes its share of each batch. Gradients are added
    here, and not by ``DistributedDataParallel``: that wrapper expects every weight in every step, and where a path
    leaves blocks out it would send their zeros and let the optimiser move them.

    Attributes:
        rank: This process's number, from 0.
        size: How many there are; more than one need torch's default process group.
        device: Where this process trains.

    Raises:
        InvalidInputError: A rank that is not one of the size.
    """

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.size:
            raise InvalidInputError(f"rank: expected 0 to {self.size - 1}, got {self.rank}")

    def share(self, tensor: Tensor) -> Tensor:
        """Returns this process's rows of a batch; none where there are fewer rows than processes.

        Example:
            >>> [Group(rank, 2).share(torch.arange(5)).tolist() for rank in (0, 1)]
            [[0, 1, 2], [3, 4]]
        """
        return tensor.tensor_split(self.size)[self.rank]

    def add(self, tensor: Tensor) -> Tensor:
        """Adds a tensor over all processes, in place."""
        if self.size > 1:
            distributed.all_reduce(tensor)
        return tensor

    def add_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Adds the gradients over all processes, in one message; weights off the paths have none in any of them."""
        if self.size == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = self.add(torch.cat([gradient.flatten() for gradient in gradients]))
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))


ALONE = Group()
"""This process alone."""
