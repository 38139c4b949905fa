"""Data that are not given as they are read: refused by name, and nothing is left out without a word."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from autosnn_ray.data import Dataset, load_dataset, load_described
from autosnn_ray.errors import DuplicateSamplesWarning, InvalidInputError
from tests.data.make_files import labels, noise

X, Y = noise(40, 4, 4), labels(40, 2)
MORE, FEW = noise(4, 4, 4, seed=1), labels(4, 2)


def saved(folder, **arrays):
    np.savez(folder / "mine.npz", **arrays)
    return str(folder / "mine.npz")


def arrays(x=X, y=Y, **options):
    return Dataset.from_arrays("mine", x, y, **options)


def masked(x):
    return np.ma.masked_array(x, mask=np.arange(x.size).reshape(x.shape) == 5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": [[[1.0, 2.0]], [[1.0]]]}, "expected x as one array, samples of one shape, got list: "),
        ({"x": None}, "expected an array as x, got None"),
        ({"y": None}, "expected an array as y, got None"),
        ({"y": [[0], [0, 1]]}, "expected y as one array"),
        ({"groups": [[0], [0, 1]]}, "expected groups as one array"),
        ({"x": torch.zeros(40, 4, 4, requires_grad=True)}, "expected x as one array, samples of one shape, got Tensor"),
        ({"x": np.zeros((40, 0, 4))}, r"expected x of shape .*, no side of them 0, .* got \(40, 0, 4\) and \(40,\)"),
        ({"x": np.zeros((40, 1, 4, 0))}, "no side of them 0"),
        ({"x": np.full((40, 4, 4), np.inf)}, "x: holds values that are not finite"),
        ({"validation": (np.full((4, 4, 4), np.nan), FEW)}, "x of validation: holds values that are not finite"),
        ({"validation": (MORE,)}, "expected validation as a pair, frames x and classes y, got 1 of them"),
        ({"test": (MORE, FEW, FEW)}, "expected test as a pair, frames x and classes y, got 3 of them"),
        ({"test": MORE}, "expected test as a pair, frames x and classes y, got ndarray"),
        ({"test": (MORE, None)}, "expected an array as y of test, got None"),
        ({"test": (MORE, FEW / 2)}, "expected whole numbers as classes in y of test, got float64"),
        ({"seed": 1.5}, "seed: expected a whole number from 0 to 4294967295, got 1.5"),
        ({"seed": 2**40}, "seed: expected a whole number from 0 to 4294967295, got 1099511627776"),
        ({"seed": -1}, "seed: .* got -1"),
        ({"seed": True}, "seed: .* got True"),
        ({"validation_share": "0.2"}, "expected shares above 0 .*, got validation_share '0.2'"),
        ({"test_share": None}, "test_share None"),
        ({"test_share": float("nan")}, "test_share nan"),
        ({"class_names": "no"}, "expected class_names as text, one a class, got <U2"),
        ({"class_names": [1, 2]}, "expected class_names as text, one a class, got int64"),
        ({"class_names": None}, "expected an array as class_names, got None"),
        ({"augmentation": 5}, "unknown augmentation 5; expected one of: none"),
    ],
)  # fmt: skip
def test_what_makes_no_data_set_is_refused_with_what_was_expected(given, said):
    with pytest.raises(InvalidInputError, match=said):
        arrays(**given)


def test_a_seed_that_splits_nothing_is_refused_by_name_too():
    with pytest.raises(InvalidInputError, match="seed: expected a whole number from 0 to 4294967295, got '0'"):
        load_dataset("digits", seed="0")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        {"x": masked(X)}, {"x": [masked(one) for one in X]}, {"y": masked(Y)}, {"groups": masked(np.arange(40))},
        {"test": (masked(MORE), FEW)},
    ],
    ids=["x", "list of frames", "y", "groups", "test"],
)  # fmt: skip
def test_masked_values_are_refused_and_not_unmasked(given):
    with pytest.raises(InvalidInputError, match="got a masked array; its mask would be lost"):
        arrays(**given)
    assert arrays(x=np.ma.masked_array(X)).checksum == arrays().checksum, "nothing is masked"


@pytest.mark.parametrize(
    ("train", "test", "said"),
    [
        (np.uint8, np.float32, "train uint8, validation uint8, test float32"),
        (np.float64, np.uint8, "train float64, validation float64, test uint8"),
        (np.int16, np.float32, "train int16, validation int16, test float32"),
        (np.uint8, np.int64, "train uint8, validation uint8, test int64"),
        (bool, np.uint8, "train bool, validation bool, test uint8"),
    ],
)
def test_splits_of_other_number_types_are_refused(train, test, said, tmp_path):
    x, other = X.astype(train), MORE.astype(test)
    said = f"expected numbers of one type in all splits, got {said}"
    with pytest.raises(InvalidInputError, match=said):
        arrays(x=x, test=(other, FEW))
    with pytest.raises(InvalidInputError, match=said):
        load_dataset(saved(tmp_path, x=x, y=Y, x_test=other, y_test=FEW))


def test_numbers_of_one_kind_may_differ_in_width():
    data = arrays(x=X / 255, test=((MORE / 255).astype(np.float16), FEW), validation=(MORE / np.float32(300), FEW))
    assert float(data.test.x.max()) <= 1
    assert len(arrays(x=X.astype(np.int16), test=(MORE.astype(np.int64), FEW)).test) == 4


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"x_valid": MORE, "y_valid": FEW}, "unknown array 'x_valid'; .* It would be left out: call it x_val, or"),
        ({"group": np.arange(40)}, "unknown array 'group'; .*: call it groups, or remove it"),
        ({"X_test": MORE, "y_test": FEW}, "unknown array 'X_test'; .*: call it x_test, or remove it"),
        ({"weights": np.arange(40)}, "unknown array 'weights'; expected one of: x, y, groups, x_val, y_val, .*, "
         "groups_test, class_names. It would be left out: remove it"),
        ({"x_val": MORE, "y_val": ["a", "b", "a", "b"]}, "expected whole numbers as classes in y_val, got <U1; "),
        ({"x_test": MORE.astype(str), "y_test": FEW}, "expected numbers as x_test, got <U3"),
        ({"groups": np.arange(9)}, "expected groups as whole numbers or text"),
        ({"x_val": MORE, "y_val": FEW, "groups_val": np.ones(4)}, "expected groups_val as whole numbers or text"),
    ],
)  # fmt: skip
def test_arrays_of_a_file_are_read_or_refused_by_name(more, said, tmp_path):
    path = saved(tmp_path, x=X, y=Y, **more)
    with pytest.raises(InvalidInputError, match=f"^{re.escape(path)}: {said}"):
        load_dataset(path)


def test_old_runs_whose_files_hold_more_find_their_splits(tmp_path):
    path = saved(tmp_path, x=X, y=Y, weights=np.arange(40))
    assert len(load_described({"name": path, "seed": 0, "options": {}}).train) == 24


@pytest.mark.parametrize("by", [None, "given", "groups"])
def test_groups_that_stand_in_given_validation_and_test_are_refused(by, tmp_path):
    given = {"x_val": MORE, "y_val": FEW, "x_test": noise(4, 4, 4, seed=2), "y_test": FEW}
    groups = {"groups": np.arange(40) % 8, "groups_val": [8, 8, 9, 9], "groups_test": [9, 9, 10, 10]}
    path = saved(tmp_path, x=X, y=Y, **given, **groups)
    if by == "groups":  # the validation split that was given is left alone
        assert len(load_dataset(path, validation_by=by).test) == 4
        return
    with pytest.raises(InvalidInputError, match=r"groups stand on both sides, in validation and in test: \[9\]"):
        load_dataset(path, validation_by=by)
    del groups["groups"]
    with pytest.raises(InvalidInputError, match=r"in validation and in test: \[9\]"):
        load_dataset(saved(tmp_path, x=X, y=Y, **given, **groups))
    groups["groups_test"] = [10, 10, 11, 11]
    assert len(load_dataset(saved(tmp_path, x=X, y=Y, **given, **groups)).train) == 40


def write(folder, names, seed=0):
    for position, (name, frame) in enumerate(zip(names, noise(len(names), 4, 4, seed=seed), strict=True)):
        path = folder / name / f"{position}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(frame).save(path)


@pytest.fixture
def photos(tmp_path):
    write(tmp_path / "train", ["cat", "dog"] * 20)
    write(tmp_path / "test", ["cat", "dog"] * 2, seed=1)
    (tmp_path / "README.md").write_text("photos")
    (tmp_path / "meta.json").write_text("{}")
    (tmp_path / ".cache").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dev", "unknown folder 'dev'; expected one of: train, training, validation, valid, val, test, testing. "
         "It would be left out: remove it"),
        ("tests", "unknown folder 'tests'; .*: call it test, or remove it"),
        ("Validate", "unknown folder 'Validate'; .*: call it validation"),
        ("train/cat/more", "expected files alone in the folder of a class"),
        ("test/dog/more", "expected files alone in the folder of a class"),
    ],
)  # fmt: skip
def test_folders_that_would_be_left_out_are_refused(name, said, photos):
    assert len(load_dataset(str(photos)).test) == 4
    write(photos / name, ["cat", "dog"], seed=2)
    with pytest.raises(InvalidInputError, match=said):
        load_dataset(str(photos))
    old = {"name": str(photos), "seed": 0, "options": {}}
    assert len(load_described(old).test) == 4, "an old run finds what it had"


@pytest.mark.parametrize("name", ["groups.CSV", "group.csv", "groups.tsv", "train/groups.csv"])
def test_a_table_of_groups_by_another_name_is_refused(name, photos):
    (photos / name).write_text("file,group\n")
    with pytest.raises(InvalidInputError, match=f"{name}: would be left out; a table of groups is .*/groups.csv"):
        load_dataset(str(photos))


def test_a_file_of_two_groups_is_refused(photos):
    files = sorted(path.relative_to(photos).as_posix() for path in photos.rglob("*.png"))
    lines = ["file,group", *(f"{file},{position % 5}{file[:5]}" for position, file in enumerate(files))]
    (photos / "groups.csv").write_text("\n".join([*lines, lines[1]]))
    assert load_dataset(str(photos)).options["validation_by"] == "groups"
    (photos / "groups.csv").write_text("\n".join([*lines, f"{files[0]},other"]))
    with pytest.raises(
        InvalidInputError, match=f"groups.csv: expected one group a file, got '0test/' and 'other' for '{files[0]}'"
    ):
        load_dataset(str(photos))


def test_samples_that_stand_in_two_splits_are_counted_once():
    test = np.concatenate([X[:3], MORE]), labels(7, 2)
    validation = np.concatenate([X[:1], MORE[:2], noise(3, 4, 4, seed=3)]), labels(6, 2)
    said = (
        "1 of 6 validation samples are in train too; 3 of 7 test samples are in train too; 3 of 7 test samples are in"
    )
    with pytest.warns(DuplicateSamplesWarning, match=f"data set 'mine': {said} validation too, bit for bit") as caught:
        arrays(test=test, validation=validation)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        arrays(test=(MORE, FEW))
