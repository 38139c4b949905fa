"""How a step's paths are drawn."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import search_spaces
from autosnn_ray.space import SearchSpace
from autosnn_ray.training import PATH_SAMPLERS
from autosnn_ray.training.paths import sandwich_paths, strictly_fair_paths, uniform_path


@pytest.mark.parametrize("name", PATH_SAMPLERS)
@pytest.mark.parametrize("space_name", search_spaces.names())
def test_every_sampler_draws_paths_of_the_space_from_its_generator(name, space_name):
    space = search_spaces.load(space_name)
    drawn = [PATH_SAMPLERS[name](space, np.random.default_rng(5)) for _ in range(2)]
    assert drawn[0] == drawn[1]
    for path in drawn[0]:
        assert space.parse(path) == path


@pytest.mark.parametrize("name", ["uniform", "strict"])
def test_fair_samplers_run_each_choice_equally_often(name):
    space = search_spaces.load("digits_16")
    rng = np.random.default_rng(0)
    paths = [path for _ in range(2000) for path in PATH_SAMPLERS[name](space, rng)]
    for slot in range(len(space.slots)):
        counts = Counter(path[slot] for path in paths)
        expected = len(paths) / 5
        chi_square = sum((counts[choice] - expected) ** 2 / expected for choice in space.slots[slot].choices)
        assert chi_square < 18.5, "4 degrees of freedom: exceeded once in a thousand draws"


def test_uniform_draws_one_path_a_step():
    assert len(uniform_path(search_spaces.load("digits_16"), np.random.default_rng(0))) == 1


def test_strict_fairness_runs_every_choice_of_every_slot_once_a_step():
    space = search_spaces.load("digits_16")
    rng = np.random.default_rng(0)
    for _ in range(50):
        paths = strictly_fair_paths(space, rng)
        assert len(paths) == 5
        for slot, layer in enumerate(space.slots):
            assert {path[slot] for path in paths} == set(layer.choices)


def test_strict_fairness_with_slots_of_different_width():
    entries = {
        "name": "uneven", "stem": "static", "channels": 4, "in_channels": 1, "input_size": [8, 8], "head": "flatten",
        "choices": ["skip", "scb_k3", "srb_k3"],
        "layers": [{"kind": "slot"}, {"kind": "slot", "choices": ["skip", "scb_k5"]}],
    }  # fmt: skip
    space = SearchSpace.from_dict(entries)
    paths = strictly_fair_paths(space, np.random.default_rng(0))
    assert len(paths) == 3
    assert {path[0] for path in paths} == {"skip", "scb_k3", "srb_k3"}
    assert {path[1] for path in paths} == {"skip", "scb_k5"}


def test_a_sandwich_is_the_largest_the_smallest_and_one_between():
    space = search_spaces.load("digits_16")
    rng = np.random.default_rng(0)
    drawn = [sandwich_paths(space, rng) for _ in range(20)]
    assert all(paths[0] == ("srb_k5",) * 5 and paths[1] == ("skip",) * 5 for paths in drawn)
    assert len({paths[2] for paths in drawn}) > 15
