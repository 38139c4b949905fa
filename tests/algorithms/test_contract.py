"""The contract of every registered algorithm: the laws that ``autosnn_ray.testing`` ships, and the registry's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import search_spaces
from autosnn_ray.algorithms import ALGORITHMS, Algorithm, algorithm_from_dict, make_algorithm, replay
from autosnn_ray.errors import InvalidInputError, JournalError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.journal import Tell
from autosnn_ray.objectives import Constraint, Goal, SpikeAwareFitness
from autosnn_ray.space import SearchSpace, format_architecture
from autosnn_ray.testing import ALGORITHM_LAWS, AlgorithmCase
from autosnn_ray.testing.algorithm_replays import extends_as
from autosnn_ray.testing.algorithms import order_of_results_changes_nothing
from autosnn_ray.testing.searches import GOALS, run
from autosnn_ray.testing.searches import evaluate as evaluate  # for the suites beside this one

OBJECTIVE = SpikeAwareFitness(1000.0)
DRAWS_NOTHING = ("enumeration", "given")
SEEDED = [name for name in ALGORITHMS if name not in DRAWS_NOTHING]
TAKE_UP = ("optuna",)
"""Those that take up what a journal says was proposed, without drawing it again; see test_optuna.py."""
GROW = ("optuna",)
"""Those whose asks take the longer the more they were told, 10 ms each after 400."""
ANY_ORDER = [name for name, algorithm in ALGORITHMS.items() if not algorithm.order_matters]
everyone = pytest.mark.parametrize("name", ALGORITHMS)
whatever_the_goal = pytest.mark.parametrize("goal", GOALS)


@pytest.fixture(scope="module")
def space():
    return search_spaces.load("digits_16")


def make(name: str, space: SearchSpace, count: int = 400, **settings) -> Algorithm:
    """Makes an algorithm with what it cannot do without: of the space, as many architectures as are asked for."""
    if name == "given":
        listed = (space.at(index) for index in range(min(count, space.size)))
        settings = {"architectures": tuple(map(format_architecture, listed)), **settings}
    return make_algorithm(name, **settings)


def case_of(name: str, goal: str = "fitness") -> AlgorithmCase:
    return AlgorithmCase(
        lambda space, candidates, seed: make(name, space, max(400, candidates), seed=seed),
        GOALS[goal],
        draws=name not in DRAWS_NOTHING,
        most=100 if name in GROW else 10_000,
    )


@everyone
@whatever_the_goal
@pytest.mark.parametrize("law", ALGORITHM_LAWS)
def test_it_keeps_the_law(name, goal, law):
    ALGORITHM_LAWS[law](case_of(name, goal))


@pytest.mark.parametrize("name", ANY_ORDER)
@whatever_the_goal
@given(order=st.integers(0, 2**31), workers=st.integers(1, 30))
def test_the_order_of_results_changes_nothing(name, goal, order, workers):
    order_of_results_changes_nothing(case_of(name, goal), [(order, workers)])


@pytest.mark.parametrize("name", ANY_ORDER)
@given(before=st.integers(1, 80), more=st.integers(1, 40), order=st.integers(0, 2**31), workers=st.integers(1, 30))
def test_whatever_the_workers_an_extended_search_is_the_whole_one(name, before, more, order, workers):
    case = case_of(name)
    for where in (case.space, case.small):
        extends_as(case, before, before + more, where, order, workers)


@pytest.mark.parametrize("name", [name for name in SEEDED if name not in TAKE_UP])
def test_a_journal_of_another_algorithm_is_refused(name, space):
    _, events = run(make(name, space, seed=1).start(space, 10, OBJECTIVE))
    with pytest.raises(JournalError, match="another version of the algorithm"):
        replay(make(name, space, seed=2).start(space, 10, OBJECTIVE), events)


@everyone
def test_settings_are_read_by_the_registry(name, space):
    algorithm = make(name, space, 7, seed=5)
    assert algorithm_from_dict(algorithm.to_dict()) == algorithm


@everyone
def test_unknown_settings_are_named_with_the_known_ones(name):
    with pytest.raises(InvalidInputError, match=f"unknown setting of {name} 'speed'; expected one of: .*seed"):
        make_algorithm(name, speed=3)


def test_an_unknown_algorithm_is_named_with_the_known_ones():
    with pytest.raises(InvalidInputError, match="unknown algorithm 'annealing'; expected one of: autosnn, random, "):
        make_algorithm("annealing")


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
