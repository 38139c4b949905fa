"""What an evaluator is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from autosnn_ray.data.dataset import Dataset, Split
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.prefixes import SharedPrefixes
from autosnn_ray.training.settings import TrainSettings


@runtime_checkable
class Repeating(Protocol):
    """An evaluator to which the same architecture may be given several times, each time with other draws."""

    def repeat(self, architecture: Architecture, number: int) -> Evaluation:
        """Evaluates one architecture for the so-manieth time, from 0."""
        ...


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
        described: What ``Dataset.describe`` said of the whole data set, for what is kept on the disk.
        home: The run's folder, below which an evaluator may keep files; None where there is none.
        prefixes: What others who evaluate the same network on the same samples have run; None where nobody does.
    """

    data: Dataset
    training: TrainSettings = field(default_factory=TrainSettings)
    described: Mapping[str, Any] = field(default_factory=dict)
    home: Path | None = None
    prefixes: SharedPrefixes | None = None

    @classmethod
    def of(cls, data: Dataset, training: TrainSettings | None = None) -> EvaluationData:
        """Takes validation and training samples of a data set, and leaves the test samples behind."""
        return cls(data.without_test(), training or TrainSettings(), data.describe())

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
