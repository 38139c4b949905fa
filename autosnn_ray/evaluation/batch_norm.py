"""Batch-norm statistics of one path: measured anew on training samples, for the while of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork


@contextmanager
def recalibrated(
    network: SpikingNetwork, architecture: Architecture | None, x: Tensor, batch_size: int
) -> Iterator[None]:
    """Replaces the statistics that a path uses by its own, and puts the old ones back at the end.

    A supernet's statistics are an average over all paths that came by. The weights, which may lie in memory
    shared with other processes, are not written to.

    Args:
        network: The supernet.
        architecture: The path.
        x: Training samples; never validation or test.
        batch_size: Samples a forward pass; statistics are averaged over the passes.

    Yields:
        Nothing; evaluate the path inside the block.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    saved = [(norm.running_mean, norm.running_var, norm.num_batches_tracked, norm.momentum) for norm in norms]
    was_training = network.training
    try:
        for norm in norms:
            _own_statistics(norm)
        network.train()
        with torch.no_grad():
            for batch in x.split(batch_size):
                network(batch, architecture, count_spikes=False)
        network.eval()
        yield
    finally:
        for norm, (mean, variance, count, momentum) in zip(norms, saved, strict=True):
            norm.running_mean, norm.running_var, norm.num_batches_tracked = mean, variance, count
            norm.momentum = momentum
        network.train(was_training)


def _own_statistics(norm: nn.BatchNorm2d) -> None:
    """Gives a batch norm fresh statistics that average over all batches to come."""
    device, dtype = norm.weight.device, norm.weight.dtype
    norm.running_mean = torch.zeros(norm.num_features, device=device, dtype=dtype)
    norm.running_var = torch.ones(norm.num_features, device=device, dtype=dtype)
    norm.num_batches_tracked = torch.zeros((), device=device, dtype=torch.long)
    norm.momentum = None  # PyTorch then averages over batches with equal weight
