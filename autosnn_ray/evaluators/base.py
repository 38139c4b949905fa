"""What an evaluator is: settings apart from what runs, as with algorithms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from autosnn_ray.checks import check_types
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.measures import Measured, Subject
from autosnn_ray.passes import Passes
from autosnn_ray.space import Architecture

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem
    from autosnn_ray.spiking.network import SpikingNetwork
    from autosnn_ray.spiking.prefixes import SharedPrefixes
    from autosnn_ray.training.supernet import Supernet

Estimate = Callable[[Architecture, int], Evaluation]
"""Evaluates an architecture for the so-manieth time, from 0. It may raise: the candidate then counts as failed."""


EpochEstimate = Callable[[Architecture, int], Iterator[Evaluation]]
"""Trains an architecture for the so-manieth time, and evaluates it after each epoch."""


@dataclass(frozen=True)
class EvaluatorContext:
    """Where an evaluator runs.

    Attributes:
        problem: What is searched, its samples on ``device``; the test samples are not among them.
        described: What ``Dataset.describe`` said of the whole data set, for what is kept on the disk.
        home: The run's folder, below which an evaluator may keep files; None where there is none.
        device: ``cpu`` or ``cuda``.
        prefixes: Beginnings of paths that others who evaluate the same have run; None where nobody does.
        measured: What is to be measured on each candidate's network besides.
    """

    problem: Problem
    described: Mapping[str, Any]
    home: Path | None = None
    device: str = "cpu"
    prefixes: SharedPrefixes | None = None
    measured: Mapping[str, Measured] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, home: Path | None = None) -> EvaluatorContext:
        """Takes a problem's training and validation samples, and leaves its test samples behind."""
        return cls(problem.without_test(), problem.data.describe(), home)

    def complete(self, found: Evaluation, network: Callable[[], SpikingNetwork]) -> Evaluation:
        """Adds to an evaluation what is to be measured on the candidate's network besides.

        Args:
            found: What the evaluator found.
            network: Makes the candidate's network, as one of its own; called where something is to be measured.
        """
        if not self.measured:
            return found
        subject = Subject(network(), self.problem)
        taken = {name: kind.take(subject) for name, kind in self.measured.items()}
        return replace(found, measures={**found.measures, **taken})


@dataclass(frozen=True)
class Evaluator(ABC):
    """An evaluator's settings: a frozen dataclass whose fields are plain values, and a supernet where it uses one.

    To make one of your own, derive from it and give it ``name``, ``summary`` and ``start``; or give ``search`` a
    function of problem and architecture.

    Attributes:
        name: Its key in ``EVALUATORS``.
        summary: What it is, in one line.
        quality: What it measures of an architecture's worth, which a fitness weighs against spikes.
        finds: The measures that it finds, so that a search for another is refused; empty where that is not known.
        has_network: Whether it offers each candidate's network (``context.complete``), so that more can be measured.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    quality: ClassVar[str] = "accuracy"
    finds: ClassVar[tuple[str, ...]] = ()
    has_network: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_types(self)

    @abstractmethod
    def start(self, context: EvaluatorContext) -> Estimate:
        """Makes what evaluates, in the process that is to run it.

        Args:
            context: Problem, device and folder.
        """

    @property
    def most_epochs(self) -> int | None:
        """Epochs that it trains for, each of which ``start_by_epoch`` evaluates; None for one that does not train."""
        return None

    def start_by_epoch(self, context: EvaluatorContext) -> EpochEstimate:
        """Makes what ``start`` makes, evaluated after each epoch, for one that has ``most_epochs``."""
        raise NotImplementedError(f"{self.name} trains nothing epoch by epoch")

    def check(self, problem: Problem) -> None:  # noqa: B027 - most fit every problem
        """Refuses a problem that it cannot evaluate.

        Raises:
            InvalidInputError: It cannot.
        """

    def passes(self, problem: Problem) -> Passes | None:
        """Returns what one evaluation runs through a network; None where that is not known."""
        return None

    def passes_before(self, problem: Problem) -> Passes | None:
        """Returns what was run once, before the first evaluation, such as a supernet's training; None: not known."""
        return None

    def describe_passes(self, problem: Problem) -> dict[str, dict[str, int]]:
        """Returns both as a journal holds them, ``candidate`` and ``before``; what is not known is left out."""
        found = {"candidate": self.passes(problem), "before": self.passes_before(problem)}
        return {when: passes.to_dict() for when, passes in found.items() if passes is not None}

    @property
    def weights(self) -> Supernet | None:
        """The supernet whose weights it uses; None where it uses none."""
        return getattr(self, "supernet", None)

    @property
    def settings(self) -> dict[str, Any]:
        """Its settings as plain values, the supernet aside."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "supernet"}

    def to_dict(self) -> dict[str, Any]:
        """Returns name, settings and the supernet's checksum as plain values."""
        found: dict[str, Any] = {"name": self.name, "settings": self.settings}
        if self.weights is not None:
            found["supernet"] = {"checksum": self.weights.weights_checksum}
        return found


@dataclass(frozen=True)
class SupernetEvaluator(Evaluator):
    """An evaluator that uses a supernet's weights.

    Attributes:
        supernet: The supernet.

    Raises:
        InvalidInputError: When a search begins: the supernet is of another problem, or its weights were changed.
    """

    supernet: Supernet

    def check(self, problem: Problem) -> None:
        """Refuses a problem that the supernet was not trained on."""
        self.supernet.check(problem)
        self.supernet.check_weights()

    def passes_before(self, problem: Problem) -> Passes | None:
        """Returns what the supernet's training took."""
        from autosnn_ray.training.passes import passes_of_supernet

        return passes_of_supernet(self.supernet)
