"""Arrays and splits of one's own: read as they are meant, or refused; old runs find the splits they had."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from autosnn_ray.data import Dataset, load_dataset, load_described
from autosnn_ray.errors import InvalidInputError, MissingClassWarning
from tests.data import make_events as make
from tests.data.make_files import labels, noise

# Frames are alike on purpose: each has one value, by which it is known again.
pytestmark = pytest.mark.filterwarnings("ignore::autosnn_ray.errors.DuplicateSamplesWarning")


def saved(folder, **arrays):
    np.savez(folder / "mine.npz", **arrays)
    return str(folder / "mine.npz")


@pytest.fixture(params=["npz", "arrays"])
def load(request, tmp_path):
    """Loads x and y by either way: one rule holds for both."""
    if request.param == "npz":
        return lambda x, y: load_dataset(saved(tmp_path, x=x, y=y))
    return lambda x, y: Dataset.from_arrays("mine", x, y)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (np.full((40, 4, 4), 51, np.uint8), 0.2),
        (np.full((40, 3, 4, 4), 51, np.uint8), 0.2),
        (np.full((40, 6, 3, 4, 4), 51, np.uint8), 0.2),
        (np.full((40, 6, 2, 4, 4), 51, np.uint8), 51),
        (np.full((40, 6, 1, 4, 4), 51, np.int16), 51),
        (np.full((40, 4, 4), 51, np.int64), 51),
        (np.full((40, 4, 4), True), 1),
    ],
    ids=["grey", "colour", "film", "counts", "int16", "int64", "bool"],
)
def test_bytes_are_pixels_or_counts_by_one_rule(x, expected, load):
    data = load(x, labels(40, 2))
    assert data.train.x.unique().tolist() == pytest.approx([expected])
    assert data.train.x.dtype == (torch.uint8 if expected == 51 and x.dtype == np.uint8 else torch.float32)


@pytest.mark.parametrize("shape", [(6, 1, 4, 4), (6, 5, 4, 4), (2, 4, 4)])
def test_bytes_that_may_be_either_are_refused(shape, load):
    with pytest.raises(InvalidInputError, match="may be counts of events or grey levels"):
        load(np.zeros((40, *shape), np.uint8), labels(40, 2))
    assert load(np.full((40, *shape), 7, np.int16), labels(40, 2)).train.x.unique().tolist() == [7]


def test_counts_of_arrays_are_added_up_to_a_size(tmp_path):
    path = saved(tmp_path, x=np.full((40, 3, 2, 4, 4), 60, np.uint8), y=labels(40, 2))
    assert load_dataset(path, size=(2, 2)).train.x.unique().tolist() == [240]
    assert load_dataset(path, size=(1, 2)).train.x.unique().tolist() == [255]


@pytest.mark.parametrize(
    "x",
    [
        np.full((40, 4, 4), "0.5"),
        np.full((40, 4, 4), np.datetime64("2020-01-01")),
        np.full((40, 4, 4), 1 + 1j),
    ],
    ids=["strings", "dates", "complex"],
)
def test_what_is_no_number_is_refused(x, load):
    with pytest.raises(InvalidInputError, match="expected numbers as x, got"):
        load(x, labels(40, 2))


def test_numbers_too_large_for_float32_are_refused(load):
    with pytest.raises(InvalidInputError, match="not finite"):
        load(np.full((40, 4, 4), 1e300), labels(40, 2))


def test_channels_last_are_put_in_front_where_they_can_only_be_that(load):
    x = noise(40, 8, 8, 3)
    data = load(x, labels(40, 2))
    assert data.train.x.shape[1:] == (3, 8, 8)
    given = {sample.transpose(2, 0, 1).tobytes() for sample in x}
    assert {sample.mul(255).round().byte().numpy().tobytes() for sample in data.train.x} <= given
    assert load(noise(40, 5, 9, 7, 3), labels(40, 2)).train.x.shape[1:] == (5, 3, 9, 7)
    assert load(noise(40, 3, 8, 3), labels(40, 2)).train.x.shape[1:] == (3, 8, 3)
    with pytest.raises(InvalidInputError, match=r"got \(40, 9, 7, 2\), whose last axis seems to be the channels"):
        load(noise(40, 9, 7, 2), labels(40, 2))


@pytest.mark.parametrize("shape", [(9, 9), (3, 8, 8), (4, 1, 8, 8)], ids=["size", "channels", "time steps"])
@pytest.mark.parametrize("split", ["val", "test"])
def test_splits_of_another_shape_are_refused_when_loaded(split, shape, tmp_path):
    arrays = {"x": noise(40, 8, 8) / 7, "y": labels(40, 2)}
    path = saved(tmp_path, **arrays, **{f"x_{split}": noise(4, *shape) / 7, f"y_{split}": labels(4, 2)})
    for size in (None, (8, 8)):
        with pytest.raises(InvalidInputError, match=r"frames of one shape .* in all splits, got train"):
            load_dataset(path, size=size)


def test_a_validation_split_is_given_in_arrays(tmp_path):
    x, y = noise(40, 8, 8), labels(40, 2)
    white = np.full((6, 8, 8), 255, np.uint8)
    path = saved(tmp_path, x=x, y=y, x_val=white, y_val=labels(6, 2), class_names=["no", "yes"])
    data = load_dataset(path)
    assert (len(data.train), len(data.validation), len(data.test)) == (32, 6, 8)
    assert data.validation.x.unique().tolist() == [1.0]
    assert data.describe()["class_names"] == ["no", "yes"]
    again = Dataset.from_arrays("mine", x, y, validation=(white, labels(6, 2)), class_names=("no", "yes"))
    assert again.checksum == data.checksum
    with pytest.raises(InvalidInputError, match="expected a name for each of 2 classes, got 1"):
        Dataset.from_arrays("mine", x, y, class_names=["no"])
    path = saved(tmp_path, x=x, y=y, x_val=white)
    with pytest.raises(InvalidInputError, match=r"mine.npz: .*missing: \['y_val'\]"):
        load_dataset(path)


def marked(groups):
    """Frames whose only pixel is their group."""
    return np.asarray(groups, np.float32)[:, None, None]


def test_no_group_stands_on_both_sides(tmp_path):
    groups = np.repeat(np.arange(20), 5)
    path = saved(tmp_path, x=marked(groups), y=labels(100, 2), groups=groups.astype(str))
    for seed in range(5):
        data = load_dataset(path, seed=seed)
        sides = [set(split.x.flatten().tolist()) for split in (data.train, data.validation, data.test)]
        assert sum(map(len, sides)) == len(set.union(*sides)) == 20
        assert (len(data.train), len(data.validation), len(data.test)) == (60, 20, 20)
        for split in (data.train, data.validation, data.test):
            assert 0.4 <= float(split.y.double().mean()) <= 0.6
    assert data.options["validation_by"] == "groups"
    assert load_described(json.loads(json.dumps(data.describe()))).checksum == data.checksum
    by_sample = load_dataset(path, validation_by="samples")
    assert set(by_sample.train.x.flatten().tolist()) & set(by_sample.validation.x.flatten().tolist())
    again = Dataset.from_arrays("mine", marked(groups), labels(100, 2), groups=groups.astype(str), seed=seed)
    assert again.checksum == data.checksum


@pytest.mark.parametrize(
    ("arrays", "options", "said"),
    [
        ({"groups": np.zeros(40, int)}, {}, "expected two groups or more"),
        ({"groups": np.arange(39)}, {}, "expected groups as whole numbers or text"),
        ({"groups": np.arange(40) % 8, "x_test": noise(4, 4, 4), "y_test": labels(4, 2), "groups_test": [7, 8, 9, 9]},
         {}, r"groups stand on both sides, in training and in test: \[7\]"),
        ({}, {"validation_by": "groups"}, "'groups' needs groups, and it comes with none"),
        ({}, {"validation_by": "given"}, "'given' needs a validation split"),
        ({}, {"validation_by": "luck"}, "unknown way to split validation off 'luck'; expected one of: given, groups"),
    ],
)  # fmt: skip
def test_splits_that_cannot_be_are_refused(arrays, options, said, tmp_path):
    path = saved(tmp_path, x=noise(40, 4, 4), y=labels(40, 2), **arrays)
    with pytest.raises(InvalidInputError, match=said):
        load_dataset(path, **options)


def test_a_table_of_files_and_groups_keeps_them_apart(tmp_path):
    lines = ["file,group"]
    for position in range(40):
        name = f"{('cat', 'dog')[position % 2]}/{position}.png"
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((4, 4), position // 4, np.uint8)).save(tmp_path / name)
        lines.append(f"{name},person {position // 4}")
    (tmp_path / "groups.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    data = load_dataset(str(tmp_path))
    people = [set((split.x[:, 0, 0, 0] * 255).round().tolist()) for split in (data.train, data.validation, data.test)]
    assert sum(map(len, people)) == len(set.union(*people)) == 10
    for text, said in (
        ("\n".join(lines[:-1]), r"groups.csv: expected a group of every file, got none of dog/39.png \(1 of 40\)"),
        ("\n".join([*lines, "dog/99.png,x"]), r"groups.csv: names the file 'dog/99.png', which is not there"),
        ("path,person\n", r"groups.csv: expected a table with columns file and group, got \['path', 'person'\]"),
    ):
        (tmp_path / "groups.csv").write_text(text)
        with pytest.raises(InvalidInputError, match=said):
            load_dataset(str(tmp_path))


def test_gestures_of_one_user_stand_in_one_split_and_old_runs_find_theirs(tmp_path, frames_cache):
    make.write_dvs128_gesture(tmp_path)
    data = load_dataset("dvs128_gesture", folder=tmp_path)
    assert data.options["validation_by"] == "groups"
    assert torch.bincount(data.validation.y).tolist() == [2] * 10, "all gestures of two users, one of each class"
    old = load_dataset("dvs128_gesture", folder=tmp_path, validation_by="samples")
    assert not torch.equal(old.validation.x, data.validation.x)
    assert torch.equal(old.test.x, data.test.x)
    description = old.describe()
    del description["options"]["validation_by"]  # as it stands in old runs
    found = load_described(description)
    assert found.checksum == old.checksum
    assert found.describe() == description


def test_old_runs_of_folders_and_arrays_find_their_splits(tmp_path):
    folder = tmp_path / "photos"
    for split, count, seed in (("train", 44, 0), ("val", 8, 1), ("test", 8, 2)):
        for position, frame in enumerate(noise(count, 4, 4, seed=seed)):
            place = folder / split / ("2", "10")[position % 2]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(frame).save(place / f"{position}.png")
    new = load_dataset(str(folder))
    old = load_described({"name": str(folder), "seed": 0, "options": {}})
    assert (len(new.train), len(new.validation), len(old.train), len(old.validation)) == (44, 8, 35, 9)
    assert (new.class_names, old.class_names) == (("2", "10"), ("10", "2"))
    assert "validation_by" not in old.options
    path = saved(tmp_path, x=noise(40, 4, 4), y=labels(40, 2), x_val=noise(8, 4, 4), y_val=labels(8, 2))
    assert len(load_described({"name": path, "seed": 0, "options": {}}).train) == 24


def test_classes_that_a_split_lacks_are_said_with_counts():
    y = (np.arange(300) % 100 == 0).astype(int)
    with pytest.warns(
        MissingClassWarning, match=r"validation has no sample of 1 of 2 classes \(yes\), of others up to 60"
    ):
        data = Dataset.from_arrays("rare", noise(300, 4, 4), y, class_names=["no", "yes"])
    assert torch.bincount(data.validation.y, minlength=2).tolist() == [60, 0]


def test_a_data_set_shows_itself(tmp_path):
    data = load_dataset(saved(tmp_path, x=noise(40, 8, 8), y=labels(40, 2), class_names=["<no>", "yes"]))
    for part in ("24 train, 8 validation, 8 test", "2 (<no>, yes)", "1x8x8 (C, H, W), float32", "sample by sample"):
        assert part in repr(data)
    assert "2 (&lt;no&gt;, yes)</td>" in data._repr_html_()
