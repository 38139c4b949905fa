"""A score without any training: how differently an untrained network answers to different samples."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation.evaluate import evaluate
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import EvaluationData
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import SpikingNeuron
from autosnn_ray.spiking.weights import new_network


class TrainingFree:
    """Scores an architecture at its random initial weights, by the sparsity-aware Hamming distance of its spikes.

    Each layer gives a binary pattern a sample. Distances between the patterns of two samples are divided by what
    chance would give at their firing rates, so that a layer that hardly fires is not taken for one that cannot tell
    samples apart. The kernel ``K = 1 - distance`` of all samples, averaged over the layers, has a large
    determinant where samples are told apart. ``accuracy`` of the evaluation holds ``exp(log|K| / samples)``, from 0
    to 1: a score, not a share of samples classified right. Source: Kim et al., ECCV 2022 (SNASNet), the
    sparsity-aware Hamming distance; the normalisation to 0 … 1 is ours.

    Args:
        network: The supernet; only its space, T and neuron are used.
        data: Training samples are scored; spikes are counted on validation samples.
        samples: Training samples that are told apart.
        seed: What the initial weights come from.
    """

    summary: ClassVar[str] = "score without training, at random weights"
    uses_weights: ClassVar[bool] = False

    def __init__(self, network: SpikingNetwork, data: EvaluationData, *, samples: int = 64, seed: int = 0) -> None:
        if samples < 2:
            raise InvalidInputError(f"samples: expected at least 2 to tell apart, got {samples}")
        self._network, self._data, self._seed = network, data, seed
        self._x = data.train.head(samples).x

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Scores one architecture."""
        started = time.perf_counter()
        network = new_network(
            torch.Generator().manual_seed(self._seed),
            self._network.space,
            classes=self._network.classes,
            timesteps=self._network.timesteps,
            neuron=self._network.neuron,
            architecture=architecture,
        )
        # In training mode batch norm takes the statistics of the batch: at random weights there are no others.
        network.train()
        with torch.inference_mode(), _patterns(network) as patterns:
            network(self._x, count_spikes=False)
        score = kernel_score(patterns)
        found = evaluate(network, self._data.validation, loss=self._data.loss)
        return Evaluation(
            accuracy=score,
            spikes=found.spikes,
            loss=1 - score,
            samples=found.samples,
            layer_spikes=found.layer_spikes,
            seconds=time.perf_counter() - started,
        )


def kernel_score(patterns: list[Tensor]) -> float:
    """Scores binary patterns of several layers.

    Args:
        patterns: For each layer spikes of shape ``(N, neurons * T)``, 0 or 1.

    Returns:
        ``exp(log|K| / N)``: 1 where samples are as different as chance makes them, 0 where two are alike.

    Example:
        >>> kernel_score([torch.eye(4)]) > kernel_score([torch.ones(4, 4)])
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


@contextmanager
def _patterns(network: SpikingNetwork) -> Iterator[list[Tensor]]:
    """Collects the spikes of every layer of neurons, one row a sample."""
    patterns: list[Tensor] = []

    def keep(module: torch.nn.Module, inputs: Any, spikes: Tensor) -> None:
        patterns.append(spikes.transpose(0, 1).flatten(1))

    handles = [m.register_forward_hook(keep) for m in network.modules() if isinstance(m, SpikingNeuron)]
    try:
        yield patterns
    finally:
        for handle in handles:
            handle.remove()
