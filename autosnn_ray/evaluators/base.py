"""What an evaluator is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from autosnn_ray.data.dataset import Dataset, Split
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.settings import TrainSettings


class Evaluator(Protocol):
    """What a search asks about each candidate. It may raise: the candidate then counts as failed."""

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Evaluates one architecture on the validation split."""
        ...


@dataclass(frozen=True)
class EvaluationData:
    """The samples an evaluator may look at; the test split is not among them.

    Attributes:
        data: The data set, its test split emptied.
        training: How the supernet was trained; trainings of an evaluator's own start from these settings.
    """

    data: Dataset
    training: TrainSettings = field(default_factory=TrainSettings)

    @classmethod
    def of(cls, data: Dataset, training: TrainSettings | None = None) -> EvaluationData:
        """Takes validation and training samples of a data set, and leaves the test samples behind."""
        return cls(data=data.without_test(), training=training or TrainSettings())

    @property
    def validation(self) -> Split:
        """What candidates are evaluated on."""
        return self.data.validation

    @property
    def train(self) -> Split:
        """Training samples, for evaluators that need them."""
        return self.data.train

    @property
    def loss(self) -> str:
        """Key of ``LOSSES``, the one the supernet was trained with."""
        return self.training.loss


EvaluatorFactory = Callable[[SpikingNetwork, EvaluationData], Evaluator]
"""Makes an evaluator in the process that is to run it; it must be picklable."""
