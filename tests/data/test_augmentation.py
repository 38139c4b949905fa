"""Augmentations: what they do to known frames, drawn from their generator alone."""

from __future__ import annotations

import pytest
import torch

from autosnn_ray.data import AUGMENTATIONS, Dataset
from autosnn_ray.data.augmentation import find_augmentation


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", [*AUGMENTATIONS, "crop+flip+cutout"])
@pytest.mark.parametrize("shape", [(6, 1, 8, 8), (6, 3, 2, 8, 8)])
def test_augmentations_keep_shape_and_follow_their_generator(name, shape):
    x = torch.rand(shape, generator=seeded())
    before, everywhere = x.clone(), torch.random.get_rng_state()
    results = [find_augmentation(name)(x, seeded(seed), 0.0) for seed in (1, 1)]
    assert results[0].shape == x.shape
    assert torch.equal(results[0], results[1])
    assert torch.equal(x, before)
    assert torch.equal(torch.random.get_rng_state(), everywhere)


@pytest.mark.parametrize("name", [name for name in AUGMENTATIONS if name != "none"])
def test_augmentations_differ_between_samples(name):
    x = torch.rand(1, 1, 20, 20, generator=seeded()).expand(64, -1, -1, -1)
    assert len({sample.numpy().tobytes() for sample in AUGMENTATIONS[name](x, seeded(), 0.0)}) > 1


def test_shift_moves_each_sample_by_at_most_one_pixel():
    x = torch.zeros(64, 1, 8, 8)
    x[:, :, 4, 4] = 1
    moved = AUGMENTATIONS["shift"](x, seeded(), 0.0)
    places = {tuple(place.tolist()) for place in moved[:, 0].nonzero()[:, 1:]}
    assert places == {(row, column) for row in (3, 4, 5) for column in (3, 4, 5)}


def test_crops_are_windows_of_the_padded_frame_and_black_comes_in_at_the_edge():
    x = torch.arange(1.0, 1 + 2 * 81).reshape(1, 2, 9, 9).expand(300, -1, -1, -1)
    black = torch.tensor([-7.0, -8.0])[:, None, None]
    padded = black.expand(2, 17, 17).clone()
    padded[:, 4:13, 4:13] = x[0]
    windows = {padded[:, i : i + 9, j : j + 9].numpy().tobytes() for i in range(9) for j in range(9)}
    found = {sample.numpy().tobytes() for sample in AUGMENTATIONS["crop"](x, seeded(), black)}
    assert found <= windows
    assert len(found) > 60


def test_flip_mirrors_about_half_and_leaves_the_rest():
    x = torch.rand(400, 2, 3, 4, 4, generator=seeded())
    flipped = AUGMENTATIONS["flip"](x, seeded(), 0.0)
    mirrored = sum(torch.equal(after, before.flip(-1)) for after, before in zip(flipped, x, strict=True))
    same = sum(torch.equal(after, before) for after, before in zip(flipped, x, strict=True))
    assert mirrored + same == 400
    assert 150 < mirrored < 250


def test_cutout_sets_one_square_to_zero():
    cut = AUGMENTATIONS["cutout"](torch.ones(200, 3, 40, 40), seeded(), 0.0)
    for sample in cut:
        rows, columns = (sample[0] == 0).any(dim=1), (sample[0] == 0).any(dim=0)
        assert torch.equal(sample[0] == 0, rows[:, None] & columns)
        assert torch.equal(sample[0], sample[2])
        for marked in (rows, columns):
            places = marked.nonzero().flatten()
            assert len(places) == int(places[-1] - places[0]) + 1
            assert 8 <= len(places) <= 16
    whole = sum(int((sample == 0).sum()) == 3 * 256 for sample in cut)
    assert whole > 50


@pytest.mark.filterwarnings("ignore::autosnn_ray.errors.DuplicateSamplesWarning")
def test_a_data_set_augments_with_its_own_black():
    parts = Dataset.from_arrays("ones", torch.ones(100, 1, 8, 8), torch.arange(100) % 2, augmentation="crop")
    data = Dataset("ones", 2, parts.train, parts.validation, parts.test, augmentation="crop", black=(-3.0,))
    assert set(data.augment(data.train.x, seeded()).unique().tolist()) == {-3.0, 1.0}
