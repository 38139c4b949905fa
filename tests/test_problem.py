"""A problem fits a space to data."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import search_spaces
from autosnn_ray.data import Dataset
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.problem import Problem


@pytest.mark.parametrize(
    ("shape", "space"), [((3, 12, 12), "digits_16"), ((1, 50, 31), "autosnn_16"), ((4, 9, 9), "snn_3")]
)
def test_any_space_fits_frames_of_other_sizes_channels_and_classes(shape, space):
    x = np.random.default_rng(0).random((60, *shape), dtype=np.float32)
    problem = Problem(search_spaces.load(space), Dataset.from_arrays("mine", x, np.arange(60) % 3), timesteps=2)
    path = tuple(slot.choices[-1] for slot in problem.space.slots)
    network = problem.network(torch.Generator().manual_seed(0), path)
    assert (network.in_channels, *network.input_size) == shape
    assert network(problem.data.train.x[:2]).logits.shape == (2, 3)


def test_frames_too_small_for_a_spaces_pools_are_refused():
    x = np.random.default_rng(0).random((60, 3, 7, 31), dtype=np.float32)
    data = Dataset.from_arrays("mine", x, np.arange(60) % 3)
    with pytest.raises(InvalidInputError, match=r"input_size \(7, 31\): too small for the pools of space 'digits_16'"):
        Problem(search_spaces.load("digits_16"), data, timesteps=2)
