"""Journals for the analysis tests, written by the real writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import search_spaces
from autosnn_ray.algorithms import AutoSNN
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.journal import Journal
from autosnn_ray.objectives import Goal, SpikeAwareFitness

REFERENCE = 6000.0
WORTH = {"skip": 0.0, "scb_k3": 0.45, "scb_k5": 0.5, "srb_k3": 0.8, "srb_k5": 1.0}


def realistic(architecture, rng: np.random.Generator) -> Evaluation:
    """Looks like digits: accuracies in steps of 1/360 near the top, spikes that go with the blocks."""
    score = sum(WORTH[choice] * (1 + slot / 8) for slot, choice in enumerate(architecture)) / 6.25
    accuracy = round(360 * float(np.clip(0.925 + 0.06 * score + rng.normal(0, 0.006), 0, 0.997))) / 360
    blocks = [900 * (0.3 + WORTH[choice]) * rng.uniform(0.9, 1.1) for choice in architecture]
    layers = {"stem.neuron1": 900.0, "head.neuron": 60.0}
    for layer, slot in zip((0, 2, 3, 5, 6), range(5), strict=True):
        layers[f"layers.{layer}.{architecture[slot]}.neuron"] = float(blocks[slot])
    spikes = sum(layers.values())
    return Evaluation.measured(
        accuracy=accuracy, spikes=spikes, loss=0.02, samples=360, layer_spikes=layers, seconds=0.1
    )


def config(space, candidates: int) -> dict[str, object]:
    return {
        "problem": {"space": space.to_dict()},
        "algorithm": AutoSNN(seed=0).to_dict(),
        "candidates": candidates,
        "goal": Goal((SpikeAwareFitness(REFERENCE),)).to_dict(),
        "evaluator": {"name": "path", "settings": {}},
    }


def write_search(folder: Path, candidates: int = 400, outliers: int = 0) -> Path:
    """Writes the journal of a whole search over a made-up landscape."""
    space = search_spaces.load("digits_16")
    rng = np.random.default_rng(0)
    state = AutoSNN(seed=0).start(space, candidates, SpikeAwareFitness(REFERENCE))
    with Journal.create(folder) as journal:
        journal.write("start", config=config(space, candidates))
        while not state.done:
            c = state.ask()
            journal.write(
                "ask", index=c.index, architecture=list(c.architecture), origin=c.origin, parents=list(c.parents),
                generation=c.generation, repetition=c.repetition,
            )  # fmt: skip
            evaluation = realistic(c.architecture, rng)
            if c.index < outliers:
                evaluation = Evaluation.measured(accuracy=0.1, spikes=evaluation.spikes, samples=360)
            journal.write("tell", index=c.index, evaluation=evaluation.to_dict(), attempts=1)
            state.tell(c.index, evaluation)
        journal.write("stop", reason="all candidates are evaluated")
    return folder


def write_events(folder: Path, outcomes: list[tuple[float, float] | str | None]) -> Path:
    """Writes a journal with given accuracies and spikes; a text is a failure, None is pending."""
    space = search_spaces.load("digits_16")
    with Journal.create(folder) as journal:
        journal.write("start", config=config(space, len(outcomes)))
        for index in range(len(outcomes)):
            journal.write(
                "ask", index=index, architecture=list(space.at(index)), origin="random", parents=[0, 1][:index],
                generation=index // 2, repetition=0,
            )  # fmt: skip
        for index, outcome in reversed(list(enumerate(outcomes))):
            if isinstance(outcome, str):
                journal.write("fail", index=index, reason=outcome, attempts=3)
            elif outcome is not None:
                accuracy, spikes = outcome
                evaluation = Evaluation.measured(
                    accuracy=accuracy, spikes=spikes, loss=0.5, samples=100, layer_spikes={"stem": spikes}, seconds=2.0
                )
                journal.write("tell", index=index, evaluation=evaluation.to_dict(), attempts=1)
    return folder
