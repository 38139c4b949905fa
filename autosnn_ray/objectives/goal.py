"""What a search aims at as a whole: its objectives under its constraints."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives.constraint import Constraint
from autosnn_ray.objectives.fitness import SpikeAwareFitness
from autosnn_ray.objectives.measured import Maximize
from autosnn_ray.objectives.objective import Objective, objective_from_dict


@dataclass(frozen=True)
class Judgement:
    """What an evaluation is worth.

    Attributes:
        values: One an objective; more is better.
        violation: Sum of what each constraint is missed by, as a share of its bound; 0 where all are kept.
    """

    values: tuple[float, ...]
    violation: float = 0.0

    @property
    def is_feasible(self) -> bool:
        """Whether every constraint is kept."""
        return self.violation == 0

    @property
    def is_finite(self) -> bool:
        """Whether it can be ranked at all."""
        return all(map(math.isfinite, self.values)) and math.isfinite(self.violation)

    @property
    def key(self) -> tuple[float, ...]:
        """Sorts the best first, for one objective: feasible before infeasible, then less violation, then more worth.

        Source: Deb, Comput. Methods Appl. Mech. Eng. 186 (2000), the rules of feasibility.
        """
        return (self.violation, *(-value for value in self.values))


@dataclass(frozen=True)
class Goal:
    """Objectives, each to be as large as can be, under constraints.

    Attributes:
        objectives: At least one.
        constraints: Bounds on measures.

    Raises:
        InvalidInputError: No objective, or something that is none.

    Example:
        >>> from autosnn_ray.objectives import Maximize
        >>> goal = Goal((Maximize("accuracy"),), (Constraint("spikes", at_most=400.0),))
        >>> goal.judge(Evaluation.measured(accuracy=0.9, spikes=500.0))
        Judgement(values=(0.9,), violation=0.25)
    """

    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        if not self.objectives or not all(isinstance(one, Objective) for one in self.objectives):
            raise InvalidInputError(
                "objectives: expected at least one, such as SpikeAwareFitness() or Maximize('accuracy'), "
                f"got {self.objectives!r}"
            )
        if not all(isinstance(one, Constraint) for one in self.constraints):
            raise InvalidInputError(
                f"constraints: expected such as Constraint('parameters', at_most=50_000), got {self.constraints!r}"
            )

    @classmethod
    def of(cls, given: Goal | Objective | Sequence[Objective], constraints: Sequence[Constraint] = ()) -> Goal:
        """Makes a goal of one objective or several; a goal that is given gets the further constraints."""
        if isinstance(given, Goal):
            return cls(given.objectives, (*given.constraints, *constraints))
        objectives = tuple(given) if isinstance(given, Sequence) else (given,)
        return cls(objectives, tuple(constraints))

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that objectives and constraints name; an objective of one's own may name none."""
        named = [name for one in self.objectives for name in getattr(one, "measures", [getattr(one, "measure", "")])]
        return tuple(dict.fromkeys(name for name in (*named, *(one.measure for one in self.constraints)) if name))

    def found_by(self, measures: Container[str]) -> Goal:
        """Returns the goal for evaluations that hold other measures than those it was made for.

        Where what a fitness weighs against spikes is not among them, an accuracy takes its place: an evaluator's score
        stood in for it. So it does where a score itself is an objective.

        Args:
            measures: Names of what there is.

        Example:
            >>> goal = Goal((SpikeAwareFitness(measure="score"),))
            >>> goal.found_by(["accuracy", "spikes"]).objectives[0].measure
            'accuracy'
        """
        return Goal(tuple(dict.fromkeys(_found(one, measures) for one in self.objectives)), self.constraints)

    def judge(self, evaluation: Evaluation) -> Judgement:
        """Says what an evaluation is worth.

        Raises:
            InvalidInputError: It lacks a measure that a constraint bounds.
        """
        violation = sum(one.relative(evaluation[one.measure]) for one in self.constraints)
        return Judgement(tuple(objective(evaluation) for objective in self.objectives), violation)

    def to_dict(self) -> dict[str, Any]:
        """Returns objectives and constraints as plain values."""
        return {
            "objectives": [objective.to_dict() for objective in self.objectives],
            "constraints": [constraint.to_dict() for constraint in self.constraints],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Goal:
        """Builds the goal that ``to_dict`` wrote.

        Raises:
            InvalidInputError: It is not what was written.
        """
        try:
            objectives = tuple(objective_from_dict(one) for one in values["objectives"])
            constraints = tuple(Constraint.from_dict(one) for one in values.get("constraints", ()))
        except (KeyError, TypeError, AttributeError) as error:
            raise InvalidInputError(f"goal: expected objectives and constraints, got {values!r}") from error
        return cls(objectives, constraints)


def _found(objective: Objective, measures: Container[str]) -> Objective:
    if isinstance(objective, SpikeAwareFitness) and objective.measure not in measures:
        return replace(objective, measure="accuracy")
    return Maximize("accuracy") if objective == Maximize("score") and "score" not in measures else objective
