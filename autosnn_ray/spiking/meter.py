"""Counting spikes: per sample, per layer, on the device."""

from __future__ import annotations

import torch
from torch import Tensor


class SpikeMeter:
    """Collects the spikes of one forward pass; layers add to it, the network reads it.

    Nothing is moved from the device: counts stay tensors until the caller asks for their values.

    Attributes:
        layers: Spikes of each layer, shape ``(N,)``, float32 or wider, by the layer's name.

    Example:
        >>> meter = SpikeMeter()
        >>> meter.add("stem.neuron1", torch.ones(4, 2, 3, 8, 8))
        >>> meter.total.tolist()
        [768.0, 768.0]
    """

    def __init__(self) -> None:
        self.layers: dict[str, Tensor] = {}

    def add(self, name: str, spikes: Tensor) -> None:
        """Counts a layer's spikes ``(T, N, …)`` over all but the samples."""
        # Half precision cannot count beyond 2,048 one by one.
        wide = spikes.dtype if spikes.dtype in (torch.float32, torch.float64) else torch.float32
        self.add_counts(name, spikes.sum(dim=(0, *range(2, spikes.dim())), dtype=wide))

    def add_counts(self, name: str, count: Tensor) -> None:
        """Takes a layer's spikes of each sample, ``(N,)``, where they were counted in passing."""
        # Layers of a block that stands in no network all have the same name: nothing is lost.
        self.layers[name] = self.layers[name] + count if name in self.layers else count

    @property
    def total(self) -> Tensor:
        """Spikes of each sample over all layers and time steps, shape ``(N,)``."""
        return torch.stack(list(self.layers.values())).sum(dim=0)


def silent_layers(layer_spikes: dict[str, Tensor]) -> tuple[str, ...]:
    """Names the layers that did not fire once: what to look at when a network does not learn.

    Args:
        layer_spikes: ``layer_spikes`` of a network's output over a batch.

    Returns:
        Names, in the order of the network.
    """
    names = list(layer_spikes)
    if not names:
        return ()
    fired = torch.stack([layer_spikes[name].sum() > 0 for name in names]).tolist()
    return tuple(name for name, active in zip(names, fired, strict=True) if not active)
