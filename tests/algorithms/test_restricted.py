"""The contract of every registered algorithm where a part of the space is left out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from test_contract import ANY_ORDER, GROW, OBJECTIVE, TAKES_GIVEN, evaluate, make, run

import search_spaces
from autosnn_ray.algorithms import ALGORITHMS, replay
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Failure
from autosnn_ray.journal import Ask, Fail, Tell
from autosnn_ray.testing.searches import TWO

SPACE = search_spaces.load("digits_16")
COST = {"skip": 0, "scb_k3": 1, "scb_k5": 3, "srb_k3": 1, "srb_k5": 3}
CHOOSING = [name for name in ALGORITHMS if name != "given"]
chooses = pytest.mark.parametrize("name", CHOOSING)


def dear(names):
    """Optuna takes longer than all others together where a part is used up: it is run with the slow tests."""
    return pytest.mark.parametrize(
        "name", [pytest.param(one, marks=pytest.mark.slow) if one == "optuna" else one for one in names]
    )


goals = pytest.mark.parametrize("goal", [OBJECTIVE, TWO], ids=["fitness", "two under a constraint"])


def cheap(most):
    return lambda architecture: sum(COST[choice] for choice in architecture) <= most


def restricted(name, candidates, most, goal=OBJECTIVE, space=SPACE, **settings):
    if name == "optuna":
        settings = {"settings": {"n_startup_trials": 1000}, **settings}  # draws, which is quick
    state = make(name, space, **settings).start(space, candidates, goal)
    state.restrict(cheap(most))
    return state


@chooses
@goals
@pytest.mark.parametrize(("most", "admitted"), [(7, 1333), (2, 51), (0, 1), (15, 3125)])
@pytest.mark.parametrize("candidates", [1, 60])
def test_nothing_is_proposed_that_is_left_out_and_the_budget_is_of_what_is_not(name, goal, most, admitted, candidates):
    state = restricted(name, candidates, most, goal)
    assert (state.size, state.budget) == (admitted, min(admitted, candidates))
    found, _ = run(state)
    assert all(map(cheap(most), (candidate.architecture for candidate in found)))
    assert len({candidate.architecture for candidate in found}) == len(found) == min(admitted, candidates)
    assert [candidate.index for candidate in found] == list(range(len(found)))
    assert state.exhausted == (admitted < candidates)


@dear(CHOOSING)
@goals
def test_a_part_is_proposed_to_the_last_even_where_all_fails(name, goal):
    most = 2 if name in GROW else 3
    for outcome in (lambda c: evaluate(c.architecture), lambda _: Failure("it raised")):
        state = restricted(name, 400, most, goal)
        found, _ = run(state, outcome)
        assert {candidate.architecture for candidate in found} == set(filter(cheap(most), SPACE.enumerate()))
        assert state.exhausted


@chooses
@goals
def test_replaying_any_beginning_gives_the_state_it_was_in(name, goal):
    whole, events = run(restricted(name, 60, 4, goal, seed=3), workers=3)
    for cut in range(0, len(events) + 1, 7):
        state = restricted(name, 60, 4, goal, seed=3)
        replay(state, events[:cut])
        told = {event.index for event in events[:cut] if isinstance(event, Tell | Fail)}
        asked = [event.index for event in events[:cut] if isinstance(event, Ask)]
        assert [candidate.index for candidate in state.pending] == [index for index in asked if index not in told]
        replay(state, events[cut:])
        assert state.done
    assert len(whole) == 60


@dear(CHOOSING)
@pytest.mark.parametrize(("before", "after"), [(7, 70), (45, 300)])
def test_an_extended_search_goes_on_as_one_that_was_asked_for_more_from_the_start(name, before, after):
    after = min(after, 70) if name in GROW else after
    whole, _ = run(restricted(name, after, 4), workers=1)
    first, events = run(restricted(name, before, 4), workers=1)
    extended = restricted(name, after, 4)
    replay(extended, events)
    assert first + run(extended, workers=1)[0] == whole


@pytest.mark.parametrize("name", [name for name in ANY_ORDER if name != "given"])
def test_the_order_of_results_changes_nothing(name):
    reference, _ = run(restricted(name, 70, 5), workers=1)
    shuffled, _ = run(restricted(name, 70, 5), rng=np.random.default_rng(9), workers=13)
    assert shuffled == reference


@dear(CHOOSING)
def test_a_part_of_a_space_too_large_to_be_listed(name, monkeypatch):
    """It is not listed, and the search ends when draws find nothing that is new."""
    monkeypatch.setattr("autosnn_ray.algorithms.draws.LISTED_AT_MOST", 100)
    monkeypatch.setattr("autosnn_ray.algorithms.draws.MOST_DRAWS", 20_000)
    state = restricted(name, 80, 2)
    assert (state.size, state.budget) == (3125, 80)
    found, events = run(state)
    assert all(map(cheap(2), (candidate.architecture for candidate in found)))
    assert len(found) == len({candidate.architecture for candidate in found}) == 51  # all there are
    assert state.exhausted
    assert state.restricted
    again = restricted(name, 80, 2)
    replay(again, events)
    assert run(again) == ([], [])


@dear(CHOOSING)
@pytest.mark.parametrize("draws", [100, 2_000])
def test_an_ask_that_finds_nothing_leaves_no_trace(name, draws, monkeypatch):
    """It is in no journal: where a later one finds something again, the run must be what the journal brings back."""
    monkeypatch.setattr("autosnn_ray.algorithms.draws.LISTED_AT_MOST", 100)
    monkeypatch.setattr("autosnn_ray.algorithms.draws.MOST_DRAWS", draws)
    found, events = run(restricted(name, 80, 2))
    again = restricted(name, 80, 2)
    replay(again, events)
    assert again.asked == len(found)


def test_given_architectures_are_evaluated_whatever_they_break():
    state = restricted("given", 5, -1)
    assert len(run(state)[0]) == 5
    assert not state.exhausted


@pytest.mark.parametrize("name", ["stratified", "predictor_guided"])
def test_a_balanced_sample_of_a_part_is_as_balanced_as_the_part_allows(name):
    """Uniform draws of the same part would give the cheap choices two or three times as often as the dear ones."""
    settings = {"initial": 50} if name == "predictor_guided" else {}
    found, _ = run(restricted(name, 50, 7, **settings), workers=1)
    counts = [Counter(candidate.architecture[slot] for candidate in found) for slot in range(5)]
    uniform, _ = run(restricted("random", 50, 7), workers=1)
    drawn = [Counter(candidate.architecture[slot] for candidate in uniform) for slot in range(5)]

    def spread(counted):
        return sum((one[choice] - 10) ** 2 for one in counted for choice in COST)

    assert spread(counts) < spread(drawn) / 3
    assert all(5 <= one[choice] <= 16 for one in counts for choice in COST)


def test_without_a_restriction_a_balanced_sample_is_what_it_was():
    found, _ = run(make("stratified", SPACE, seed=5).start(SPACE, 5, OBJECTIVE))
    block = SPACE.sample_balanced(np.random.default_rng(5))
    assert [candidate.architecture for candidate in found] == block


@dear(TAKES_GIVEN)
@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "too large to be listed"])
def test_given_ones_that_are_left_out_otherwise_come_first_and_the_rest_is_used_up(name, is_listed, monkeypatch):
    """Two of the three break what is asked for: they are evaluated all the same, and count on top of what keeps it."""
    if not is_listed:
        monkeypatch.setattr("autosnn_ray.algorithms.draws.LISTED_AT_MOST", 100)
        monkeypatch.setattr("autosnn_ray.algorithms.draws.MOST_DRAWS", 20_000)
    first = [("srb_k5",) * 5, ("skip",) * 5, ("scb_k5",) * 5]

    def begun():
        state = make(name, SPACE, seed=3).start(SPACE, 300, TWO)
        state.begin_with(first)
        state.restrict(cheap(2))
        return state

    state = begun()
    assert (state.given, state.beyond) == (3, 2)
    assert state.budget == (51 + 2 if is_listed else 300)
    found, events = run(state)
    assert [candidate.architecture for candidate in found[:3]] == first
    assert [candidate.origin for candidate in found[:4]].count("given") == 3
    assert {candidate.architecture for candidate in found[3:]} == {*filter(cheap(2), SPACE.enumerate())} - {*first}
    assert len(found) == 51 + 2
    assert state.exhausted
    for cut in (3, 20):
        again = begun()
        replay(again, events[:cut])
        replay(again, events[cut:])
        assert again.done or again.ask() is None
        assert again.asked == len(found)


def test_what_is_to_come_first_is_given_before_anything_is_left_out():
    with pytest.raises(InvalidInputError, match="begin_with: expected before restrict"):
        restricted("random", 5, 2).begin_with([("srb_k5",) * 5])
