"""The laws of an objective."""

from __future__ import annotations

import json
import math
from typing import Any

from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import OBJECTIVES, Goal, Objective
from autosnn_ray.testing.laws import by_name, obey, require

_FOUND = Evaluation.given(
    {"accuracy": 0.9, "spikes": 500.0, "loss": 0.2, "parameters": 10_000.0, "score": 0.5, "macs": 1e6}
)


def check_objective(given: Objective) -> None:
    """Holds an objective against every law.

    Args:
        given: The objective, with its settings.

    Raises:
        LawBrokenError: Names every law that it breaks.

    Example:
        >>> from autosnn_ray.objectives import Maximize
        >>> check_objective(Maximize("accuracy"))
    """
    obey(f"objective {getattr(given, 'kind', given)!r}", OBJECTIVE_LAWS, [given])


def is_an_objective(given: Objective) -> None:
    """It has a kind, a label, a value of an evaluation and plain values to be written as."""
    require(isinstance(given, Objective), f"{type(given).__name__} lacks kind, label, __call__ or to_dict")
    require(isinstance(given.label, str) and given.label, f"its label is {given.label!r}")


def is_a_value(given: Objective) -> None:
    """It is a frozen dataclass: equal to one of the same settings, and usable as a key."""
    made: Any = given
    how = getattr(type(made), "__dataclass_params__", None)
    require(how is not None and how.frozen, f"{type(given).__name__} is no frozen dataclass")
    require(hash(made) == hash(made), "it has no hash")


def gives_a_number(given: Objective) -> None:
    """Of an evaluation it gives a number, the same each time."""
    found, again = given(_FOUND), given(_FOUND)
    is_number = isinstance(found, float | int) and not isinstance(found, bool)
    require(is_number, f"of {dict(_FOUND.measures)} it gives {found!r}")
    require(found == again or (math.isnan(found) and math.isnan(again)), f"first it gives {found}, then {again}")


def says_nan_of_what_it_cannot_tell(given: Objective) -> None:
    """Where what it needs was not measured, or is NaN, it gives NaN and raises nothing."""
    nothing = Evaluation.given({"nothing": 1.0})
    nan = Evaluation.given(dict.fromkeys(_FOUND, math.nan))
    for what, evaluation in (("nothing was measured", nothing), ("all is NaN", nan)):
        found = given(evaluation)
        require(math.isnan(found), f"where {what} it gives {found}; evaluation.get(name) is NaN where there is none")


def survives_a_journal(given: Objective) -> None:
    """It is registered by its kind, and read back from a journal equal."""
    require(given.kind in OBJECTIVES, f"kind {given.kind!r} is not registered: @asr.register above its class")
    goal = Goal((given,))
    again = Goal.from_dict(json.loads(json.dumps(goal.to_dict())))
    require(again == goal, f"read back it is {again.objectives[0]}")


OBJECTIVE_LAWS = by_name(
    (is_an_objective, is_a_value, gives_a_number, says_nan_of_what_it_cannot_tell, survives_a_journal)
)
"""Every law of an objective, by name."""
