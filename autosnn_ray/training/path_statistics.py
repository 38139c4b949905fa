"""What the paths of a supernet are worth: a few of them, evaluated."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

import numpy as np

from autosnn_ray.data.dataset import Dataset
from autosnn_ray.evaluation.evaluate import evaluate
from autosnn_ray.spiking.network import SpikingNetwork

MEASURED_PATHS = 50
"""Paths drawn to measure the reference: its standard error is then about 3 % where spikes vary by a fifth."""


@dataclass(frozen=True)
class PathStatistics:
    """How paths drawn uniformly do on the validation split.

    Attributes:
        count: Paths drawn.
        accuracy_min: Least accuracy.
        accuracy_median: Median accuracy.
        accuracy_max: Highest accuracy.
        spikes_mean: Mean spikes/sample: the reference of the fitness.
        chance: Accuracy of always naming the commonest class.
        better_than_chance: Whether the median cannot be explained by guessing.
    """

    count: int
    accuracy_min: float
    accuracy_median: float
    accuracy_max: float
    spikes_mean: float
    chance: float
    better_than_chance: bool

    @property
    def summary(self) -> str:
        """What they reach, in one line."""
        reached = f"{self.accuracy_min:.1%} to {self.accuracy_max:.1%}, median {self.accuracy_median:.1%}"
        return (
            f"{self.count} paths drawn uniformly reach {reached} on validation samples (guessing: {self.chance:.1%}), "
            f"{self.spikes_mean:,.0f} spikes/sample"
        )


def measure_paths(
    network: SpikingNetwork, data: Dataset, loss: str, seed: int, count: int = MEASURED_PATHS
) -> PathStatistics:
    """Evaluates uniformly drawn paths on the validation split.

    Args:
        network: A supernet.
        data: Its data set.
        loss: Key of ``LOSSES``.
        seed: What the paths are drawn from.
        count: Paths to draw.

    Returns:
        Their accuracies, and the mean of their spikes/sample.
    """
    rng = np.random.default_rng([seed, 0x5EED])
    found = [evaluate(network, data.validation, network.space.sample(rng), loss=loss) for _ in range(count)]
    accuracies = [evaluation.accuracy for evaluation in found]
    median = statistics.median(accuracies)
    # One-sided, at about 2.3 standard errors: a guesser passes once in a hundred trainings.
    margin = 2.33 * math.sqrt(data.chance * (1 - data.chance) / len(data.validation))
    return PathStatistics(
        count=count,
        accuracy_min=min(accuracies),
        accuracy_median=median,
        accuracy_max=max(accuracies),
        spikes_mean=statistics.fmean(evaluation.spikes for evaluation in found),
        chance=data.chance,
        better_than_chance=median > data.chance + margin,
    )
