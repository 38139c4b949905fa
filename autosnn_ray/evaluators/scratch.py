"""Evaluators that train the architecture as a network of its own: from scratch, or from its path's weights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from autosnn_ray.cards import network_folder
from autosnn_ray.checks import check_whole
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import EpochEstimate, Estimate, Evaluator, EvaluatorContext, SupernetEvaluator
from autosnn_ray.passes import Passes
from autosnn_ray.space import Architecture

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem
    from autosnn_ray.training.scratch import Start
    from autosnn_ray.training.supernet import Supernet


@dataclass(frozen=True)
class TrainFromScratch(Evaluator):
    """Trains the architecture from scratch, for a few epochs; for many, it is the ground truth itself.

    The n-th training of an architecture, from 0, draws from ``seed + n``. The weights are those of the last epoch:
    none is picked.

    Attributes:
        epochs: Passes over the training split.
        seed: What every draw of the first training comes from.
        keep: Whether each network is kept in the run's folder; what is there is then used again, and a training that
            was cut off goes on from its last saved epoch.
        training: Further settings of the training, as ``TrainSettings`` takes them; its defaults for what is left out.
    """

    name: ClassVar[str] = "scratch"
    summary: ClassVar[str] = "trained from scratch, with a seed a repetition"
    finds: ClassVar[tuple[str, ...]] = ("accuracy", "spikes", "loss")
    has_network: ClassVar[bool] = True
    epochs: int = 4
    seed: int = 0
    keep: bool = False
    training: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("seed", self.seed, 0)
        train_settings(self.training, self.epochs)  # refuses bad ones here, not in another process

    def start(self, context: EvaluatorContext) -> Estimate:
        """Takes training and validation samples."""
        return _training(self, context, None)

    @property
    def most_epochs(self) -> int:
        """All of them."""
        return self.epochs

    def start_by_epoch(self, context: EvaluatorContext) -> EpochEstimate:
        """Takes training and validation samples."""
        return _training_by_epoch(self, context, None)

    def passes(self, problem: Problem) -> Passes:
        """Returns an epoch's, so many times, and one of every validation sample."""
        return _passes(self.epochs, problem)

    def passes_before(self, problem: Problem) -> Passes:
        """Returns none: there is nothing to train before."""
        return Passes()


@dataclass(frozen=True)
class TrainFromPath(SupernetEvaluator):
    """Trains the architecture as ``TrainFromScratch`` does, from the weights of its path in a supernet.

    Attributes:
        supernet: The supernet; its own weights stay as they are.
        epochs: Passes over the training split.
        seed: What every draw of the first training comes from.
        keep: Whether each network is kept in the run's folder.
        training: Further settings of the training, as ``TrainSettings`` takes them.
    """

    name: ClassVar[str] = "from_path"
    summary: ClassVar[str] = "trained like scratch, from the weights of its path"
    finds: ClassVar[tuple[str, ...]] = ("accuracy", "spikes", "loss")
    has_network: ClassVar[bool] = True
    epochs: int = 4
    seed: int = 0
    keep: bool = False
    training: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("seed", self.seed, 0)
        train_settings(self.training, self.epochs)

    def start(self, context: EvaluatorContext) -> Estimate:
        """Takes samples and the supernet's weights."""
        return _training(self, context, path_start(self.supernet))

    @property
    def most_epochs(self) -> int:
        """All of them."""
        return self.epochs

    def start_by_epoch(self, context: EvaluatorContext) -> EpochEstimate:
        """Takes samples and the supernet's weights."""
        return _training_by_epoch(self, context, path_start(self.supernet))

    def passes(self, problem: Problem) -> Passes:
        """Returns an epoch's, so many times, and one of every validation sample."""
        return _passes(self.epochs, problem)


def _training(settings: TrainFromScratch | TrainFromPath, context: EvaluatorContext, start: Start | None) -> Estimate:
    from autosnn_ray.training.keep import train_and_keep

    keeps = settings.keep and context.home is not None
    how = train_settings(settings.training, settings.epochs)

    def estimate(architecture: Architecture, repetition: int) -> Evaluation:
        seed = settings.seed + repetition
        folder = network_folder(context.home, architecture, seed) if keeps and context.home is not None else None
        trained = train_and_keep(
            context.problem,
            architecture,
            folder=folder,
            seed=seed,
            settings=how,
            described=context.described,
            start=start,
        )
        return context.complete(trained.validation, lambda: trained.network.to(context.device))

    return estimate


def _training_by_epoch(
    settings: TrainFromScratch | TrainFromPath, context: EvaluatorContext, start: Start | None
) -> EpochEstimate:
    from autosnn_ray.training.scratch import ScratchTraining

    how = train_settings(settings.training, settings.epochs)

    def estimate(architecture: Architecture, repetition: int) -> Iterator[Evaluation]:
        seed = settings.seed + repetition
        training = ScratchTraining(context.problem, architecture, seed=seed, settings=how, start=start)
        while training.step():
            yield training.measure()

    return estimate


def _passes(epochs: int, problem: Problem) -> Passes:
    return Passes(epochs * len(problem.data.train), len(problem.data.validation))


def train_settings(training: Mapping[str, Any] | None, epochs: int) -> Any:
    """Makes settings of a training, a ``TrainSettings``.

    Raises:
        InvalidInputError: One is not what it must be, or unknown.
    """
    from dataclasses import fields

    from autosnn_ray.errors import unknown_name
    from autosnn_ray.training.settings import TrainSettings

    known = [field.name for field in fields(TrainSettings)]
    for name in training or {}:
        if name not in known:
            raise unknown_name("setting of a training", name, known)
    return TrainSettings.from_dict({**(training or {}), "epochs": epochs})


def path_start(supernet: Supernet) -> Start:
    """Makes what sets a network's initial weights to those of its path in a supernet, and names that supernet."""
    from autosnn_ray.spiking.weights import path_weights
    from autosnn_ray.training.checkpoint import pack
    from autosnn_ray.training.scratch import Start

    state = supernet.network.state_dict()
    name = f"supernet {hashlib.sha256(pack(supernet.network)).hexdigest()}"
    return Start(name, lambda network: network.load_state_dict(path_weights(state, network)))
