"""The laws of a search algorithm."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from autosnn_ray.algorithms import Algorithm, Candidate
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation, Failure, Outcome
from autosnn_ray.journal import Tell
from autosnn_ray.testing.algorithm_case import AlgorithmCase, Make
from autosnn_ray.testing.algorithm_replays import (
    a_journal_brings_it_back,
    an_extended_search_is_the_whole_one,
    stopped_half_way_it_goes_on_as_if_it_had_not_been,
)
from autosnn_ray.testing.child import candidates_in_another_process
from autosnn_ray.testing.laws import by_name, global_numpy_state, obey, refuses, require
from autosnn_ray.testing.searches import GOALS, evaluate, evaluated, large_space, run


def check_algorithm(given: Algorithm | type[Algorithm] | Make, *, draws: bool = True) -> None:
    """Holds an algorithm against every law.

    Args:
        given: Its settings, or their class; where it needs to know the space or the number of candidates, a function
            of space, number and seed that makes them.
        draws: Whether its proposals depend on the seed.

    Raises:
        LawBrokenError: Names every law that it breaks.

    Example:
        >>> from autosnn_ray.algorithms import RandomSearch
        >>> check_algorithm(RandomSearch())
    """
    cases = [AlgorithmCase.of(given, goal, draws=draws) for goal in GOALS.values()]
    name = cases[0].make(cases[0].space, 10, 0).name
    obey(f"algorithm {name!r}", ALGORITHM_LAWS, cases)


def proposes_as_many_as_asked_for(case: AlgorithmCase, counts: Iterable[int] = (1, 7, 20, 21, 100)) -> None:
    """It proposes as many candidates as asked for, numbered from 0, in the space, and none twice."""
    for count in counts:
        state = case.start(count)
        found, _ = run(state)
        indices = [candidate.index for candidate in found]
        require(indices == list(range(count)), f"of {count} candidates the numbers are {indices}")
        architectures = [case.space.parse(candidate.architecture) for candidate in found]
        twice = {one for one in architectures if architectures.count(one) > 1}
        require(not twice, f"of {count} candidates some came twice: {sorted(twice)[:3]}")
        counted = (state.asked, state.told, state.pending, state.exhausted)
        require(counted == (count, count, (), False), f"asked, told, pending, exhausted are {counted}")


def ends_when_the_space_is_used_up(case: AlgorithmCase) -> None:
    """Where the space holds fewer than asked for, it proposes all of them and says that the space is used up."""
    state = case.start(400, space=case.small)
    found, _ = run(state)
    missed = set(case.small.enumerate()) - {candidate.architecture for candidate in found}
    require(not missed, f"{len(missed)} architectures of the space were never proposed, such as {sorted(missed)[:1]}")
    require(state.exhausted, "`exhausted` is false")
    exactly = case.start(case.small.size, space=case.small)
    run(exactly)
    require(not exactly.exhausted, "`exhausted` is true where exactly all were asked for")


def repeats_itself(case: AlgorithmCase) -> None:
    """The same seed gives the same candidates, in another process too."""
    first, second = (run(case.start(60, seed=7), workers=1)[0] for _ in range(2))
    require(first == second, "two searches of one seed in this process differ")
    there = candidates_in_another_process(case.make(case.space, 60, 7), case.goal, 60)
    here = [list(candidate.architecture) for candidate in first]
    require(there in (None, here), "a search in another process differs: does it go through a set, or use hash()?")


def follows_its_seed(case: AlgorithmCase) -> None:
    """Another seed gives other candidates, or where it draws nothing the same."""
    first, second = (run(case.start(20, seed=seed))[0] for seed in (0, 1))
    differs = [one.architecture for one in first] != [one.architecture for one in second]
    require(differs == case.draws, f"seeds 0 and 1 give {'other' if differs else 'the same'} candidates")


def order_of_results_changes_nothing(
    case: AlgorithmCase, orders: Iterable[tuple[int, int]] = ((0, 2), (1, 7), (2, 30))
) -> None:
    """Unless `order_matters` says otherwise, the order in which results come in changes nothing."""
    if case.make(case.space, 70, 0).order_matters:
        return
    reference, _ = run(case.start(70), workers=1)
    for seed, workers in orders:
        shuffled, _ = run(case.start(70), rng=np.random.default_rng(seed), workers=workers)
        require(shuffled == reference, f"with {workers} workers the candidates are others than with one")


def _troubles() -> Iterator[tuple[str, Callable[[Candidate], Outcome]]]:
    yield "all fail", lambda _: Failure("it raised")
    yield "all accuracies are NaN", lambda _: Evaluation.measured(accuracy=math.nan, spikes=10.0)
    yield "all spikes are infinite", lambda _: Evaluation.measured(accuracy=0.5, spikes=math.inf)
    yield "a third fails", lambda one: evaluate(one.architecture) if one.index % 3 else Failure("every third")


def failures_never_stop_it_and_never_breed(case: AlgorithmCase) -> None:
    """It goes on where evaluations fail or are not finite, and none of those becomes a parent."""
    for trouble, outcome in _troubles():
        found, events = run(case.start(100), outcome)
        require(len(found) == 100, f"where {trouble} it ends after {len(found)} of 100")
        good = {event.index for event in events if isinstance(event, Tell) and event.evaluation.is_finite}
        for one in found:
            wrong = [parent for parent in one.parents if parent not in good or parent >= one.index]
            require(not wrong, f"where {trouble} candidate {one.index} has parents {wrong}")


def is_a_state_machine(case: AlgorithmCase) -> None:
    """What was never asked, or is told already, cannot be told."""
    state = case.start(10)
    refuses(lambda: state.tell(0, Failure("")), InvalidInputError, "tell(0) before anything was asked")
    candidate = state.ask()
    require(candidate is not None, "the first ask gives nothing")
    if candidate is not None:
        state.tell(candidate.index, evaluate(candidate.architecture))
    refuses(lambda: state.tell(0, Failure("")), InvalidInputError, "tell(0) a second time")


def refuses_numbers_that_are_none(case: AlgorithmCase) -> None:
    """Numbers of candidates and seeds that are none are refused."""
    algorithm: Any = case.make(case.space, 10, 0)
    wrong: Any
    for wrong in (0, -1, 1.5, True, "20"):
        refuses(lambda n=wrong: algorithm.start(case.space, n, case.goal), InvalidInputError, f"candidates={wrong!r}")  # type: ignore[misc]
    for wrong in (-1, 1.5, None, True, "0"):
        refuses(lambda seed=wrong: case.make(case.space, 10, seed), InvalidInputError, f"seed={wrong!r}")  # type: ignore[misc]


def its_settings_survive_a_journal(case: AlgorithmCase) -> None:
    """Its settings are plain values, from which it is made again."""
    algorithm = case.make(case.space, 7, 5)
    about = json.loads(json.dumps(algorithm.to_dict()))
    require(about["name"] == algorithm.name, f"to_dict() names it {about['name']!r}")
    again = type(algorithm)(**about["settings"])
    require(again == algorithm, f"made again it is {again}, not {algorithm}")


def leaves_global_random_state_alone(case: AlgorithmCase) -> None:
    """It draws from the generator it is given, never from NumPy's global one."""
    before = global_numpy_state()
    run(case.start(30))
    require(global_numpy_state() == before, "numpy.random was drawn from")


