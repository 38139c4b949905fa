"""Supernets for benchmarks: not trained, and with neurons that fire about as often as those of trained ones."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from torch import Tensor, nn

import autosnn_ray as asr
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking import SpikingNetwork, new_network
from autosnn_ray.training.checkpoint import pack
from autosnn_ray.training.supernet import PathStatistics

_NORM_WEIGHT = 1.75
"""Batch-norm weights under which neurons fire; with the usual 1 an untrained network is silent after a few layers."""


def firing_network(space: SearchSpace, x: Tensor, timesteps: int, paths: int = 60) -> SpikingNetwork:
    """Makes a supernet whose batch-norm statistics fit ``x``, by running paths in training mode."""
    network = new_network(torch.Generator().manual_seed(0), space, classes=10, timesteps=timesteps)
    rng, norms = np.random.default_rng(0), [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.weight.fill_(_NORM_WEIGHT)
            norm.momentum = 0.3
        for _ in range(paths):
            network.train()(x[:16], space.sample(rng))
    for norm in norms:
        norm.momentum = 0.1
    return network


def as_supernet(network: SpikingNetwork, data: asr.Dataset) -> asr.Supernet:
    """Makes what is searched of a network that nobody trained; what its paths are said to reach is made up."""
    return asr.Supernet(
        network=network, data=data.describe(), sampling="uniform", training=asr.TrainSettings(), seed=0,
        paths=PathStatistics(1, 0.1, 0.1, 0.1, 1000.0, 0.1, False),
        weights_checksum=hashlib.sha256(pack(network)).hexdigest(),
    )  # fmt: skip


def shares_of_neurons_that_fire(network: SpikingNetwork, x: Tensor, paths: int = 20) -> dict[str, float]:
    """Says what part of the numbers that go into convolutions are spikes: lowest quarter, median, highest quarter."""
    seen: list[float] = []
    hooks = [
        module.register_forward_pre_hook(lambda _, given: seen.append(float(given[0].ne(0).float().mean())))
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and name.startswith("layers")
    ]
    rng, training = np.random.default_rng(1), network.training
    with torch.enable_grad():  # so that none goes round the convolution that is asked
        for _ in range(paths):
            network.eval()(x[:16], network.space.sample(rng))
    network.train(training)
    for hook in hooks:
        hook.remove()
    low, middle, high = np.quantile(seen, [0.25, 0.5, 0.75]).tolist()
    return {"lowest quarter": low, "median": middle, "highest quarter": high}
