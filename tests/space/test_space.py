"""Laws of search spaces, over random ones."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import search_spaces
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space import BLOCKS, SearchSpace, format_architecture

CONVOLUTIONS = [name for name in BLOCKS if "pool" not in name]


@st.composite
def spaces(draw) -> SearchSpace:
    choices = st.lists(st.sampled_from(CONVOLUTIONS), min_size=1, max_size=5, unique=True)
    slot = st.fixed_dictionaries(
        {"kind": st.just("slot"), "channels": st.integers(1, 64)}, optional={"choices": choices, "stride": st.just(2)}
    )
    fixed = st.sampled_from([{"kind": "max_pool"}, {"kind": "srb_k3"}, {"kind": "scb_k5", "channels": 8}])
    layers = draw(st.lists(st.one_of(slot, slot, fixed), min_size=1, max_size=6).filter(
        lambda listed: any(layer["kind"] == "slot" for layer in listed)
    ))  # fmt: skip
    return SearchSpace.from_dict(
        {
            "name": "random",
            "stem": "static",
            "channels": draw(st.integers(1, 64)),
            "in_channels": 1,
            "input_size": [256, 256],
            "head": "flatten",
            "choices": draw(choices),
            "layers": layers,
        }
    )


@given(spaces(), st.data())
def test_index_and_architecture_are_one_to_one(space, data):
    index = data.draw(st.integers(0, space.size - 1))
    assert space.index(space.at(index)) == index


@given(spaces(), st.integers(0, 2**31))
def test_a_sampled_architecture_parses_prints_and_has_an_index(space, seed):
    architecture = space.sample(np.random.default_rng(seed))
    assert space.parse(format_architecture(architecture)) == architecture
    assert space.parse(list(architecture)) == architecture
    assert space.at(space.index(architecture)) == architecture


@given(spaces())
def test_a_space_survives_a_round_trip(space):
    again = SearchSpace.from_dict(space.to_dict())
    assert again == space
    assert again.checksum == space.checksum


@given(spaces(), st.integers(0, 2**31), st.floats(0, 1))
def test_mutants_stay_in_the_space(space, seed, probability):
    rng = np.random.default_rng(seed)
    mutant = space.mutate(space.sample(rng), rng, probability)
    assert space.parse(mutant) == mutant


@given(spaces(), st.integers(0, 2**31))
def test_mutation_with_certainty_changes_every_slot_that_can_change_and_with_none_nothing(space, seed):
    rng = np.random.default_rng(seed)
    parent = space.sample(rng)
    assert space.mutate(parent, rng, 0.0) == parent
    mutant = space.mutate(parent, rng, 1.0)
    for before, after, slot in zip(parent, mutant, space.slots, strict=True):
        assert (before != after) == (len(slot.choices) > 1)


@given(spaces(), st.integers(0, 2**31))
def test_a_child_begins_like_one_parent_and_ends_like_the_other(space, seed):
    rng = np.random.default_rng(seed)
    left, right = space.sample(rng), space.sample(rng)
    child = space.crossover(left, right, rng)
    count = len(space.slots)
    cuts = range(1, count) if count > 1 else [0]
    assert child in {(*left[:cut], *right[cut:]) for cut in cuts}


def test_every_cut_is_drawn():
    space = search_spaces.load("digits_16")
    rng = np.random.default_rng(0)
    left, right = ("skip",) * 5, ("srb_k5",) * 5
    cuts = Counter(space.crossover(left, right, rng).count("skip") for _ in range(4000))
    assert set(cuts) == {1, 2, 3, 4}
    assert min(cuts.values()) > 850


def test_sampling_is_uniform():
    space = search_spaces.load("digits_16")
    rng = np.random.default_rng(0)
    counts = Counter(choice for _ in range(10_000) for choice in enumerate(space.sample(rng)))
    for slot in range(5):
        observed = [counts[slot, choice] for choice in space.slots[slot].choices]
        assert sum((n - 2000) ** 2 / 2000 for n in observed) < 18.5, "chi-square, 4 degrees of freedom, p = 0.001"


def test_the_mutation_rate_is_the_probability():
    space = search_spaces.load("digits_16")
    rng = np.random.default_rng(0)
    parent = space.at(7)
    changed = sum(a != b for _ in range(4000) for a, b in zip(parent, space.mutate(parent, rng, 0.2), strict=True))
    assert changed / 20_000 == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("name", search_spaces.names())
def test_every_space_enumerates_itself_in_a_fixed_order(name):
    space = search_spaces.load(name)
    listed = [architecture for architecture, _ in zip(space.enumerate(), range(3125), strict=False)]
    assert len(set(listed)) == min(3125, space.size)
    assert listed[0] == tuple(slot.choices[0] for slot in space.slots)
    assert [space.index(architecture) for architecture in listed] == list(range(len(listed)))
    assert listed[1][:-1] == listed[0][:-1], "the last slot changes fastest"


def test_the_sizes_of_the_spaces():
    sizes = {name: search_spaces.load(name).size for name in search_spaces.names()}
    assert sizes == {**dict.fromkeys(sizes, 3125), "snn_3": 5**8}
    assert set(sizes) >= {
        "autosnn_16",
        "autosnn_32",
        "autosnn_64",
        "autosnn_128",
        "snn_2",
        "snn_3",
        "snn_4",
        "digits_16",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("srb_k5/skip", "expected 5 choices separated by '/' .*got 2"),
        ("", "got 1"),
        (
            "skip/skip/skip/skip/scb_k9",
            "unknown choice for slot 4 of digits_16 'scb_k9'; expected one of: skip, scb_k3",
        ),
        ("skip/skip/skip/skip/scb_k7", "unknown choice for slot 4"),
    ],
)
def test_architectures_that_are_none_are_refused(given, said):
    with pytest.raises(InvalidInputError, match=said):
        search_spaces.load("digits_16").parse(given)


@pytest.mark.parametrize("index", [-1, 3125])
def test_indices_outside_the_space_are_refused(index):
    with pytest.raises(InvalidInputError, match="expected 0 to 3124"):
        search_spaces.load("digits_16").at(index)


def test_the_checksum_follows_the_structure_not_the_name():
    space = search_spaces.load("autosnn_16")
    renamed = SearchSpace.from_dict({**space.to_dict(), "name": "mine"})
    other = SearchSpace.from_dict({**space.to_dict(), "voters": 5})
    assert renamed.checksum == space.checksum != other.checksum
