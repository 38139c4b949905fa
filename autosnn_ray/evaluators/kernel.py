"""How differently a network answers to different samples, as a number."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import SpikingNeuron


def patterns_of(network: SpikingNetwork, x: Tensor) -> list[Tensor]:
    """Returns the spikes of every layer of neurons, ``(N, neurons * T)``, batch norm taking the batch's statistics.

    At random weights there are no other statistics. The network is left in training mode.

    Args:
        network: A network of its own.
        x: Samples ``(N, …, C, H, W)``.
    """
    patterns: list[Tensor] = []

    def keep(module: torch.nn.Module, inputs: object, spikes: Tensor) -> None:
        patterns.append(spikes.transpose(0, 1).flatten(1))

    handles = [m.register_forward_hook(keep) for m in network.modules() if isinstance(m, SpikingNeuron)]
    try:
        network.train()
        with torch.inference_mode():
            network(x, count_spikes=False)
    finally:
        for handle in handles:
            handle.remove()
    return patterns


def score_of(patterns: list[Tensor]) -> float:
    """Scores binary patterns of several layers.

    Args:
        patterns: For each layer spikes of shape ``(N, neurons * T)``, 0 or 1.

    Returns:
        ``exp(log|K| / N)``: 1 where samples are as different as chance makes them, 0 where two are alike.

    Example:
        >>> score_of([torch.eye(4)]) > score_of([torch.ones(4, 4)])
        True
    """
    kernel = torch.stack([1 - _distance(pattern.double()) for pattern in patterns]).mean(dim=0)
    sign, logarithm = torch.linalg.slogdet(kernel)
    if float(sign) <= 0 or not math.isfinite(float(logarithm)):
        return 0.0
    return min(1.0, math.exp(float(logarithm) / len(kernel)))


def _distance(spikes: Tensor) -> Tensor:
    """Returns Hamming distances of all pairs, as a multiple of what chance gives at their rates; 0 if none fires."""
    rate = spikes.mean(dim=1)
    differing = (spikes @ (1 - spikes).T + (1 - spikes) @ spikes.T) / spikes.shape[1]
    by_chance = rate[:, None] * (1 - rate)[None] + (1 - rate)[:, None] * rate[None]
    return torch.where(by_chance > 0, differing / by_chance.clamp_min(1e-12), torch.zeros_like(differing))
