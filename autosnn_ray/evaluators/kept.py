"""The evaluator of a retraining: an architecture trained alone with several seeds, each network kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from autosnn_ray.cards import network_folder
from autosnn_ray.errors import unknown_name
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import EvaluationData
from autosnn_ray.evaluators.trained import path_start
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.checkpoint import pack
from autosnn_ray.training.keep import train_and_keep
from autosnn_ray.training.settings import TrainSettings

STARTS = SCRATCH, SUPERNET = "scratch", "supernet"


class KeptNetwork:
    """Trains the architecture alone and keeps the network in the run's folder, where there is one.

    What was kept is used again; a training that was cut off goes on from its last saved epoch. The n-th training of
    an architecture, from 0, draws from ``seed + n``. The weights are those of the last epoch: none is picked.

    Args:
        network: The supernet; its weights are used only to start from.
        data: Training and validation samples.
        epochs: Passes over the training split.
        seed: What every draw of the first training comes from.
        start: ``scratch``, or ``supernet``: from the path's weights in the supernet.
        training: Further settings of the training, as ``TrainSettings`` takes them; its defaults for what is left out.
    """

    summary: ClassVar[str] = "trained alone with a seed a repetition, each network kept"
    uses_weights: ClassVar[bool] = False

    def __init__(
        self,
        network: SpikingNetwork,
        data: EvaluationData,
        *,
        epochs: int = 30,
        seed: int = 0,
        start: str = SCRATCH,
        training: Mapping[str, Any] | None = None,
    ) -> None:
        if start not in STARTS:
            raise unknown_name("start", start, STARTS)
        self._network, self._data, self._seed = network, data, seed
        self._settings = TrainSettings.from_dict({**(training or {}), "epochs": epochs})
        self._start = None
        if start == SUPERNET:
            # What is kept says which supernet it came from; another one's is refused.
            self._start = path_start(network, f"supernet {hashlib.sha256(pack(network)).hexdigest()}")

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Trains one architecture with the first seed."""
        return self.repeat(architecture, 0)

    def repeat(self, architecture: Architecture, number: int) -> Evaluation:
        """Trains one architecture with the seed of a repetition, and evaluates it on the validation split."""
        seed = self._seed + number
        trained = train_and_keep(
            self._network.space,
            architecture,
            self._data.data,
            folder=self._folder(architecture, seed),
            seed=seed,
            timesteps=self._network.timesteps,
            neuron=self._network.neuron,
            settings=self._settings,
            described=self._data.described,
            start=self._start,
        )
        return trained.validation

    def _folder(self, architecture: Architecture, seed: int) -> Path | None:
        return None if self._data.home is None else network_folder(self._data.home, architecture, seed)
