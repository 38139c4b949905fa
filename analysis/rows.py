"""A journal's events as one row a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import moocore
import numpy as np

from autosnn_ray.evaluations import PREDICTION, SHARE, Evaluation, Measure
from autosnn_ray.journal import Ask, Fail, JournalContents, Tell
from autosnn_ray.objectives import Goal, Judgement, SpikeAwareFitness
from autosnn_ray.space import format_architecture

from .statistics import wilson_interval

_MEASURES = ("accuracy", "spikes", "loss")
"""Measures that every frame has a column for."""


def goal_of(config: dict[str, Any]) -> Goal | None:
    """Returns what a run aims at; None where its journal does not say."""
    return None if "goal" not in config else Goal.from_dict(config["goal"])


def fitness_of(goal: Goal | None) -> SpikeAwareFitness | None:
    """Returns the fitness among a goal's objectives; None where there is none."""
    found = [one for one in (goal.objectives if goal else ()) if isinstance(one, SpikeAwareFitness)]
    return found[0] if found else None


def quality_of_goal(goal: Goal | None) -> str:
    """Returns what a goal weighs against spikes: what its fitness does, a score where it names one and no accuracy."""
    fitness, named = fitness_of(goal), goal.measures if goal else ()
    if fitness is not None:
        return fitness.measure
    return "score" if "score" in named and "accuracy" not in named else "accuracy"


def rows_of(contents: JournalContents, goal: Goal | None, quality: str) -> list[dict[str, Any]]:
    """Returns one row a candidate, in the order of their indices.

    Args:
        contents: The journal.
        goal: What the run aims at.
        quality: What is weighed against spikes.
    """
    rows: dict[int, dict[str, Any]] = {}
    results = 0
    for event in contents.events:
        if isinstance(event, Ask):
            rows[event.index] = _asked(event)
        elif isinstance(event, Tell):
            results += 1
            row = rows[event.index]
            measures = {_column(name, row): event.evaluation[name] for name in event.evaluation}
            own = {name: value for name, value in _aims(goal, event.evaluation).items() if name not in row}
            row |= {**own, **measures, **_told(event, goal, quality), "told": results}
        elif isinstance(event, Fail):
            results += 1
            failed = {"status": "failed", "reason": event.reason, "attempts": event.attempts}
            rows[event.index] |= {**failed, "told": results}
    if goal is not None:
        _rank(rows, {ask.index: tell.evaluation for ask, tell in contents.told}, goal)
    return [rows[index] for index in sorted(rows)]


def _aims(goal: Goal | None, evaluation: Evaluation) -> dict[str, float]:
    """Returns what each objective is worth that is no measure itself, by its label."""
    return {one.label: one(evaluation) for one in (goal.objectives if goal else ()) if one.label not in evaluation}


def _asked(event: Ask) -> dict[str, Any]:
    unknown = dict.fromkeys(
        (
            "accuracy",
            "accuracy_low",
            "accuracy_high",
            "spikes",
            "fitness",
            "loss",
            "rank",
            "violation",
            "told",
            "seconds",
        ),
        np.nan,
    )
    return {
        "index": event.index,
        "architecture": format_architecture(event.architecture),
        **unknown,
        "basis": "",
        "feasible": False,
        "generation": event.generation,
        "repetition": event.repetition,
        "origin": event.origin,
        "parents": event.parents,
        "attempts": 0,
        "status": "pending",
        "reason": "",
        "reused_from": "",
    }


def _told(event: Tell, goal: Goal | None, quality: str) -> dict[str, Any]:
    evaluation = event.evaluation
    fitness = fitness_of(goal)
    judgement = _judged(goal, evaluation)
    violation = 0.0 if goal is None else np.nan if judgement is None else judgement.violation
    low, high = _interval(evaluation.measures.get("accuracy"))
    return {
        "accuracy_low": low,
        "accuracy_high": high,
        "fitness": np.nan if fitness is None else fitness(evaluation),
        "basis": evaluation.measures[quality].basis if quality in evaluation else "",
        "violation": violation,
        "feasible": violation == 0,
        "seconds": evaluation.seconds,
        "attempts": event.attempts,
        "status": "done",
        "reused_from": event.reused_from,
    }


def _interval(measure: Measure | None) -> tuple[float, float]:
    """Returns the 95 % interval that belongs to how a measure came about; NaN where none does."""
    if measure is None:
        return (np.nan, np.nan)
    if measure.basis == SHARE:
        return wilson_interval(measure.value, measure.samples)
    return (measure.low, measure.high) if measure.basis == PREDICTION else (np.nan, np.nan)


def _column(measure: str, row: Mapping[str, Any]) -> str:
    """Returns a measure's column; one that is called as something else in the frame is told apart from it."""
    is_taken = (measure in row and measure not in _MEASURES) or measure.startswith("slot_")
    return f"{measure}_measured" if is_taken else measure


def _judged(goal: Goal | None, evaluation: Evaluation) -> Judgement | None:
    """Says what an evaluation is worth; None where nothing is aimed at, or a bounded measure is missing."""
    if goal is None or any(constraint.measure not in evaluation for constraint in goal.constraints):
        return None
    return goal.judge(evaluation)


def _rank(rows: dict[int, dict[str, Any]], found: dict[int, Evaluation], goal: Goal) -> None:
    """Orders the candidates by the goal; one that it cannot rank keeps its NaN.

    By one objective as the search does, ties and all. By several: front after front of the feasible ones, within a
    front by the first objective, then by the next; infeasible ones come last, the least violation first.
    """
    keys: dict[int, tuple[float, ...]] = {}
    for index, evaluation in found.items():
        judgement = _judged(goal, evaluation)
        if judgement is not None and judgement.is_finite:
            loss = evaluation.loss if np.isfinite(evaluation.loss) else np.inf
            keys[index] = (judgement.violation, 0.0, *judgement.key[1:], loss, evaluation.get("spikes", np.inf))
    feasible = [index for index, key in keys.items() if key[0] == 0]
    if len(goal.objectives) > 1 and feasible:
        costs = np.array([keys[index][2 : 2 + len(goal.objectives)] for index in feasible])
        for index, front in zip(feasible, moocore.pareto_rank(costs), strict=True):
            keys[index] = (0.0, float(front), *keys[index][2:])
    for place, index in enumerate(sorted(keys, key=lambda index: (keys[index], index)), start=1):
        rows[index]["rank"] = float(place)
