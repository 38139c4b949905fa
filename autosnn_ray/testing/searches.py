"""What the laws of algorithms are held on: spaces, goals, a landscape, and a search on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from autosnn_ray.algorithms import AskTell, Candidate
from autosnn_ray.evaluations import EXACT, Evaluation, Measure, Outcome
from autosnn_ray.journal import Ask, Event, Fail, Tell
from autosnn_ray.objectives import Constraint, Goal, Maximize, Minimize, SpikeAwareFitness
from autosnn_ray.own_packages import search_spaces
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.testing.laws import require

FITNESS = Goal((SpikeAwareFitness(1000.0),))
TWO = Goal((Maximize("accuracy"), Minimize("spikes")), (Constraint("spikes", at_most=1200.0),))
GOALS: dict[str, Goal] = {"fitness": FITNESS, "two under a constraint": TWO}
"""One objective, and two under a constraint."""

_WORTH = {"skip": 0.0, "scb_k3": 0.4, "scb_k5": 0.6, "srb_k3": 0.7, "srb_k5": 1.0}


@cache
def space_of_five_slots() -> SearchSpace:
    """Returns a space of 3,125 architectures."""
    return search_spaces.load("digits_16")


@cache
def small_space() -> SearchSpace:
    """Returns a space of 32 architectures, which a search can use up."""
    entries = space_of_five_slots().to_dict()
    return SearchSpace.from_dict({**entries, "choices": ["skip", "scb_k3"]})


@cache
def large_space() -> SearchSpace:
    """Returns a space of eight slots, which nobody lists."""
    return search_spaces.load("snn_3")


def evaluate(architecture: Architecture) -> Evaluation:
    """A landscape with structure: later slots and larger kernels count more, and cost more spikes."""
    worth = [_WORTH.get(choice, 0.5) * (slot + 1) for slot, choice in enumerate(architecture)]
    score = sum(worth) / sum(range(1, len(architecture) + 1))
    found = Evaluation.measured(accuracy=0.5 + 0.5 * score, spikes=500.0 + 1000.0 * score**2, samples=360)
    return with_parameters(found, 1000.0 + sum(map(len, architecture)))


def with_parameters(found: Evaluation, parameters: float) -> Evaluation:
    """Adds what stands in every evaluation of a search: a measure that is known beforehand."""
    return replace(found, measures={**found.measures, "parameters": Measure(parameters, EXACT)})


def evaluated(candidate: Candidate) -> Outcome:
    """Evaluates a candidate on the landscape."""
    return evaluate(candidate.architecture)


def run(
    state: AskTell,
    outcome: Callable[[Candidate], Outcome] = evaluated,
    rng: np.random.Generator | None = None,
    workers: int = 4,
) -> tuple[list[Candidate], list[Event]]:
    """Runs a search on several workers that finish in random order.

    Args:
        state: The search, from wherever it is.
        outcome: What comes of a candidate.
        rng: What the order of the results is drawn from.
        workers: How many candidates are evaluated side by side.

    Returns:
        The candidates in the order in which they were asked, and the events as a journal would hold them.
    """
    rng = rng or np.random.default_rng(0)
    running: list[Candidate] = []
    candidates: list[Candidate] = []
    events: list[Event] = []
    while not state.done:
        while len(running) < workers and (candidate := state.ask()) is not None:
            running.append(candidate)
            candidates.append(candidate)
            events.append(
                Ask(
                    candidate.index, candidate.architecture, candidate.origin, candidate.parents, candidate.generation,
                    candidate.repetition, candidate.repeated,
                )
            )  # fmt: skip
        if not running:  # the space, or the part of it that is left in, may be used up
            require(state.done, f"after {state.told} told nothing runs and nothing is asked: the search would hang")
            break
        finished = running.pop(int(rng.integers(len(running))))
        result = outcome(finished)
        state.tell(finished.index, result)
        if isinstance(result, Evaluation):
            events.append(Tell(finished.index, result, 1))
        else:
            events.append(Fail(finished.index, result.reason, 1))
    require(state.ask() is None, "it asks for more when it is done")
    return candidates, events
