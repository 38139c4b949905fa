"""Deals the paths of a step out to those who run them, so that none waits long for another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import nn

from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork

_NUMBER, _CONVOLUTION = 270, 30_000_000
"""What a number that leaves a convolution, and a convolution itself, cost beside a multiplication: measured forward and
backward on one thread, at 8x8 and at 32x32, where blocks' times and these three correlate by 0.98."""


def deal_out(costs: Sequence[float], speeds: Sequence[float]) -> list[int]:
    """Deals jobs out so that the last to be done is done early: the longest first, then exchanged while that helps.

    Args:
        costs: What each job costs.
        speeds: How fast each worker is.

    Returns:
        Who does each job; every worker has one where there are enough.

    Example:
        >>> deal_out([3, 3, 2, 2, 2], [1, 1])
        [1, 1, 0, 0, 0]
    """
    owners = [-1] * len(costs)
    loads = [0.0] * len(speeds)

    def ends(worker: int, change: float = 0.0) -> float:
        return (loads[worker] + change) / speeds[worker]

    def give(job: int, worker: int) -> None:
        if owners[job] >= 0:
            loads[owners[job]] -= costs[job]
        owners[job] = worker
        loads[worker] += costs[job]

    for job in sorted(range(len(costs)), key=lambda job: -costs[job]):
        give(job, min(range(len(speeds)), key=lambda worker: ends(worker, costs[job])))
    while True:
        last = max(range(len(speeds)), key=ends)
        best, swap = ends(last) * (1 - 1e-9), None
        for job in _jobs_of(last, owners):
            for other in (worker for worker in range(len(speeds)) if worker != last):
                for back in (None, *_jobs_of(other, owners)):
                    change = costs[job] - (0.0 if back is None else costs[back])
                    end = max(ends(last, -change), ends(other, change))
                    if end < best:
                        best, swap = end, (job, other, back)
        if swap is None:
            return owners
        job, other, back = swap
        give(job, other)
        if back is not None:
            give(back, last)


def _jobs_of(worker: int, owners: Sequence[int]) -> list[int]:
    return [job for job, owner in enumerate(owners) if owner == worker]


class PathCosts:
    """Estimates what paths of a supernet cost to train.

    Args:
        network: The supernet.
        samples: Samples of a step.
    """

    def __init__(self, network: SpikingNetwork, samples: int) -> None:
        space, frames = network.space, samples * network.timesteps
        self._slots: list[dict[str, float]] = []
        self._fixed = _cost(network.stem, samples if space.stem == "static" else frames, space.input_size)
        for layer, blocks, size in zip(space.layers, network.layers, space.sizes[1:], strict=True):
            costs = {name: _cost(block, frames, size) for name, block in cast(nn.ModuleDict, blocks).items()}
            if layer.is_slot:
                self._slots.append(costs)
            else:
                self._fixed += sum(costs.values())

    def of(self, path: Architecture) -> float:
        """Returns what a path costs, in multiplications."""
        return self._fixed + sum(costs[choice] for costs, choice in zip(self._slots, path, strict=True))


def _cost(module: nn.Module, frames: int, size: tuple[int, int]) -> float:
    """Adds up a module's convolutions, each taken to give frames of the size that leaves the module."""
    pixels, total = frames * size[0] * size[1], 0
    for conv in (part for part in module.modules() if isinstance(part, nn.Conv2d)):
        total += pixels * (conv.weight.numel() + _NUMBER * conv.out_channels) + _CONVOLUTION
    return total
