"""The contract of every registered algorithm."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import search_spaces
from autosnn_ray.algorithms import ALGORITHMS, Algorithm, Candidate, algorithm_from_dict, make_algorithm, replay
from autosnn_ray.errors import InvalidInputError, JournalError
from autosnn_ray.evaluations import EXACT, Evaluation, Failure, Measure
from autosnn_ray.journal import Ask, Fail, Tell
from autosnn_ray.objectives import Constraint, Goal, Maximize, Minimize, SpikeAwareFitness
from autosnn_ray.space import SearchSpace, format_architecture

OBJECTIVE = SpikeAwareFitness(1000.0)
TWO = Goal((Maximize("accuracy"), Minimize("spikes")), (Constraint("spikes", at_most=1200.0),))
DRAWS_NOTHING = ("enumeration", "given")
SEEDED = [name for name in ALGORITHMS if name not in DRAWS_NOTHING]
TAKE_UP = ("optuna",)
"""Those that take up what a journal says was proposed, without drawing it again; see test_optuna.py."""
GROW = ("optuna",)
"""Those whose asks take the longer the more they were told, 10 ms each after 400."""
ANY_ORDER = [name for name, algorithm in ALGORITHMS.items() if not algorithm.order_matters]
everyone = pytest.mark.parametrize("name", ALGORITHMS)
whatever_the_goal = pytest.mark.parametrize("goal", [OBJECTIVE, TWO], ids=["fitness", "two under a constraint"])


@pytest.fixture(scope="module")
def space():
    return search_spaces.load("digits_16")


@pytest.fixture(scope="module")
def small():
    entries = search_spaces.load("digits_16").to_dict()
    return SearchSpace.from_dict({**entries, "choices": ["skip", "scb_k3"]})


def make(name: str, space: SearchSpace, count: int = 400, **settings) -> Algorithm:
    """Makes an algorithm with what it cannot do without: of the space, as many architectures as are asked for."""
    if name == "given":
        listed = (space.at(index) for index in range(min(count, space.size)))
        settings = {"architectures": tuple(map(format_architecture, listed)), **settings}
    return make_algorithm(name, **settings)


def evaluate(architecture) -> Evaluation:
    """A landscape with structure: later slots and larger kernels count more, and cost more spikes."""
    worth = {"skip": 0.0, "scb_k3": 0.4, "scb_k5": 0.6, "srb_k3": 0.7, "srb_k5": 1.0}
    score = sum(worth[choice] * (slot + 1) for slot, choice in enumerate(architecture)) / 15
    found = Evaluation.measured(accuracy=0.5 + 0.5 * score, spikes=500.0 + 1000.0 * score**2, samples=360)
    return with_parameters(found, 1000.0 + sum(len(choice) for choice in architecture))


def with_parameters(found: Evaluation, parameters: float) -> Evaluation:
    return replace(found, measures={**found.measures, "parameters": Measure(parameters, EXACT)})


def run(state, outcome=lambda candidate: evaluate(candidate.architecture), rng=None, workers=4):
    """Runs a search on several workers that finish in random order; returns the candidates and the events."""
    rng = rng or np.random.default_rng(0)
    running, candidates, events = [], [], []
    while not state.done:
        while len(running) < workers and (candidate := state.ask()) is not None:
            running.append(candidate)
            candidates.append(candidate)
            events.append(Ask(candidate.index, *_rest(candidate)))
        if state.done:  # the part of the space that is left in is used up
            break
        assert running, "nothing runs and nothing is asked: the search would hang"
        finished = running.pop(int(rng.integers(len(running))))
        result = outcome(finished)
        state.tell(finished.index, result)
        if isinstance(result, Evaluation):
            events.append(Tell(finished.index, result, 1))
        else:
            events.append(Fail(finished.index, result.reason, 1))
    assert state.ask() is None
    return candidates, events


def _rest(candidate):
    lineage = candidate.origin, candidate.parents, candidate.generation, candidate.repetition, candidate.repeated
    return candidate.architecture, *lineage


@everyone
@whatever_the_goal
@pytest.mark.parametrize("candidates", [1, 7, 20, 21, 100])
def test_it_proposes_as_many_as_asked_for_and_none_twice(name, goal, space, candidates):
    state = make(name, space).start(space, candidates, goal)
    found, _ = run(state)
    assert [candidate.index for candidate in found] == list(range(candidates))
    assert len({candidate.architecture for candidate in found}) == candidates
    assert all(space.parse(candidate.architecture) for candidate in found)
    assert not state.exhausted
    assert (state.asked, state.told, state.pending) == (candidates, candidates, ())


@everyone
@whatever_the_goal
def test_it_ends_when_the_space_is_used_up_and_says_so(name, goal, small):
    state = make(name, small).start(small, 400, goal)
    found, _ = run(state)
    assert {candidate.architecture for candidate in found} == set(small.enumerate())
    assert state.exhausted
    exactly = make(name, small).start(small, 32, goal)
    run(exactly)
    assert not exactly.exhausted


@everyone
def test_the_same_seed_gives_the_same_candidates_in_another_process(name, space):
    found, _ = run(make(name, space, seed=7).start(space, 60, OBJECTIVE), workers=1)
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[2])\n"
        "import search_spaces; from test_contract import *\n"
        "space = search_spaces.load('digits_16')\n"
        "state = make(sys.argv[1], space, seed=7).start(space, 60, OBJECTIVE)\n"
        "print(json.dumps([c.architecture for c in run(state, workers=1)[0]]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, name, os.path.dirname(__file__)],  # noqa: PTH120
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
    )
    assert [tuple(a) for a in json.loads(result.stdout)] == [candidate.architecture for candidate in found]


@pytest.mark.parametrize("name", SEEDED)
def test_another_seed_gives_others(name, space):
    first, second = (run(make(name, space, seed=seed).start(space, 20, OBJECTIVE))[0] for seed in (0, 1))
    assert [c.architecture for c in first] != [c.architecture for c in second]


@pytest.mark.parametrize("name", ANY_ORDER)
@whatever_the_goal
@given(order=st.integers(0, 2**31), workers=st.integers(1, 30))
def test_the_order_of_results_changes_nothing(name, goal, space, order, workers):
    reference, _ = run(make(name, space).start(space, 70, goal), workers=1)
    shuffled, _ = run(make(name, space).start(space, 70, goal), rng=np.random.default_rng(order), workers=workers)
    assert shuffled == reference


@everyone
@whatever_the_goal
@pytest.mark.parametrize(
    "outcome",
    [
        lambda _: Failure("it raised"),
        lambda _: Evaluation.measured(accuracy=math.nan, spikes=10.0),
        lambda _: Evaluation.measured(accuracy=0.5, spikes=math.inf),
        lambda c: evaluate(c.architecture) if c.index % 3 else Failure("every third"),
    ],
    ids=["all fail", "all NaN", "all infinite", "a third fails"],
)
def test_failures_never_stop_it_and_never_breed(name, goal, space, outcome):
    found, events = run(make(name, space).start(space, 100, goal), outcome)
    assert len(found) == 100
    good = {event.index for event in events if isinstance(event, Tell) and event.evaluation.is_finite}
    for candidate in found:
        assert set(candidate.parents) <= good
        assert all(parent < candidate.index for parent in candidate.parents)


@everyone
@whatever_the_goal
def test_replaying_any_beginning_gives_the_state_it_was_in(name, goal, space):
    _, events = run(make(name, space).start(space, 45, goal), lambda c: (
        evaluate(c.architecture) if c.index % 5 else Failure("now and then")
    ))  # fmt: skip
    for cut in range(len(events) + 1):
        state = make(name, space).start(space, 45, goal)
        replay(state, events[:cut])
        told = {event.index for event in events[:cut] if isinstance(event, Tell | Fail)}
        asked = [event.index for event in events[:cut] if isinstance(event, Ask)]
        assert [candidate.index for candidate in state.pending] == [index for index in asked if index not in told]
        replay(state, events[cut:])
        assert state.done


def go_on(state, events) -> None:
    """Goes on as a run did, and holds every further proposal against that run's."""
    for event in events:
        if isinstance(event, Ask):
            candidate = state.ask()
            assert (candidate.index, *_rest(candidate)) == tuple(vars(event).values())
        else:
            state.tell(event.index, event.evaluation if isinstance(event, Tell) else Failure(event.reason))
    assert state.done


