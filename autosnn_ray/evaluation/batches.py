"""How many samples go through a network together where nothing is trained."""

from __future__ import annotations

from autosnn_ray.data.dataset import Split
from autosnn_ray.spiking.network import SpikingNetwork

_MOST = 360
"""Enough to keep two cores busy; more are no faster."""

_LARGEST_TENSOR_BYTES = 2**28
"""A pass holds two or three tensors as large as its largest."""


def fitting_batch(network: SpikingNetwork, split: Split) -> int:
    """Says how many samples a forward pass takes.

    As many as leave the largest tensor, the stem's first spikes, at 256 MiB; never more than 360.

    Args:
        network: What is run.
        split: The samples.

    Example:
        >>> import autosnn_ray as asr, search_spaces
        >>> net = SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=4)
        >>> fitting_batch(net, asr.load_dataset("digits").validation)  # 16 KiB each
        360
    """
    weights = network.stem.conv1.weight
    frame = split.x.shape[-2] * split.x.shape[-1]
    sample_bytes = network.timesteps * len(weights) * frame * weights.element_size()
    return max(1, min(_MOST, _LARGEST_TENSOR_BYTES // sample_bytes))
