"""Architectures that are given to random search: proposed first, as often as asked for."""

from __future__ import annotations

import pytest

import search_spaces
from autosnn_ray.algorithms import RandomSearch
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Failure
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import SearchSpace

FIRST = ("skip/skip/skip/skip/skip", "srb_k5/skip/skip/skip/skip")
FITNESS = SpikeAwareFitness(1000.0)


def proposed(state):
    found = []
    while (candidate := state.ask()) is not None:
        found.append(candidate)
        state.tell(candidate.index, Failure("not tried"))
    assert state.done
    return found


def test_given_ones_are_repeated_a_generation_each_and_random_ones_follow():
    space = search_spaces.load("digits_16")
    found = proposed(RandomSearch(first=FIRST, repeats=3).start(space, 8, FITNESS))
    assert ["/".join(c.architecture) for c in found[:6]] == list(FIRST) * 3
    assert [c.generation for c in found[:6]] == [0, 0, 1, 1, 2, 2]
    assert [c.origin for c in found] == ["given"] * 6 + ["random"] * 2
    assert len({c.architecture for c in found}) == 4


def test_a_space_of_one_network_is_repeated_and_then_used_up():
    entries = {**search_spaces.load("digits_16").to_dict(), "layers": [{"kind": "conv_k3"}]}
    del entries["choices"]
    space = SearchSpace.from_dict(entries)
    state = RandomSearch(first=("",), repeats=4).start(space, 9, FITNESS)
    assert [c.architecture for c in proposed(state)] == [()] * 4
    assert state.exhausted
    with pytest.raises(InvalidInputError, match="has none: it is one network"):
        RandomSearch().start(space, 1, FITNESS)


@pytest.mark.parametrize("repeats", [0, -1, 1.5, True])
def test_bad_repeats_are_refused(repeats):
    with pytest.raises(InvalidInputError, match="repeats: expected a whole number of at least 1"):
        RandomSearch(repeats=repeats)