@everyone
@whatever_the_goal
def test_stopped_half_way_it_goes_on_as_if_it_had_not_been(name, goal, space):
    """With candidates under way; of those that say they resume exactly."""
    algorithm = make(name, space, 80)
    assert algorithm.resumes == "exactly"
    _, events = run(algorithm.start(space, 80, goal), lambda c: (
        evaluate(c.architecture) if c.index % 5 else Failure("now and then")
    ))  # fmt: skip
    for cut in (len(events) // 3, len(events) // 2, len(events) - 3):
        state = algorithm.start(space, 80, goal)
        replay(state, events[:cut])
        go_on(state, events[cut:])


@everyone
@whatever_the_goal
@pytest.mark.parametrize(("before", "after"), [(7, 70), (45, 60), (40, 41), (30, 400)])
def test_an_extended_search_goes_on_as_one_that_was_asked_for_more_from_the_start(name, goal, space, before, after):
    """One worker; with several, an algorithm for which the order matters sees the pause."""
    after = min(after, 100) if name in GROW else after
    whole, _ = run(make(name, space).start(space, after, goal), workers=1)
    first, events = run(make(name, space).start(space, before, goal), workers=1)
    extended = make(name, space).start(space, after, goal)
    replay(extended, events)
    rest, _ = run(extended, workers=1)
    assert first + rest == whole


@pytest.mark.parametrize("name", ANY_ORDER)
@given(before=st.integers(1, 80), more=st.integers(1, 40), order=st.integers(0, 2**31), workers=st.integers(1, 30))
def test_whatever_the_workers_an_extended_search_is_the_whole_one(name, small, space, before, more, order, workers):
    for where in (space, small):
        whole, _ = run(make(name, where).start(where, before + more, OBJECTIVE), workers=3)
        rng = np.random.default_rng(order)
        first, events = run(make(name, where).start(where, before, OBJECTIVE), rng=rng, workers=workers)
        extended = make(name, where).start(where, before + more, OBJECTIVE)
        replay(extended, events)
        assert first + run(extended, rng=rng, workers=workers)[0] == whole


@pytest.mark.parametrize("name", [name for name in SEEDED if name not in TAKE_UP])
def test_a_journal_of_another_algorithm_is_refused(name, space):
    _, events = run(make(name, space, seed=1).start(space, 10, OBJECTIVE))
    with pytest.raises(JournalError, match="another version of the algorithm"):
        replay(make(name, space, seed=2).start(space, 10, OBJECTIVE), events)


@everyone
def test_it_is_a_state_machine(name, space):
    state = make(name, space).start(space, 10, OBJECTIVE)
    with pytest.raises(InvalidInputError, match=r"tell\(0\): .*never asked"):
        state.tell(0, Failure(""))
    candidate = state.ask()
    state.tell(candidate.index, evaluate(candidate.architecture))
    with pytest.raises(InvalidInputError, match=r"tell\(0\): .*already told"):
        state.tell(0, Failure(""))


@everyone
@pytest.mark.parametrize("candidates", [0, -1, 1.5, True, "20"])
def test_numbers_of_candidates_that_are_none_are_refused(name, space, candidates):
    with pytest.raises(InvalidInputError, match="candidates: expected a whole number of at least 1"):
        make(name, space).start(space, candidates, OBJECTIVE)


@everyone
@pytest.mark.parametrize("seed", [-1, 1.5, None, True, "0"])
def test_seeds_that_repeat_nothing_are_refused(name, seed):
    with pytest.raises(InvalidInputError, match="seed: expected a whole number of at least 0"):
        make_algorithm(name, seed=seed)


@everyone
def test_settings_survive_a_round_trip(name, space):
    algorithm = make(name, space, 7, seed=5)
    assert algorithm_from_dict(json.loads(json.dumps(algorithm.to_dict()))) == algorithm


@everyone
def test_unknown_settings_are_named_with_the_known_ones(name):
    with pytest.raises(InvalidInputError, match=f"unknown setting of {name} 'speed'; expected one of: .*seed"):
        make_algorithm(name, speed=3)


def test_an_unknown_algorithm_is_named_with_the_known_ones():
    with pytest.raises(InvalidInputError, match="unknown algorithm 'annealing'; expected one of: autosnn, random, "):
        make_algorithm("annealing")


@pytest.mark.parametrize("name", DRAWS_NOTHING)
def test_what_draws_nothing_is_the_same_for_every_seed(name, space):
    first, second = (run(make(name, space, seed=seed).start(space, 20, OBJECTIVE))[0] for seed in (0, 1))
    assert first == second


BREEDERS = ("autosnn", "steady_state")
"""Those that breed from the ten fittest of all so far."""


@pytest.mark.parametrize("limit", [0.0, 520.0, 600.0, 700.0, 5000.0], ids=lambda limit: f"at most {limit:g} spikes")
def test_feasible_candidates_breed_before_infeasible_ones(space, limit):
    """From none that is feasible, over fewer than there are parents, to all; of infeasible ones those nearest to it."""
    bound = Constraint("spikes", at_most=limit)
    for name in BREEDERS:
        goal = Goal((OBJECTIVE,), (bound,))
        _, events = run(make(name, space, seed=4).start(space, 160, goal), workers=1)
        known, violated, bred, before = [], {}, 0, []
        for event in events:
            if isinstance(event, Tell):
                violated[event.index] = bound.violation(event.evaluation)
                known.append((violated[event.index], -OBJECTIVE(event.evaluation), event.index))
            elif event.parents:
                # A generation breeds from what was known before it began.
                before = known if name == "steady_state" else [one for one in known if one[-1] < 20 * event.generation]
                fittest = {index for *_, index in sorted(before)[:10]}
                assert set(event.parents) <= fittest
                bred += 1
                if sum(one[0] == 0 for one in before) >= 10:
                    assert not any(violated[parent] for parent in event.parents)
        assert bred > 80


@everyone
def test_no_global_random_state_is_touched(name, space):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    run(make(name, space).start(space, 30, OBJECTIVE))
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name not in GROW])
@whatever_the_goal
def test_ten_thousand_candidates_of_a_large_space(name, goal):
    """Neither asking nor telling may grow with what came before; the first and last thousand are compared."""
    import time

    large = search_spaces.load("snn_3")
    state = make(name, large, 10_000).start(large, 10_000, goal)
    times = []
    for _ in range(10):
        started = time.perf_counter()
        for _ in range(1000):
            candidate = state.ask()
            state.tell(candidate.index, evaluate_many(candidate))
        times.append(time.perf_counter() - started)
    assert min(times[5:]) < 10 * min(times[:5]), times


