"""What a measure is beside its number: name, unit, direction, and how it is found of a candidate."""

from __future__ import annotations

import functools
from abc import ABC
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import EXACT, GIVEN, Measure
from autosnn_ray.functions import describe_function

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem
    from autosnn_ray.profiles import Profile
    from autosnn_ray.space import Architecture
    from autosnn_ray.spiking.network import SpikingNetwork

MINIMIZE, MAXIMIZE = "minimize", "maximize"


@dataclass(frozen=True)
class Measurable(ABC):
    """A measure by name.

    Attributes:
        name: Its name, as in an evaluation's measures and a frame's columns.
        function: What finds it; None where evaluators do.
        unit: Such as ``bytes`` or ``J/sample``; empty for a plain number.
        summary: What it is, in one line.
        direction: ``minimize`` or ``maximize``: what an objective of its name does.

    Raises:
        InvalidInputError: The name is none, or the direction another word.
    """

    name: str
    function: Callable[..., Any] | None = None
    unit: str = ""
    summary: str = ""
    direction: str = MINIMIZE

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier():
            raise InvalidInputError(
                f"measure: expected a name such as fan_in, of letters, digits and _, got {self.name!r}"
            )
        if self.direction not in (MINIMIZE, MAXIMIZE):
            raise InvalidInputError(
                f"measure {self.name}: expected direction minimize or maximize, got {self.direction!r}"
            )
        if not callable(self.function) and not isinstance(self, Evaluated):
            raise InvalidInputError(f"measure {self.name}: expected a function that finds it, got {self.function!r}")

    def to_dict(self) -> dict[str, Any]:
        """Returns which function finds it, as a journal holds it.

        Raises:
            InvalidInputError: A partial function with arguments that a journal cannot hold.
        """
        return describe_function(self.function, f"measure {self.name}") if self.function else {}


@dataclass(frozen=True)
class Evaluated(Measurable):
    """A measure that evaluators find themselves, such as ``accuracy``."""


@dataclass(frozen=True)
class Known(Measurable):
    """A measure that is known beforehand: ``function(problem, architecture)`` gives a number without any training.

    It stands in every frame, and a constraint on it keeps a search from proposing what breaks it. The function is
    called for every architecture of the space then: it should take microseconds.

    Example:
        >>> depth = Known("depth", lambda problem, architecture: 5 - architecture.count("skip"))
        >>> depth.find(None, ("skip", "scb_k3", "skip", "skip", "skip")).value
        1.0
    """

    def find(self, problem: Problem, architecture: Architecture) -> Measure:
        """Returns the measure of an architecture."""
        return _as_measure(self, self.function(problem, architecture) if self.function else None, EXACT)


@dataclass(frozen=True)
class Measured(Measurable):
    """A measure that is taken on a candidate's network: ``function(network, problem)`` gives a number or a ``Measure``.

    It is taken where a search asks for it: by name (``measures=``), or in an objective or a constraint. ``network`` is
    a network of its own with the candidate's weights, in evaluation mode; ``problem`` has training and validation
    samples on the same device, and no test samples.
    """

    def take(self, subject: Subject) -> Measure:
        """Measures a candidate's network."""
        return _as_measure(self, self.function(subject.network, subject.problem) if self.function else None, GIVEN)


@dataclass(frozen=True)
class Profiled(Measured):
    """A measure that is read from a candidate's profile, which is taken once for all of them: ``function(profile)``."""

    def take(self, subject: Subject) -> Measure:
        """Reads the measure from the profile."""
        return _as_measure(self, self.function(subject.profile) if self.function else None, GIVEN)


class Subject:
    """A candidate's network, to be measured.

    Args:
        network: A network of its own.
        problem: What is searched, its samples on the network's device.
    """

    def __init__(self, network: SpikingNetwork, problem: Problem) -> None:
        self.network, self.problem = network.eval(), problem

    @functools.cached_property
    def profile(self) -> Profile:
        """Its profile on the validation samples."""
        from autosnn_ray.evaluation.profiling import profile

        return profile(self.network, self.problem.data.validation)


def known_of(kinds: Mapping[str, Measurable], problem: Problem, architecture: Architecture) -> dict[str, Measure]:
    """Returns all that is known of an architecture beforehand.

    Args:
        kinds: Measures by name; those that are not known beforehand are left out.
        problem: What is searched.
        architecture: One choice for each slot.
    """
    return {name: kind.find(problem, architecture) for name, kind in kinds.items() if isinstance(kind, Known)}


def _as_measure(kind: Measurable, found: Any, basis: str) -> Measure:
    if isinstance(found, Measure):
        return found
    try:
        return Measure(float(found), basis)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"measure {kind.name}: expected a number, got {found!r}") from error
