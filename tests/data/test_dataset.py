"""Splits that never mix, are stratified, and follow the seed; augmentation on training samples only."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import torch

from autosnn_ray.data import AUGMENTATIONS, DATASETS, Dataset, Split, load_dataset
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.testing import DATASET_LAWS, DatasetCase
from tests.data.make_files import WRITERS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_is_whole_and_stratified(name, tmp_path, frames_cache):
    WRITERS[name](tmp_path)
    data = load_dataset(name, folder=tmp_path)
    splits = (data.train, data.validation, data.test)
    for law in DATASET_LAWS.values():
        law(DatasetCase(name, {"folder": tmp_path}))
    shares = [torch.bincount(s.y, minlength=data.classes).double() / len(s) for s in splits]
    assert torch.allclose(shares[0], shares[1], atol=0.01)
    assert torch.allclose(shares[0], shares[2], atol=0.01)


def test_the_digits_are_scikit_learns_and_no_sample_is_in_two_splits(digits):
    from sklearn.datasets import load_digits

    bunch = load_digits()
    given = {(image.astype(np.float32) / 16).tobytes() for image in bunch.images}
    parts = [{x.numpy().tobytes() for x in split.x} for split in (digits.train, digits.validation, digits.test)]
    assert set.union(*parts) == given
    assert sum(map(len, parts)) == len(given) == 1797


def test_the_split_follows_the_seed_alone():
    first, again, other = load_dataset("digits", seed=3), load_dataset("digits", seed=3), load_dataset("digits", seed=4)
    assert first.checksum == again.checksum
    assert first.checksum != other.checksum


def test_the_checksum_sees_a_single_pixel(digits):
    x = digits.train.x.clone()
    x[0, 0, 0, 0] += 1
    changed = Dataset(
        "digits", digits.classes, type(digits.train)(x, digits.train.y), digits.validation, digits.test, seed=0
    )
    assert changed.checksum != digits.checksum


@pytest.mark.parametrize("y", [np.repeat(np.arange(5), 40), np.arange(200) % 5], ids=["sorted", "by turns"])
def test_spread_samples_have_each_class_in_its_share_and_any_few_in_a_row_are_mixed(y):
    split = Split(torch.arange(200.0), torch.from_numpy(y))
    for count in (10, 40, 200):
        part = split.spread(count)
        assert torch.equal(part.y, split.y[part.x.long()])
        assert len(set(part.x.tolist())) == count
        assert all(sorted(five.tolist()) == [0, 1, 2, 3, 4] for five in part.y.split(5))
    assert sorted(split.spread(10).x.tolist()) == sorted(np.flatnonzero(y == c)[i] for c in range(5) for i in (10, 30))
    assert torch.equal(split.spread(40).x, split.spread(40).x)


def test_spread_samples_of_few_and_of_all():
    split = Split(torch.arange(7.0), torch.tensor([0, 0, 0, 0, 0, 2, 2]))
    assert split.spread(None) is split
    assert [split.spread(count).y.tolist() for count in (0, 1, 2, 4)] == [[], [0], [0, 2], [0, 0, 2, 0]]
    assert sorted(split.spread(9).x.tolist()) == list(range(7))


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (np.zeros((10, 2)), np.arange(10) % 2, "shape"),
        (np.zeros((10, 1, 4, 4)), np.arange(9) % 2, "shape"),
        (np.full((10, 1, 4, 4), np.nan), np.arange(10) % 2, "not finite"),
        (np.zeros((10, 1, 4, 4)), np.arange(10) % 2 + 0.5, "whole numbers"),
        (np.zeros((10, 1, 4, 4)), np.arange(10) % 2 + 1, "classes 0, 1, 2"),
        (np.zeros((10, 1, 4, 4)), np.zeros(10, dtype=int), "classes 0, 1, 2"),
        (np.zeros((4, 1, 4, 4)), np.arange(4) % 2, "too few samples"),
    ],
)
def test_arrays_that_are_no_data_set_are_refused(x, y, said):
    with pytest.raises(InvalidInputError, match=said):
        Dataset.from_arrays("mine", x, y)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan"), 0.9])
def test_shares_that_leave_nothing_are_refused(share):
    with pytest.raises(InvalidInputError, match="share"):
        Dataset.from_arrays("mine", np.zeros((100, 4, 4)), np.arange(100) % 2, validation_share=share)


def test_an_unknown_data_set_is_named_with_the_known_ones():
    with pytest.raises(InvalidInputError, match="unknown data set 'cifar1'; expected one of: digits"):
        load_dataset("cifar1")


@pytest.mark.filterwarnings("ignore::autosnn_ray.errors.DuplicateSamplesWarning")
def test_an_unknown_augmentation_is_named_with_the_known_ones():
    with pytest.raises(InvalidInputError, match=f"expected one of: {', '.join(AUGMENTATIONS)}"):
        Dataset.from_arrays("mine", np.zeros((100, 4, 4)), np.arange(100) % 2, augmentation="mixup")


def test_only_the_final_report_reads_the_test_split():
    """The attribute ``test`` of a data set is read where it is made, described, checked, and for model cards."""
    allowed = {
        *(f"autosnn_ray/data/{name}.py" for name in ("dataset", "build", "given", "summary")),
        "autosnn_ray/training/card.py",
        "autosnn_ray/testing/datasets.py",
    }
    readers = set()
    for path in (ROOT / "autosnn_ray").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "test":
                readers.add(str(path.relative_to(ROOT)))
    assert readers == allowed


def test_without_test_samples_everything_else_stays(digits):
    bare = digits.without_test()
    assert len(bare.test) == 0
    assert bare.test.x.shape[1:] == digits.test.x.shape[1:]
    assert bare.train is digits.train
