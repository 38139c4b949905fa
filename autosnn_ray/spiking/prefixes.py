"""Paths that begin alike share their beginning: spikes after each slot are kept, one bit a spike."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

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
        position: Layers that are done.
        bits: Spikes there, eight to a byte, in the order in which they lay in memory.
        last: Whether channels lay last: convolutions round differently where they do not.
        shape: Their shape ``(T, N, C, H, W)``.
        dtype: Their type.
        device: Where they are wanted.
        counts: Spikes of each layer so far, shape ``(N,)``, by the layer's name.
    """

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


class Prefixes:
    """Keeps the beginnings of the paths that one batch of samples has run, the least recently used going first.

    Holds for one network in evaluation mode with weights that do not change, and for one batch.

    Args:
        budget_bytes: How much packed spikes may take together; counts, a few bytes a sample, come on top,
            and the beginning that was used last as numbers.

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

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
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
        for length in range(len(path) - 1, -1, -1):
            key = tuple(path[:length])
            if key in self._prefixes:
                self._prefixes.move_to_end(key)
                found = self._prefixes[key]
                # Neighbours in the order of the space ask for the same one.
                if self._unpacked is None or self._unpacked[0] is not found:
                    self._unpacked = found, found.spikes()
                return self._unpacked
        return None

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
        while self._prefixes and self._held + bits.nbytes > self._budget:
            _, dropped = self._prefixes.popitem(last=False)
            self._held -= dropped.bits.nbytes
        counts = dict(meter.layers)
        self._prefixes[key] = Prefix(position, bits, last, spikes.shape, spikes.dtype, spikes.device, counts)
        self._held += bits.nbytes
