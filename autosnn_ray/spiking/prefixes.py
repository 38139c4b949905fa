"""Paths that begin alike share their beginning: spikes after each slot are kept, one bit a spike."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autosnn_ray.spiking.memory_format import is_last
from autosnn_ray.spiking.meter import SpikeMeter


@dataclass(frozen=True)
class Prefix:
    """The state of a batch somewhere in the network.

    Attributes:
        slots: Slots that are done.
        position: Layers that are done.
        bits: Spikes there, eight to a byte, in the order in which they lay in memory.
        last: Whether channels lay last: convolutions round differently where they do not.
        shape: Their shape ``(T, N, C, H, W)``.
        dtype: Their type.
        device: Where they are wanted.
        counts: Spikes of each layer so far, shape ``(N,)``, by the layer's name.
    """

    slots: int
    position: int
    bits: npt.NDArray[np.uint8]
    last: bool
    shape: torch.Size
    dtype: torch.dtype
    device: torch.device
    counts: dict[str, Tensor]

    def spikes(self) -> Tensor:
        """Unpacks the spikes; they are equal to those that were kept, to the last bit."""
        flat = np.unpackbits(self.bits, count=math.prod(self.shape))
        spikes = torch.from_numpy(flat).to(device=self.device, dtype=self.dtype)
        if not self.last:
            return spikes.view(self.shape)
        steps, samples, channels, height, width = self.shape
        return spikes.view(steps, samples, height, width, channels).permute(0, 1, 4, 2, 3)


class SharedPrefixes(Protocol):
    """Beginnings that other processes have run on the same samples: a second level behind each process's own."""

    def find(self, batch: int, paths: Sequence[tuple[str, ...]]) -> Prefix | None:
        """Returns the first of these beginnings of one batch that is there."""
        ...

    def offer(self, batch: int, path: tuple[str, ...], prefix: Prefix) -> None:
        """Gives a beginning to others."""
        ...


class Prefixes:
    """Keeps the beginnings of the paths that one batch of samples has run, the least recently used going first.

    Holds for one network in evaluation mode with weights that do not change, and for one batch.

    Args:
        budget_bytes: How much packed spikes may take together; counts, a few bytes a sample, come on top,
            and the beginning that was used last as numbers.
        shared: Where beginnings that are not kept here are looked for, and those found out are given to.
        batch: Which batch of the split this is, for ``shared``.

    Example:
        >>> import search_spaces
        >>> from autosnn_ray.spiking import SpikingNetwork
        >>> net = SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=4).eval()
        >>> x, prefixes = torch.rand(2, 1, 8, 8), Prefixes(2**20)
        >>> first = net(x, ("skip", "scb_k3", "skip", "skip", "skip"), prefixes=prefixes)
        >>> second = net(x, ("skip", "scb_k3", "skip", "skip", "srb_k3"), prefixes=prefixes)  # runs the last slot only
        >>> len(prefixes)
        5
    """

    def __init__(self, budget_bytes: int, shared: SharedPrefixes | None = None, batch: int = 0) -> None:
        self._budget, self._shared, self._batch = budget_bytes, shared, batch
        self._held = 0
        self._prefixes: OrderedDict[tuple[str, ...], Prefix] = OrderedDict()
        self._unpacked: tuple[Prefix, Tensor] | None = None

    def __len__(self) -> int:
        return len(self._prefixes)

    @property
    def held_bytes(self) -> int:
        """What the packed spikes take."""
        return self._held

    def longest(self, path: Sequence[str]) -> tuple[Prefix, Tensor] | None:
        """Returns the longest beginning of a path that is kept, and its spikes, which must not be written into."""
        keys = [tuple(path[:length]) for length in range(len(path) - 1, -1, -1)]
        here = next((place for place, key in enumerate(keys) if key in self._prefixes), len(keys))
        # What stands before the first slot is the same for all paths: each process runs it once.
        longer = [key for key in keys[:here] if key]
        if self._shared is not None and longer:
            found = self._shared.find(self._batch, longer)
            if found is not None:
                here = len(keys) - 1 - found.slots
                self._add(keys[here], found)
        if here == len(keys):
            return None
        self._prefixes.move_to_end(keys[here])
        prefix = self._prefixes[keys[here]]
        # Neighbours in the order of the space ask for the same one.
        if self._unpacked is None or self._unpacked[0] is not prefix:
            self._unpacked = prefix, prefix.spikes()
        return self._unpacked

    def keep(self, choices: Sequence[str], position: int, spikes: Tensor, meter: SpikeMeter) -> None:
        """Keeps the state before the next slot, unless it is there already.

        Args:
            choices: The choices of the slots that are done.
            position: Layers that are done.
            spikes: What left the last of them, each 0 or 1.
            meter: What was counted so far.
        """
        key = tuple(choices)
        if key in self._prefixes or spikes.numel() > 8 * self._budget:
            return
        last = is_last(spikes)
        dense = spikes.permute(0, 1, 3, 4, 2) if last else spikes
        bits = np.packbits(dense.bool().cpu().numpy())
        counts = dict(meter.layers)
        prefix = Prefix(len(key), position, bits, last, spikes.shape, spikes.dtype, spikes.device, counts)
        self._add(key, prefix)
        if self._shared is not None and key:
            self._shared.offer(self._batch, key, prefix)

    def _add(self, key: tuple[str, ...], prefix: Prefix) -> None:
        while self._prefixes and self._held + prefix.bits.nbytes > self._budget:
            _, dropped = self._prefixes.popitem(last=False)
            self._held -= dropped.bits.nbytes
        self._prefixes[key] = prefix
        self._held += prefix.bits.nbytes