def ten_thousand_candidates_take_their_share_of_time(case: AlgorithmCase) -> None:
    """Neither asking nor telling grows with what came before, unless the case says that fewer are its measure."""
    if case.most < 10_000:
        return
    large = large_space()
    state = case.start(10_000, space=large)
    seconds = []
    for _ in range(10):
        started = time.perf_counter()
        for _ in range(1000):
            candidate = state.ask()
            if candidate is None:
                require(candidate, f"with nothing pending ask() gives nothing after {state.told} of 10,000")
                return
            state.tell(candidate.index, evaluated(candidate))
        seconds.append(time.perf_counter() - started)
    first, last = min(seconds[:5]), min(seconds[5:])
    require(last < 10 * first, f"1,000 candidates take {first:.3f} s at first, and {last:.3f} s at last")


ALGORITHM_LAWS = by_name(
    (
        proposes_as_many_as_asked_for,
        ends_when_the_space_is_used_up,
        repeats_itself,
        follows_its_seed,
        order_of_results_changes_nothing,
        failures_never_stop_it_and_never_breed,
        a_journal_brings_it_back,
        stopped_half_way_it_goes_on_as_if_it_had_not_been,
        an_extended_search_is_the_whole_one,
        is_a_state_machine,
        refuses_numbers_that_are_none,
        its_settings_survive_a_journal,
        leaves_global_random_state_alone,
        ten_thousand_candidates_take_their_share_of_time,
    )
)
"""Every law of an algorithm, by name."""
