"""What decides a search's result: kept in its journal, and read from there when it is resumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import Algorithm, AskTell, algorithm_from_dict
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import AutoSNNError, InvalidInputError, JournalError
from autosnn_ray.evaluators import Evaluator, as_evaluator, evaluator_from_dict
from autosnn_ray.journal.differences import differences
from autosnn_ray.measures import Measurable
from autosnn_ray.objectives import DEFAULT_EXPONENT, OBJECTIVES, Goal, SpikeAwareFitness
from autosnn_ray.own_code import described, own_code_of
from autosnn_ray.problem import Problem
from autosnn_ray.runs.measuring import Bounds, Named, describe_measures, described_measures, taken_by
from autosnn_ray.runs.problems import problem_of
from autosnn_ray.storage.supernets import open_supernet
from autosnn_ray.versions import versions

_DECISIVE = ("problem", "algorithm", "candidates", "goal", "evaluator", "begin_with", "measures", "filters")
"""Entries of a run's configuration that must be the same when it is resumed."""


def default_goal(evaluator: Evaluator, exponent: float = DEFAULT_EXPONENT) -> Goal:
    """Returns what a search aims at unless something else is said: the fitness of what its evaluator measures."""
    supernet = evaluator.weights
    reference = None if supernet is None else supernet.reference_spikes
    return Goal((SpikeAwareFitness(reference, exponent, evaluator.quality),))


@dataclass(frozen=True)
class Plan:
    """A search, before anything of it is done.

    Attributes:
        problem: What is searched.
        evaluator: What evaluates.
        algorithm: How candidates are proposed.
        candidates: How many to evaluate.
        goal: What the search aims at.
        begin_with: Architectures that are proposed before any of the algorithm's own.
        measures: What is measured of each candidate beside what the goal names.
        filters: Whether constraints on what is known beforehand keep candidates from being proposed.
        finalists: How many of its best are trained when it is done, as it was asked for: this decides nothing of the
            search itself.

    Raises:
        InvalidInputError: The evaluator cannot evaluate the problem, finds no measure that is needed, or has settings
            that a journal cannot hold; an objective is not registered.
    """

    problem: Problem
    evaluator: Evaluator
    algorithm: Algorithm
    candidates: int
    goal: Goal
    begin_with: tuple[str, ...] = ()
    measures: tuple[Measurable, ...] = ()
    filters: bool = True
    finalists: int | None = None

    def __post_init__(self) -> None:
        self.evaluator.check(self.problem)
        describe_measures(self.taken)  # refuses what cannot be measured, or written
        for objective in self.goal.objectives:
            if OBJECTIVES.get(objective.kind) is not type(objective):
                raise InvalidInputError(
                    f"objective {type(objective).__name__}: expected one that is registered, or the run could not be "
                    "read again: @asr.register above its class"
                )
        about = self.evaluator.to_dict()
        try:
            json.dumps(about)
        except TypeError as error:
            raise InvalidInputError(
                f"evaluator {self.evaluator.name}: expected settings that a journal can hold (numbers, texts, lists of "
                f"these), got {about['settings']!r}: {error}"
            ) from error

    def start(self) -> AskTell:
        """Begins the algorithm, which proposes nothing of which it is known beforehand that it breaks a constraint.

        Raises:
            InvalidInputError: Nothing in the space keeps such constraints.
        """
        state = self.algorithm.start(self.problem.space, self.candidates, self.goal)
        if self.begin_with:
            state.begin_with([self.problem.space.parse(name) for name in self.begin_with])
        self._bounds.restrict(state)
        return state

    @property
    def taken(self) -> dict[str, Measurable]:
        """What is added to each evaluation beside all that is registered as known beforehand."""
        return taken_by(self.evaluator, (*self.goal.measures, *self.algorithm.needs), self.measures)

    @property
    def _bounds(self) -> Bounds:
        goal = self.goal if self.filters else Goal(self.goal.objectives)
        return Bounds.of(self.problem, goal, {one.name: one for one in self.measures})

    def config(self) -> dict[str, Any]:
        """Returns all that decides the run's result, and what it costs, as a journal holds it: tuples become lists."""
        config = {
            "problem": self.problem.describe(),
            "evaluator": self.evaluator.to_dict(),
            "algorithm": self.algorithm.to_dict(),
            "candidates": self.candidates,
            "goal": self.goal.to_dict(),
            "versions": versions(self.algorithm.packages),
            "imported": described(),
            **({"begin_with": self.begin_with} if self.begin_with else {}),
            **({"finalists": self.finalists} if self.finalists is not None else {}),
        }
        further = {"measures": describe_measures(self.taken), "filters": self._bounds.names}
        further["passes"] = self.evaluator.describe_passes(self.problem)
        config |= {name: entry for name, entry in further.items() if entry}
        plain: dict[str, Any] = json.loads(json.dumps(config))
        return plain

    def refuse_other(self, path: Path, before: Mapping[str, Any], *, may_extend: bool) -> None:
        """Refuses to go on with a run of another plan.

        Args:
            path: The run's folder.
            before: What the run was started with.
            may_extend: Whether more candidates than before are welcome.

        Raises:
            JournalError: The text says what differs.
        """
        now = self.config()
        if may_extend and self.candidates > before["candidates"]:
            now["candidates"] = before["candidates"]
        differing = differences(before, now, _DECISIVE)
        if differing:
            raise JournalError(
                f"{path}: holds another search and cannot go on as this one: {'; '.join(differing)}. "
                "`autosnn-ray resume` goes on with what is there, and --candidates extends it"
            )


