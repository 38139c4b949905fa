"""Studies of fidelity whose truth is known, written by the real writer of journals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import search_spaces
from autosnn_ray.algorithms import Stratified
from autosnn_ray.evaluations import EXACT, PREDICTION, Evaluation, Measure
from autosnn_ray.journal import Journal
from autosnn_ray.objectives import Goal, SpikeAwareFitness

SPACE = search_spaces.load("digits_16")
DATA = {"train": 1000, "validation": 360}


def sample(count: int) -> list[str]:
    """Returns the architectures that ``write_run`` evaluates."""
    state = Stratified(seed=0).start(SPACE, count)
    return ["/".join(state.ask().architecture) for _ in range(count)]


def write_run(
    folder: Path,
    evaluator: str,
    noise: float,
    seed: int,
    count: int = 30,
    seconds: float = 0.1,
    settings: dict[str, Any] | None = None,
    told: int | None = None,
    below: tuple[float, float] | None = None,
    passes: dict[str, Any] | None = None,
    repeated: bool = False,
    cut: bool = False,
    data: dict[str, Any] = DATA,
) -> None:
    """Writes a run of the sample whose accuracies and spikes follow one hidden order, blurred.

    Args:
        folder: Where.
        evaluator: Its name.
        noise: Standard deviation of what blurs the accuracies.
        seed: What that is drawn from.
        count: Architectures that were asked for.
        seconds: Of each evaluation.
        settings: Of the evaluator.
        told: How many are evaluated so far, the next one being so; all of them where None.
        below: By how much accuracies and spikes are predicted too low; nothing is a prediction where None.
        passes: What the run says that it costs.
        repeated: Whether the first architecture is evaluated once more.
        cut: Whether trainings were cut short.
        data: What the run says of its data.
    """
    rng = np.random.default_rng(seed)
    state = Stratified(seed=0).start(SPACE, count)
    with Journal.create(folder) as journal:
        config = {
            "problem": {"space": SPACE.to_dict(), "data": data},
            "goal": Goal((SpikeAwareFitness(1000.0),)).to_dict(),
            "evaluator": {"name": evaluator, "settings": settings or {}},
            "candidates": count,
            **({} if passes is None else {"passes": passes}),
        }
        journal.write("start", config=config)
        proposed = list(iter(state.ask, None))
        for candidate in proposed + ([replace(proposed[0], index=count, repetition=1)] if repeated else []):
            hidden = SPACE.index(candidate.architecture) / SPACE.size
            journal.write(
                "ask", index=candidate.index, architecture=list(candidate.architecture), origin="stratified",
                parents=[], generation=0, repetition=candidate.repetition,
            )  # fmt: skip
            if candidate.index == told:
                return
            accuracy = float(np.clip(0.5 + 0.4 * hidden + noise * rng.normal(), 0, 1))
            spikes = float(1000 + 500 * hidden + 10 * rng.normal())
            found = Evaluation.measured(accuracy=accuracy, spikes=spikes, loss=0.1, samples=360, seconds=seconds)
            if below is not None:
                found = predicted(0.5 + 0.4 * hidden - below[0], 1000 + 500 * hidden - below[1], seconds)
            if cut:
                found = replace(found, measures={**found.measures, "cut": Measure(1.0, EXACT)})
            journal.write("tell", index=candidate.index, evaluation=found.to_dict(), attempts=1)


def predicted(accuracy: float, spikes: float, seconds: float) -> Evaluation:
    """Predicts the hidden order, with the intervals that hold 95 % of trainings with a noise of 0.03 and 10 spikes."""
    measures = {
        "accuracy": Measure(accuracy, PREDICTION, low=accuracy - 1.96 * 0.03, high=accuracy + 1.96 * 0.03),
        "spikes": Measure(spikes, PREDICTION, low=spikes - 19.6, high=spikes + 19.6),
    }
    return Evaluation(measures, seconds=seconds)
