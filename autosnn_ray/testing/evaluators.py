"""The laws of an evaluator."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import torch

from autosnn_ray.algorithms import Candidate
from autosnn_ray.data import load_dataset
from autosnn_ray.evaluations import BASES, MEAN, SHARE, Evaluation
from autosnn_ray.evaluators import Evaluator, EvaluatorContext
from autosnn_ray.evaluators.task import Task
from autosnn_ray.own_packages import search_spaces
from autosnn_ray.problem import Problem
from autosnn_ray.testing.laws import by_name, global_numpy_state, obey, require


@cache
def small_problem() -> Problem:
    """Returns a problem of five slots over 120 training and 60 validation digits: an evaluation takes a moment."""
    data = load_dataset("digits", train_samples=120, validation_samples=60)
    return Problem(search_spaces.load("digits_16"), data, timesteps=2)


@dataclass(frozen=True)
class EvaluatorCase:
    """An evaluator, and the problem that it is held against the laws on.

    Attributes:
        make: Makes it.
        problem: What it evaluates.
    """

    make: Callable[[], Evaluator]
    problem: Problem

    def evaluate(self, place: int = 5, repetition: int = 0) -> Evaluation:
        """Evaluates the architecture at a place of the space, by an evaluator that is started for it."""
        return self.make().start(EvaluatorContext.of(self.problem))(self.problem.space.at(place), repetition)


def check_evaluator(given: Evaluator | type[Evaluator], *, problem: Problem | None = None) -> None:
    """Holds an evaluator against every law.

    Args:
        given: Its settings, with the supernet where it uses one; or their class.
        problem: What it evaluates; ``small_problem()`` where None.

    Raises:
        LawBrokenError: Names every law that it breaks.

    Example:
        >>> from autosnn_ray.evaluators import TrainingFree
        >>> check_evaluator(TrainingFree(samples=8))
    """
    make = given if isinstance(given, type) else lambda: given
    case = EvaluatorCase(make, problem or small_problem())
    obey(f"evaluator {make().name!r}", EVALUATOR_LAWS, [case])


def says_what_it_is(case: EvaluatorCase) -> None:
    """It has a name and a summary of one line."""
    evaluator = case.make()
    for what in ("name", "summary"):
        text = getattr(evaluator, what, None)
        require(isinstance(text, str) and text and "\n" not in text, f"its {what} is {text!r}")


def gives_the_same_twice(case: EvaluatorCase) -> None:
    """The same architecture and repetition give the same measures, asked again and started anew."""
    estimate = case.make().start(EvaluatorContext.of(case.problem))
    architecture = case.problem.space.at(5)
    first, again, anew = estimate(architecture, 0), estimate(architecture, 0), case.evaluate()
    for what, other in (("asked again", again), ("started anew", anew)):
        differing = [name for name in first if not _equal(first.get(name), other.get(name))]
        require(not differing and set(first) == set(other), f"{what}, these differ: {', '.join(differing)}")
        require(first.layer_spikes == other.layer_spikes, f"{what}, the spikes of layers differ")


def _equal(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def measures_what_a_fitness_needs(case: EvaluatorCase) -> None:
    """Its `quality`, an accuracy of 0 to 1 where it is called so, and spikes of 0 or more are measured, and finite."""
    found, quality = case.evaluate(), case.make().quality
    for name in (quality, "spikes"):
        require(math.isfinite(found.get(name)), f"{name} is {found.get(name)}; it measures {', '.join(found)}")
    require(found.spikes >= 0, f"spikes are {found.spikes}")
    require(quality != "accuracy" or 0 <= found.accuracy <= 1, f"the accuracy is {found.get('accuracy')}")


def says_how_each_measure_came_about(case: EvaluatorCase) -> None:
    """Each measure has a basis; a share or a mean says of how many samples, an interval holds its value."""
    for name, measure in case.evaluate().measures.items():
        require(measure.basis in BASES, f"{name} has the basis {measure.basis!r}")
        is_counted = measure.basis not in (SHARE, MEAN) or measure.samples > 0
        require(is_counted, f"{name} is a {measure.basis} of {measure.samples} samples")
        if math.isfinite(measure.low) and math.isfinite(measure.high):
            require(measure.low <= measure.value <= measure.high, f"{name} lies outside of its interval")


def layers_add_up(case: EvaluatorCase) -> None:
    """The spikes of the layers, where it gives them, are those of the whole."""
    found = case.evaluate()
    total = sum(found.layer_spikes.values())
    is_sum = not found.layer_spikes or math.isclose(total, found.spikes, rel_tol=1e-5)
    require(is_sum, f"layers have {total} spikes, the whole {found.get('spikes')}")


def its_measures_survive_a_journal(case: EvaluatorCase) -> None:
    """An evaluation is written as JSON and read back equal."""
    found = case.evaluate()
    again = Evaluation.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    require(again.to_dict() == found.to_dict(), f"read back it is {again}")


def its_settings_survive_a_journal(case: EvaluatorCase) -> None:
    """Its settings are plain values, from which it is made again."""
    evaluator = case.make()
    settings = json.loads(json.dumps(evaluator.to_dict()))["settings"]
    supernet = {} if evaluator.weights is None else {"supernet": evaluator.weights}
    again = type(evaluator)(**settings, **supernet)
    plain = json.loads(json.dumps(again.to_dict()))["settings"]
    require(plain == settings, f"made again it has {plain}, not {settings}")


def travels(case: EvaluatorCase) -> None:
    """It is pickled, and evaluates as before where it arrives."""
    task = replace(Task.of(case.problem, case.make()), own=())  # what is registered is registered here already
    candidate = Candidate(0, case.problem.space.at(4), "random")
    here, there = (one.start()(candidate) for one in (task, pickle.loads(pickle.dumps(task))))  # noqa: S301 - our own
    measures = [one.get("evaluation", one).get("measures", one) for one in (here, there)]
    require("evaluation" in here, f"it fails: {here}")
    require(measures[0] == measures[1], f"here {measures[0]}, there {measures[1]}")


def leaves_all_else_alone(case: EvaluatorCase) -> None:
    """It changes no weight of a supernet, and draws from no global random generator."""
    supernet = case.make().weights
    before = {} if supernet is None else {key: one.clone() for key, one in supernet.network.state_dict().items()}
    torch_state, numpy_state = torch.get_rng_state(), global_numpy_state()
    case.evaluate()
    require(torch.equal(torch.get_rng_state(), torch_state), "torch's global generator was drawn from")
    require(global_numpy_state() == numpy_state, "numpy.random was drawn from")
    for key, one in (supernet.network.state_dict() if supernet is not None else {}).items():
        require(torch.equal(one, before[key]), f"the supernet's {key} was changed")


EVALUATOR_LAWS = by_name(
    (
        says_what_it_is,
        gives_the_same_twice,
        measures_what_a_fitness_needs,
        says_how_each_measure_came_about,
        layers_add_up,
        its_measures_survive_a_journal,
        its_settings_survive_a_journal,
        travels,
        leaves_all_else_alone,
    )
)
"""Every law of an evaluator, by name."""
