"""A function of one's own as an evaluator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import Estimate, Evaluator, EvaluatorContext
from autosnn_ray.functions import describe_function
from autosnn_ray.space import Architecture


@dataclass(frozen=True)
class FromFunction(Evaluator):
    """Calls a function with problem and architecture.

    Attributes:
        function: Returns an ``Evaluation``, or numbers by name such as ``{"accuracy": 0.9, "spikes": 500}``. It must
            be picklable, and is known to a run's journal by its module and name and, for a ``functools.partial``, its
            arguments, for an object that is called, or whose method is, its attributes.
    """

    name: ClassVar[str] = "function"
    summary: ClassVar[str] = "a function of one's own"
    function: Callable[..., Any]

    def start(self, context: EvaluatorContext) -> Estimate:
        """Binds the function to the problem."""

        def estimate(architecture: Architecture, repetition: int) -> Evaluation:
            found = self.function(context.problem, architecture)
            return found if isinstance(found, Evaluation) else Evaluation.given(found)

        return estimate

    def to_dict(self) -> dict[str, Any]:
        """Returns where the function stands, and what a partial one, or the object that is called, was given."""
        return describe_function(self.function, "evaluator")
