"""What is measured on a candidate's network."""

from __future__ import annotations

import statistics
import time
import weakref
from typing import TYPE_CHECKING, Any

from autosnn_ray.evaluations import MEAN, TIMED, Measure

if TYPE_CHECKING:
    import torch

    from autosnn_ray.problem import Problem
    from autosnn_ray.profiles import Profile
    from autosnn_ray.spiking.network import SpikingNetwork

REPEATS = 7
"""Timed passes of ``latency``, after one that is not."""


def synaptic_operations(profile: Profile) -> Measure:
    """Synaptic operations of one sample over all time steps, mean over the validation samples."""
    return Measure(profile.synaptic_operations, MEAN, profile.samples)


def energy(profile: Profile) -> Measure:
    """Energy of the operations for one sample, joules, mean over the validation samples; see ``EnergyModel``."""
    return Measure(profile.total("energy"), MEAN, profile.samples)


def latency(network: SpikingNetwork, problem: Problem) -> Measure:
    """Time of one forward pass over all time steps at batch 1, seconds/sample: the median of seven, after a first one.

    By the clock of the machine that evaluates, with as many threads of PyTorch as evaluations there have, which the
    measure says. Where several processes evaluate at once they are slower than one alone: ``asr.Local(threads=…)``
    measures undisturbed.
    """
    import torch

    x = problem.data.validation.x[:1]
    seconds = []
    with torch.inference_mode():
        for _ in range(1 + REPEATS):
            _wait(x)
            started = time.perf_counter()
            network(x, count_spikes=False)
            _wait(x)
            seconds.append(time.perf_counter() - started)
    return Measure(statistics.median(seconds[1:]), TIMED, REPEATS, threads=torch.get_num_threads())


def peak_memory(network: SpikingNetwork, problem: Problem) -> float:
    """Bytes of a forward pass at batch 1 at its largest: parameters, buffers, and all tensors alive at one time.

    On a CPU tensors of PyTorch are counted, with convolutions dense, whatever the allocator keeps beyond them; on a GPU
    what PyTorch's allocator says.
    """
    import torch

    x = problem.data.validation.x[:1]
    held = sum(one.numel() * one.element_size() for one in (*network.parameters(), *network.buffers()))
    with torch.inference_mode():
        if x.is_cuda:
            torch.cuda.reset_peak_memory_stats(x.device)
            before = torch.cuda.memory_allocated(x.device)
            network(x, count_spikes=False)
            return float(held + torch.cuda.max_memory_allocated(x.device) - before)
        watch = _alive()
        with watch:
            network(x, count_spikes=False)
    return float(held + watch.most)


def _wait(x: torch.Tensor) -> None:
    if x.is_cuda:
        import torch

        torch.cuda.synchronize(x.device)


def _alive() -> Any:
    """Returns what follows the memory of tensors for the while of a block: ``most`` are bytes at the largest."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_iter

    class Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.now = self.most = 0
            self._held: set[int] = set()

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            given = {id(one.untyped_storage()) for one in tree_iter((args, kwargs)) if isinstance(one, torch.Tensor)}
            result = func(*args, **(kwargs or {}))
            for one in tree_iter(result):
                if isinstance(one, torch.Tensor):
                    self._add(one.untyped_storage(), given)
            return result

        def _add(self, storage: Any, given: set[int]) -> None:
            # What an operation was given and returns is no memory of its own: a view, or written in place.
            if id(storage) in given or id(storage) in self._held:
                return
            self._held.add(id(storage))
            size = storage.nbytes()
            self.now += size
            self.most = max(self.most, self.now)
            weakref.finalize(storage, self._end, id(storage), size)

        def _end(self, name: int, size: int) -> None:
            self._held.discard(name)
            self.now -= size

    return Alive()
