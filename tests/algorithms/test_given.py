"""Architectures that are given: proposed in order, as often as asked for, and nothing else."""

from __future__ import annotations

import pytest

import search_spaces
from autosnn_ray.algorithms import Given, RandomSearch, algorithm_from_dict
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Failure
from autosnn_ray.space import SearchSpace

FIRST = ("skip/skip/skip/skip/skip", "srb_k5/skip/skip/skip/skip")


@pytest.fixture
def space():
    return search_spaces.load("digits_16")


def proposed(state):
    found = []
    while (candidate := state.ask()) is not None:
        found.append(candidate)
        state.tell(candidate.index, Failure("not tried"))
    assert state.done
    return found


def test_given_ones_are_repeated_and_a_repetition_is_no_generation(space):
    state = Given(architectures=FIRST, repetitions=3).start(space, 8)
    found = proposed(state)
    assert ["/".join(candidate.architecture) for candidate in found] == list(FIRST) * 3
    assert [candidate.index for candidate in found] == list(range(6))
    assert [candidate.repetition for candidate in found] == [0, 0, 1, 1, 2, 2]
    assert {(candidate.origin, candidate.generation, candidate.parents) for candidate in found} == {("given", 0, ())}
    assert state.exhausted, "8 were asked for, 6 are given"


def test_fewer_candidates_than_given_ones_are_the_first_of_them(space):
    state = Given(architectures=FIRST, repetitions=2).start(space, 3)
    assert [(c.architecture[0], c.repetition) for c in proposed(state)] == [("skip", 0), ("srb_k5", 0), ("skip", 1)]
    assert not state.exhausted


def test_a_space_of_one_network_is_repeated(space):
    entries = {**space.to_dict(), "layers": [{"kind": "conv_k3"}]}
    del entries["choices"]
    one = SearchSpace.from_dict(entries)
    found = proposed(Given(architectures=("",), repetitions=4).start(one, 9))
    assert [(candidate.architecture, candidate.repetition) for candidate in found] == [((), n) for n in range(4)]
    with pytest.raises(InvalidInputError, match="has none: it is one network"):
        RandomSearch().start(one, 1)


@pytest.mark.parametrize("repetitions", [0, -1, 1.5, True, "2"])
def test_bad_repetitions_are_refused(repetitions):
    with pytest.raises(InvalidInputError, match="repetitions: expected a whole number of at least 1"):
        Given(architectures=FIRST, repetitions=repetitions)


@pytest.mark.parametrize("architectures", [(), (FIRST[0], FIRST[1], FIRST[0])])
def test_none_or_the_same_twice_is_refused(architectures):
    with pytest.raises(InvalidInputError, match="architectures: expected at least one, each once, got "):
        Given(architectures=architectures)


def test_one_that_is_not_of_the_space_is_refused_before_anything_is_proposed(space):
    with pytest.raises(InvalidInputError, match="scb_k9"):
        Given(architectures=("scb_k9/skip/skip/skip/skip",)).start(space, 1)


def test_a_text_in_the_place_of_a_list_is_refused():
    """It would be taken for as many architectures as it has letters."""
    with pytest.raises(InvalidInputError, match="architectures: expected a list"):
        Given(architectures=FIRST[0])
    with pytest.raises(InvalidInputError, match="architectures: expected a list"):
        algorithm_from_dict({"name": "given", "settings": {"architectures": 3}})
