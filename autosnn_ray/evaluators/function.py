"""A function of one's own as an evaluator."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import Estimate, Evaluator, EvaluatorContext
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
        function: Any = self.function
        settings: dict[str, Any] = {}
        while isinstance(function, functools.partial):
            given = {**{str(place): value for place, value in enumerate(function.args)}, **function.keywords}
            settings = {**given, **settings}
            function = function.func
        called = getattr(function, "__self__", None if hasattr(function, "__qualname__") else function)
        settings = {**getattr(called, "__dict__", {}), **settings}
        named: Any = function if hasattr(function, "__qualname__") else type(function)
        name = f"{named.__module__}:{named.__qualname__}"
        try:
            json.dumps(settings)
        except TypeError as error:
            raise InvalidInputError(
                f"evaluator {name}: expected arguments that a journal can hold (numbers, texts, lists of these), "
                f"got {settings!r}: {error}"
            ) from error
        return {"name": name, "settings": settings}