def plan_of(
    path: Path,
    config: Mapping[str, Any],
    *,
    candidates: int | None = None,
    supernet: str | Path | None = None,
    data: Dataset | str | Path | None = None,
    evaluator: Evaluator | Callable[..., Any] | None = None,
    measures: Iterable[Named] = (),
    algorithm: Algorithm | None = None,
) -> Plan:
    """Reads a run's plan from its configuration.

    Args:
        path: The run's folder.
        config: What the run was started with.
        candidates: How many to evaluate in all; as before where None.
        supernet: Folder of the supernet, where it has moved.
        data: The data set, or where its file or folder is now, where it is not found again by what the run says.
        evaluator: The evaluator, where it is none of ``EVALUATORS``.
        measures: Measures of the user's own, where they are none of ``MEASURES``.
        algorithm: The algorithm, where it is none of ``ALGORITHMS``.

    Raises:
        AutoSNNError: Something is missing, or not what the run was started with.
    """
    try:
        with own_code_of(config):
            if evaluator is None:
                found = evaluator_from_dict(config["evaluator"], open_supernet(path, config, supernet))
            else:
                found = as_evaluator(evaluator)
            goal = Goal.from_dict(config["goal"])
            algorithm = algorithm or algorithm_from_dict(config["algorithm"])
        plan = Plan(
            problem=problem_of(path, config, data),
            evaluator=found,
            algorithm=algorithm,
            candidates=_candidates(path, config["candidates"], candidates),
            goal=goal,
            begin_with=tuple(map(str, config.get("begin_with", ()))),
            measures=described_measures(config.get("measures", {}), measures),
            finalists=config.get("finalists"),
            filters="filters" in config,  # before, candidates that break a constraint were evaluated and marked
        )
    except AutoSNNError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise JournalError(
            f"{path}: the start of the journal lacks an entry that is needed to go on, or holds a wrong one: {error!r}"
        ) from error
    plan.refuse_other(path, config, may_extend=True)
    return plan


def _candidates(path: Path, before: object, now: int | None) -> int:
    if not isinstance(before, int):
        raise TypeError(f"candidates: {before!r}")
    if now is not None and now < before:
        raise InvalidInputError(
            f"candidates: expected at least the {before} that {path} was asked for, got {now}; "
            "a run can be extended, not cut"
        )
    return before if now is None else now
