"""The contract of every registered algorithm: the laws that ``autosnn_ray.testing`` ships, and the registry's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import search_spaces
from autosnn_ray.algorithms import ALGORITHMS, Algorithm, algorithm_from_dict, make_algorithm, replay
from autosnn_ray.errors import InvalidInputError, JournalError
from autosnn_ray.journal import Tell
from autosnn_ray.objectives import Constraint, Goal, SpikeAwareFitness
from autosnn_ray.space import SearchSpace, format_architecture
from autosnn_ray.testing import ALGORITHM_LAWS, AlgorithmCase
from autosnn_ray.testing.algorithms import extends_as, order_of_results_changes_nothing
from autosnn_ray.testing.searches import GOALS, run
from autosnn_ray.testing.searches import evaluate as evaluate  # for the suites beside this one

OBJECTIVE = SpikeAwareFitness(1000.0)
DRAWS_NOTHING = ("enumeration", "given")
SEEDED = [name for name in ALGORITHMS if name not in DRAWS_NOTHING]
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


@pytest.mark.parametrize("name", SEEDED)
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