def evaluate_many(candidate: Candidate) -> Evaluation:
    found = Evaluation.measured(accuracy=0.5 + (hash(candidate.architecture[:3]) % 100) / 250, spikes=1000.0)
    return with_parameters(found, 1000.0 + len("".join(candidate.architecture)))


GIVEN_FIRST = ("skip/skip/skip/skip/skip", "srb_k5/srb_k5/srb_k5/srb_k5/srb_k5", "scb_k3/skip/scb_k3/skip/scb_k3")
TAKES_GIVEN = [name for name in ALGORITHMS if name not in DRAWS_NOTHING]


@pytest.mark.parametrize("name", TAKES_GIVEN)
@pytest.mark.parametrize("count", [1, 3, 25])
def test_a_search_begins_with_what_it_is_given_and_learns_from_it(name, count, space):
    first = [*map(space.parse, GIVEN_FIRST), *(space.at(index) for index in range(500, 522))][:count]
    state = make(name, space, 60, seed=3).start(space, 60, OBJECTIVE)
    state.begin_with(first)
    candidates, events = run(state)
    assert [one.architecture for one in candidates[:count]] == first
    assert {one.origin for one in candidates[:count]} == {"given"}
    assert len({one.architecture for one in candidates}) == 60
    assert [one.index for one in candidates] == list(range(60))
    again = make(name, space, 60, seed=3).start(space, 60, OBJECTIVE)
    again.begin_with(first)
    replay(again, events[: len(events) // 2])
    assert again.asked > 0


@pytest.mark.parametrize("name", ["autosnn", "nsga2"])
def test_given_architectures_fill_the_first_generation(name, space):
    """Three of twenty are given, the others drawn; the next generation is bred from all of them."""
    state = make(name, space, 60, seed=3).start(space, 60, OBJECTIVE)
    state.begin_with(map(space.parse, GIVEN_FIRST))
    first = [state.ask() for _ in range(20)]
    assert state.ask() is None, "the next generation waits for all of the first"
    assert [one.generation for one in first] == [0] * 20
    assert [one.origin for one in first] == ["given"] * 3 + ["random"] * 17
    for one in first:
        is_given = one.origin == "given"
        state.tell(
            one.index, Evaluation.measured(accuracy=0.99 if is_given else 0.1, spikes=10.0 if is_given else 2000.0)
        )
    bred = state.ask()
    assert bred.generation == 1
    assert bred.parents


def test_more_than_a_population_is_given_and_bred_from(space):
    state = make("autosnn", space, 60).start(space, 60, OBJECTIVE)
    state.begin_with(space.at(index) for index in range(30))
    for _ in range(30):
        state.tell(state.ask().index, evaluate(space.at(0)))
    bred = state.ask()
    assert bred.origin == "mutation"
    assert bred.parents[0] < 30


@pytest.mark.parametrize(
    ("name", "given", "complaint"),
    [
        ("autosnn", [0, 0], "each once, got 2"),
        ("autosnn", range(11), "no more than 10 architectures"),
        ("enumeration", [0], "a list of its own"),
        ("given", [0], "a list of its own"),
    ],
)
def test_what_cannot_be_begun_with_is_refused(name, given, complaint, space):
    state = make(name, space, 10).start(space, 10, OBJECTIVE)
    with pytest.raises(InvalidInputError, match=complaint):
        state.begin_with(space.at(index) for index in given)
