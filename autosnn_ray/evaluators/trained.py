"""Evaluators that train: a path further from the supernet's weights, or an architecture alone from scratch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import torch

from autosnn_ray.data.dataset import Split
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation.evaluate import evaluate
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import EvaluationData
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.weights import path_weights
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.standalone import Start, train_alone


def path_start(supernet: SpikingNetwork, name: str = "supernet") -> Start:
    """Makes what sets a network's initial weights to those of its path in a supernet."""
    state = supernet.state_dict()
    return Start(name, lambda network: network.load_state_dict(path_weights(state, network)))


class FineTunedPath:
    """Takes a path's weights out of the supernet, trains them for a few steps, and evaluates the result.

    Args:
        network: The supernet; its own weights stay as they are.
        data: Training and validation samples.
        steps: Training steps.
        learning_rate: Peak rate of Adam, a fraction of what training from scratch takes.
        seed: What every draw comes from.
    """

    summary: ClassVar[str] = "path trained further, from the supernet's weights"
    uses_weights: ClassVar[bool] = True

    def __init__(
        self,
        network: SpikingNetwork,
        data: EvaluationData,
        *,
        steps: int = 34,
        learning_rate: float = 1e-3,
        seed: int = 0,
    ) -> None:
        if steps < 1:
            raise InvalidInputError(f"steps: expected at least 1 training step, got {steps}")
        self._network, self._seed, self._start = network, seed, path_start(network)
        self._settings = replace(data.training, epochs=1, learning_rate=learning_rate)
        self._data = data
        self._few = replace(data.data, train=_steps_of(data.train, steps * data.training.batch_size, seed))

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Fine-tunes one path and evaluates it on the validation split."""
        tuned = train_alone(
            self._network.space,
            architecture,
            self._few,
            seed=self._seed,
            timesteps=self._network.timesteps,
            neuron=self._network.neuron,
            settings=self._settings,
            start=self._start,
        )
        return evaluate(tuned, self._data.validation, loss=self._data.loss)


class TrainedAlone:
    """Trains the architecture alone, from scratch, for a few epochs; for many, it is the truth itself.

    Args:
        network: The supernet; only its space, T and neuron are used.
        data: Training and validation samples.
        epochs: Passes over the training split.
        seed: What every draw comes from.
        training: Further settings of the training, as ``TrainSettings`` takes them; its defaults, not the
            supernet's settings, for what is left out, so that a truth holds for any supernet.
    """

    summary: ClassVar[str] = "trained alone, from scratch"
    uses_weights: ClassVar[bool] = False

    def __init__(
        self,
        network: SpikingNetwork,
        data: EvaluationData,
        *,
        epochs: int = 4,
        seed: int = 0,
        training: Mapping[str, Any] | None = None,
    ) -> None:
        self._network, self._data, self._seed = network, data, seed
        self._settings = TrainSettings.from_dict({**(training or {}), "epochs": epochs})

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Trains one architecture and evaluates it on the validation split."""
        trained = train_alone(
            self._network.space,
            architecture,
            self._data.data,
            seed=self._seed,
            timesteps=self._network.timesteps,
            neuron=self._network.neuron,
            settings=self._settings,
        )
        return evaluate(trained, self._data.validation, loss=self._settings.loss)


def _steps_of(split: Split, count: int, seed: int) -> Split:
    """Draws as many samples as some steps take: whole passes in random order, then a part of one."""
    generator = torch.Generator().manual_seed(seed)
    passes = -(-count // len(split))
    rows = torch.cat([torch.randperm(len(split), generator=generator) for _ in range(passes)])[:count]
    return Split(split.x[rows], split.y[rows])
