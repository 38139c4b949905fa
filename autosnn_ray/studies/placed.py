"""What came of architectures that were trained from scratch, in order."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal
from autosnn_ray.space import Architecture, format_architecture


@dataclass(frozen=True)
class Finalist:
    """What came of an architecture in one round.

    Attributes:
        architecture: As written, ``srb_k5/skip/…``.
        round: The round, from 0.
        place: Its place in the round by mean worth, from 1.
        fitness: Mean over the seeds of the search's first objective: its fitness, unless another was asked for.
        evaluations: One a seed, on the validation split.
        fitnesses: The fitness of each.
        is_feasible: Whether every constraint of the search is kept, on average over the seeds.
    """

    architecture: str
    round: int
    place: int
    fitness: float
    evaluations: tuple[Evaluation, ...] = field(repr=False)
    fitnesses: tuple[float, ...] = ()
    is_feasible: bool = True


def placed(
    number: int, evaluated: Mapping[Architecture, tuple[Evaluation, ...]], goal: Goal, seeds: int
) -> list[Finalist]:
    """Sorts a round's architectures by mean worth; those without an evaluation of every seed fall out.

    Raises:
        InvalidInputError: An objective of one's own says of no training how good it is.
    """
    rows: list[tuple[tuple[float, ...], str, tuple[Evaluation, ...]]] = []
    whole = {name: found for name, found in evaluated.items() if len(found) == seeds}
    for architecture, evaluations in whole.items():
        judged = [goal.judge(evaluation) for evaluation in evaluations]
        if all(judgement.is_finite for judgement in judged):
            violation = statistics.fmean(judgement.violation for judgement in judged)
            worth = statistics.fmean(judgement.values[0] for judgement in judged)
            spikes = statistics.fmean(evaluation.spikes for evaluation in evaluations)
            rows.append(((violation, -worth, spikes), format_architecture(architecture), evaluations))
    if whole and not rows:
        raise InvalidInputError(
            f"objective {goal.objectives[0].label}: expected a finite number for networks trained from scratch, got "
            f"none for any of {len(whole)}; what is known of one: {', '.join(next(iter(whole.values()))[0])}"
        )
    rows.sort(key=lambda row: row[:2])
    return [
        Finalist(name, number, place, -key[1], evaluations, tuple(map(goal.objectives[0], evaluations)), key[0] == 0)
        for place, (key, name, evaluations) in enumerate(rows, start=1)
    ]


def describe(finalists: Sequence[Finalist]) -> list[dict[str, Any]]:
    """Returns finalists as plain values, a dictionary each, for JSON and frames."""
    return [
        {
            "round": finalist.round,
            "place": finalist.place,
            "architecture": finalist.architecture,
            "fitness": finalist.fitness,
            "fitness_low": min(finalist.fitnesses),
            "fitness_high": max(finalist.fitnesses),
            "accuracy": statistics.fmean(one.accuracy for one in finalist.evaluations),
            "accuracy_low": min(one.accuracy for one in finalist.evaluations),
            "accuracy_high": max(one.accuracy for one in finalist.evaluations),
            "spikes": statistics.fmean(one.spikes for one in finalist.evaluations),
            "feasible": finalist.is_feasible,
            "seconds": sum(one.seconds for one in finalist.evaluations),
            "seeds": len(finalist.evaluations),
        }
        for finalist in finalists
    ]
