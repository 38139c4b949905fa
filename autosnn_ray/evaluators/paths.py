"""Evaluators that run the architecture as a path of the supernet."""

from __future__ import annotations

from typing import ClassVar

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation.batch_norm import recalibrated
from autosnn_ray.evaluation.batches import fitting_batch
from autosnn_ray.evaluation.evaluate import evaluate, prefixes_for
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import EvaluationData
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork

SHARED_BYTES = 2**27
"""What an actor keeps of the beginnings of paths: 128 MiB hold all 781 of digits, the most used of larger data."""


class SupernetPath:
    """Runs the architecture as a path of the supernet, as it is; paths that begin alike share their beginning.

    Args:
        network: The supernet.
        data: Validation samples.
        batch_size: Samples a forward pass; as many as fit, and 360 at most, where None.
        shared_bytes: Memory for the spikes of beginnings, one bit each; 0 runs every path from the start. No setting
            changes the result.
    """

    summary: ClassVar[str] = "path of the supernet, as it is"
    uses_weights: ClassVar[bool] = True

    def __init__(
        self,
        network: SpikingNetwork,
        data: EvaluationData,
        *,
        batch_size: int | None = None,
        shared_bytes: int = SHARED_BYTES,
    ) -> None:
        self._network, self._data = network, data
        self._batch_size = batch_size or fitting_batch(network, data.validation)
        # On a GPU packing bits would wait for the device in mid-pass.
        shares = shared_bytes > 0 and data.validation.x.device.type == "cpu"
        self._prefixes = (
            prefixes_for(network, data.validation, shared_bytes, self._batch_size, data.prefixes) if shares else None
        )

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Evaluates one path on the validation split."""
        return evaluate(
            self._network,
            self._data.validation,
            architecture,
            loss=self._data.loss,
            batch_size=self._batch_size,
            prefixes=self._prefixes,
        )


class RecalibratedPath(SupernetPath):
    """Runs the architecture as a path, its batch-norm statistics measured anew on training samples.

    Args:
        network: The supernet.
        data: Training and validation samples.
        samples: Training samples that are used.
        batch_size: Samples a forward pass; as many as fit, and 360 at most, where None.
    """

    summary: ClassVar[str] = "path with batch-norm statistics of its own"

    def __init__(
        self,
        network: SpikingNetwork,
        data: EvaluationData,
        *,
        samples: int = 512,
        batch_size: int | None = None,
    ) -> None:
        # Each path has statistics of its own: beginnings are not alike.
        super().__init__(network, data, batch_size=batch_size, shared_bytes=0)
        if samples < 2:
            raise InvalidInputError(f"samples: expected at least 2 to measure a variance, got {samples}")
        self._calibration = data.train.head(samples).x
        # Not the batch of the evaluation: statistics are an average over batches, and would depend on it.
        self._calibration_batch = min(64, fitting_batch(network, data.train))

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Evaluates one path on the validation split, with statistics of its own."""
        with recalibrated(self._network, architecture, self._calibration, batch_size=self._calibration_batch):
            return super().__call__(architecture)
