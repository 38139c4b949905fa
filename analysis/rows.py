"""A journal's events as one row a candidate."""

from __future__ import annotations

from typing import Any

import moocore
import numpy as np

from autosnn_ray.evaluations import PREDICTION, SHARE, Evaluation, Measure
from autosnn_ray.journal import Ask, Fail, JournalContents, Tell
from autosnn_ray.objectives import Goal, SpikeAwareFitness
from autosnn_ray.space import format_architecture

from .statistics import wilson_interval


def goal_of(config: dict[str, Any]) -> Goal | None:
    """Returns what a run aims at; None where its journal does not say."""
    return None if "goal" not in config else Goal.from_dict(config["goal"])


def fitness_of(goal: Goal | None) -> SpikeAwareFitness | None:
    """Returns the fitness among a goal's objectives; None where there is none."""
    found = [one for one in (goal.objectives if goal else ()) if isinstance(one, SpikeAwareFitness)]
    return found[0] if found else None


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
            rows[event.index] |= {**_told(event, goal, quality), "told": results}
        elif isinstance(event, Fail):
            results += 1
            failed = {"status": "failed", "reason": event.reason, "attempts": event.attempts}
            rows[event.index] |= {**failed, "told": results}
    if goal is not None:
        _rank(rows, {ask.index: tell.evaluation for ask, tell in contents.told}, goal)
    return [rows[index] for index in sorted(rows)]


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
    }


def _told(event: Tell, goal: Goal | None, quality: str) -> dict[str, Any]:
    evaluation = event.evaluation
    fitness = fitness_of(goal)
    violation = _violation(goal, evaluation)
    low, high = _interval(evaluation.measures.get("accuracy"))
    return {
        **{name: evaluation[name] for name in evaluation},
        "accuracy_low": low,
        "accuracy_high": high,
        "fitness": np.nan if fitness is None else fitness(evaluation),
        "basis": evaluation.measures[quality].basis if quality in evaluation else "",
        "violation": violation,
        "feasible": violation == 0,
        "seconds": evaluation.seconds,
        "attempts": event.attempts,
        "status": "done",
    }


def _interval(measure: Measure | None) -> tuple[float, float]:
    """Returns the 95 % interval that belongs to how a measure came about; NaN where none does."""
    if measure is None:
        return (np.nan, np.nan)
    if measure.basis == SHARE:
        return wilson_interval(measure.value, measure.samples)
    return (measure.low, measure.high) if measure.basis == PREDICTION else (np.nan, np.nan)


def _violation(goal: Goal | None, evaluation: Evaluation) -> float:
    return 0.0 if goal is None else goal.judge(evaluation).violation


def _rank(rows: dict[int, dict[str, Any]], found: dict[int, Evaluation], goal: Goal) -> None:
    """Orders the candidates by the goal: by fronts where it has several objectives; ties as the search breaks them."""
    keys: dict[int, tuple[float, ...]] = {}
    for index, evaluation in found.items():
        judgement = goal.judge(evaluation)
        if judgement.is_finite:
            loss = evaluation.loss if np.isfinite(evaluation.loss) else np.inf
            keys[index] = (judgement.violation, *(-value for value in judgement.values), loss, rows[index]["spikes"])
    if len(goal.objectives) > 1 and keys:
        costs = np.array([key[1 : 1 + len(goal.objectives)] for key in keys.values()])
        fronts = moocore.pareto_rank(costs)
        keys = {
            index: (key[0], float(front), *key[1:]) for (index, key), front in zip(keys.items(), fronts, strict=True)
        }
    for place, index in enumerate(sorted(keys, key=lambda index: (keys[index], index)), start=1):
        rows[index]["rank"] = float(place)
