"""Evaluators: an architecture in, an evaluation out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from autosnn_ray.data.dataset import Dataset, Split
from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.evaluation.batch_norm import recalibrated
from autosnn_ray.evaluation.evaluate import DEFAULT_BATCH, evaluate
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork


class Evaluator(Protocol):
    """What a search asks about each candidate. It may raise: the candidate then counts as failed."""

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Evaluates one architecture on the validation split."""
        ...


@dataclass(frozen=True)
class EvaluationData:
    """The samples an evaluator may look at; the test split is not among them.

    Attributes:
        validation: What candidates are evaluated on.
        train: Training samples, for evaluators that need them.
        loss: Key of ``LOSSES``, the one the supernet was trained with.
    """

    validation: Split
    train: Split
    loss: str = "mse"

    @classmethod
    def of(cls, data: Dataset, loss: str) -> EvaluationData:
        """Takes validation and training samples of a data set."""
        return cls(validation=data.validation, train=data.train, loss=loss)


EvaluatorFactory = Callable[[SpikingNetwork, EvaluationData], Evaluator]
"""Makes an evaluator in the process that is to run it; it must be picklable."""


class SupernetPath:
    """Runs the architecture as a path of the supernet, as it is.

    Args:
        network: The supernet.
        data: Validation samples.
        batch_size: Samples a forward pass.
    """

    def __init__(self, network: SpikingNetwork, data: EvaluationData, *, batch_size: int = DEFAULT_BATCH) -> None:
        self._network, self._data, self._batch_size = network, data, batch_size

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Evaluates one path on the validation split."""
        return evaluate(
            self._network,
            self._data.validation,
            architecture,
            loss=self._data.loss,
            batch_size=self._batch_size,
        )


class RecalibratedPath(SupernetPath):
    """Runs the architecture as a path, its batch-norm statistics measured anew on training samples.

    Args:
        network: The supernet.
        data: Training and validation samples.
        samples: Training samples that are used.
        batch_size: Samples a forward pass.
    """

    def __init__(
        self,
        network: SpikingNetwork,
        data: EvaluationData,
        *,
        samples: int = 512,
        batch_size: int = DEFAULT_BATCH,
    ) -> None:
        super().__init__(network, data, batch_size=batch_size)
        if samples < 2:
            raise InvalidInputError(f"samples: expected at least 2 to measure a variance, got {samples}")
        self._calibration = data.train.head(samples).x

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Evaluates one path on the validation split, with statistics of its own."""
        with recalibrated(self._network, architecture, self._calibration, batch_size=64):
            return super().__call__(architecture)


EVALUATORS: dict[str, Callable[..., Evaluator]] = {
    "path": SupernetPath,
    "recalibrated": RecalibratedPath,
}
"""Every evaluator by name; called with network, data and its own settings."""


@dataclass(frozen=True)
class NamedEvaluator:
    """A registered evaluator with its settings: what a run's journal keeps of it.

    Attributes:
        name: Key of ``EVALUATORS``.
        settings: Its own settings.
    """

    name: str
    settings: Mapping[str, Any]

    def __call__(self, network: SpikingNetwork, data: EvaluationData) -> Evaluator:
        """Makes the evaluator."""
        return EVALUATORS[self.name](network, data, **self.settings)


def make_evaluator(name: str, **settings: Any) -> NamedEvaluator:
    """Names an evaluator, to be made where candidates are evaluated.

    Args:
        name: Key of ``EVALUATORS``.
        settings: Its own settings, such as ``samples`` of ``recalibrated``.

    Raises:
        InvalidInputError: No such evaluator.
    """
    if name not in EVALUATORS:
        raise unknown_name("evaluator", name, EVALUATORS)
    return NamedEvaluator(name, settings)
