"""Trains within a memory budget: activations computed anew, by block or by segments of time, and micro-batches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.spiking.network import SpikingNetwork

GIGABYTE = 1e9
_WORKSPACE = 3
"""Gradients of its largest tensor that a backward pass holds at a time: measured on event data, 2 to 3."""
_SEGMENT = 21
"""Tensors of the stem's largest size, for the time steps of a segment, that its backward pass holds at a time:
measured on event data, over batches of 4 to 16."""


@dataclass(frozen=True)
class MemoryPlan:
    """How a training step is run.

    Attributes:
        micro_batch: Samples that are run together; gradients of a step's micro-batches are added. Batch norm sees
            one micro-batch at a time.
        recompute: Whether only what passes between blocks is kept, and all within them is computed anew in the
            backward pass: a third slower, the same result.
        bytes: What activations are estimated to take, with the workspace of the backward pass.
        in_time: Whether the stem, where the largest tensors are, is run a few time steps at a time, in both passes:
            the same result to rounding.
    """

    micro_batch: int
    recompute: bool
    bytes: float
    in_time: bool = False


@dataclass(frozen=True)
class _Cost:
    """Bytes a sample: kept for the backward pass, the same with recomputation, and what a pass needs to work with."""

    kept: float
    recomputed: float
    workspace: float

    def of(self, samples: int, recompute: bool) -> float:
        return samples * ((self.recomputed if recompute else self.kept) + self.workspace)


def plan_memory(
    network: SpikingNetwork, x: Tensor, batch_size: int, gigabytes: float, *, segments: bool = True
) -> MemoryPlan:
    """Finds how to run a step so that its activations fit into a budget.

    The whole batch is kept if it fits; if not, the stem of event data is run in segments of time, or all is
    recomputed, or both; if that does not fit, the batch is halved, and so on.

    Args:
        network: What is trained; a supernet is measured on the path of each choice in all slots.
        x: Two samples or more, as they are trained on.
        batch_size: Samples of a step.
        gigabytes: The budget for activations; weights, optimiser, samples and what PyTorch takes for itself (about
            half a gigabyte on a CPU) are not in it.
        segments: Whether the stem may be run in segments of time; their batch norm is of one process alone.

    Returns:
        The plan.

    Raises:
        InvalidInputError: Not even one sample fits, or the budget is not positive.
    """
    if not (math.isfinite(gigabytes) and gigabytes > 0):
        raise InvalidInputError(f"memory: expected gigabytes above 0, got {gigabytes!r}")
    # Copied: a view would be counted with all the memory it is a view of.
    x = x[:2].clone()
    costs = {False: [_cost(network, x, path) for path in _paths(network)]}
    ways = [(False, False), (True, False)]  # whether to recompute, whether the stem is run in segments of time
    if x.dim() == 5 and segments:
        costs[True] = [
            _cost_in_time(network, x, path, whole) for path, whole in zip(_paths(network), costs[False], strict=True)
        ]
        ways = [(False, False), (False, True), (True, False), (True, True)]
    samples = batch_size
    while True:
        for recompute, in_time in ways:
            needed = max(cost.of(samples, recompute) for cost in costs[in_time])
            if needed <= gigabytes * GIGABYTE:
                return MemoryPlan(samples, recompute, needed, in_time)
        if samples == 1:
            raise InvalidInputError(
                f"memory: one sample takes {needed / GIGABYTE:.2f} GB of activations with recomputation, "
                f"{gigabytes:g} GB are allowed; allow more, or use fewer time steps or smaller frames"
            )
        samples = -(-samples // 2)


@contextmanager
def recomputing(network: SpikingNetwork, active: bool = True, in_time: bool = False) -> Iterator[None]:
    """Lets stem, blocks and head keep nothing but their input, for the while of the block.

    Batch-norm statistics are updated by the first pass alone: the weights end as they would without.

    Args:
        network: What is trained.
        active: False does nothing.
        in_time: Whether the stem is run in segments of time, and keeps what it passes on with the voltages between.
    """
    parts = _parts(network)[int(in_time) :] if active else []
    network.stem.steps = _steps(network.timesteps) if in_time else None
    for part in parts:
        part.forward = _Recomputed(part)
    try:
        yield
    finally:
        network.stem.steps = None
        for part in parts:
            del part.forward


class _Recomputed:
    """Stands in for a module's forward, and keeps only its input where gradients are taken."""

    def __init__(self, part: nn.Module) -> None:
        self._part, self._forward = part, part.forward

    def __call__(self, *arguments: Any) -> Any:
        if not torch.is_grad_enabled():
            return self._forward(*arguments)
        return checkpoint(
            self._forward,
            *arguments,
            use_reentrant=False,
            preserve_rng_state=False,  # nothing within a block is drawn
            context_fn=lambda: (nullcontext(), _statistics_kept(self._part)),
        )


@contextmanager
def _statistics_kept(module: nn.Module) -> Iterator[None]:
    """Keeps a forward pass in training mode from updating batch-norm statistics."""
    # Copies take the updates: without any, autograd would keep other tensors than in the first pass, and complain.
    buffers = [(norm._buffers, dict(norm._buffers)) for norm in module.modules() if isinstance(norm, nn.BatchNorm2d)]
    for own, originals in buffers:
        own.update({name: None if tensor is None else tensor.clone() for name, tensor in originals.items()})
    try:
        yield
    finally:
        for own, originals in buffers:
            own.update(originals)


def _parts(network: SpikingNetwork) -> list[nn.Module]:
    blocks = [block for choices in network.layers for block in choices.children()]
    return [network.stem, *blocks, network.head]


def _paths(network: SpikingNetwork) -> Sequence[Architecture | None]:
    if network.architecture is not None:
        return [None]
    return _uniform_paths(network.space)


def _uniform_paths(space: SearchSpace) -> list[Architecture]:
    count = max(len(slot.choices) for slot in space.slots)
    return [tuple(slot.choices[min(i, len(slot.choices) - 1)] for slot in space.slots) for i in range(count)]


def _cost(network: SpikingNetwork, x: Tensor, path: Architecture | None) -> _Cost:
    """Measures what autograd keeps of a forward pass, in total and within each part."""
    kept = _Kept({parameter.untyped_storage().data_ptr() for parameter in network.parameters()})
    inputs: list[int] = []
    marks: list[int] = []

    def entered(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        inputs.append(arguments[0].untyped_storage().nbytes())
        marks.append(kept.total)

    handles = [part.register_forward_pre_hook(entered) for part in _parts(network)]
    was_training = network.training
    network.train()
    try:
        with _statistics_kept(network), torch.enable_grad():
            hooks = torch.autograd.graph.saved_tensors_hooks(kept.add, lambda tensor: tensor)
            with hooks:
                output = network(x, path, count_spikes=False)
            total = kept.total
            del output
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    within = [end - start for start, end in zip(marks, [*marks[1:], total], strict=True)]
    workspace = _WORKSPACE * kept.largest
    return _Cost(total / len(x), (sum(inputs) + max(within)) / len(x), workspace / len(x))


def _cost_in_time(network: SpikingNetwork, x: Tensor, path: Architecture | None, whole: _Cost) -> _Cost:
    """Measures the same with the stem in segments of time, which it keeps little of and works on one by one."""
    segment = _SEGMENT * whole.workspace / _WORKSPACE * _steps(network.timesteps) / network.timesteps
    with recomputing(network, active=False, in_time=True):
        found = _cost(network, x, path)
    return replace(found, workspace=max(found.workspace, segment))


def _steps(timesteps: int) -> int:
    """Returns how many time steps to run at a time: voltages between segments, and segments, take about as much."""
    return max(1, round(math.sqrt(timesteps) / 2))


class _Kept:
    """Adds up the memory of tensors that autograd keeps, each storage once."""

    def __init__(self, parameters: set[int]) -> None:
        self.total = self.largest = 0
        self._seen = parameters

    def add(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._seen:
            self._seen.add(storage.data_ptr())
            self.total += storage.nbytes()
            self.largest = max(self.largest, storage.nbytes())
        return tensor
