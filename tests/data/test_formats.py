"""Real formats, read by the real code: values where they belong, official test sets, one error for what is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from autosnn_ray.data import DATASETS, load_dataset, load_described
from autosnn_ray.data.readers.idx import read_idx
from autosnn_ray.errors import InvalidInputError
from tests.data.make_files import TEST, TRAIN, WRITERS, frames_of, idx_bytes, labels, noise

FASHION = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(autouse=True)
def _frames_are_kept_for_these_tests_alone(frames_cache):
    """Event data sets are among those below."""


def written(name: str, folder: Path) -> Path:
    if name not in WRITERS:
        pytest.fail(f"{name} has no files to test: add what writes some to WRITERS of tests/data/make_files.py")
    folder.mkdir(exist_ok=True)
    WRITERS[name](folder)
    return folder


def test_every_registered_data_set_has_its_format_tested():
    assert set(WRITERS) == set(DATASETS), "WRITERS of tests/data/make_files.py writes small files of each data set"


@pytest.mark.parametrize("name", [name for name in DATASETS if name != "digits"])
def test_what_is_missing_is_said_with_files_and_folders(name, tmp_path):
    with pytest.raises(InvalidInputError) as e:
        load_dataset(name, folder=tmp_path)
    said = str(e.value)
    expected = r"expected the files .* in one of these folders: .*data folder"
    assert re.search(expected, said), f"find files by locate (data/readers/samples.py), which says so; got: {said}"
    assert str(tmp_path) in said
    assert "\n" not in said


@pytest.mark.parametrize("name", [name for name in DATASETS if name not in ("digits", "cifar10_dvs")])
def test_the_official_test_set_is_the_test_split(name, tmp_path):
    folder = written(name, tmp_path)
    first, other = load_dataset(name, folder=folder), load_dataset(name, folder=folder, seed=1)
    assert (len(first.train), len(first.validation)) == (0.8 * TRAIN, 0.2 * TRAIN)
    assert len(first.test) == TEST
    assert torch.equal(first.test.x, other.test.x)
    assert not torch.equal(first.validation.x, other.validation.x)


@pytest.mark.parametrize("name", [name for name in DATASETS if name != "digits"])
def test_a_data_set_can_be_loaded_again_from_its_description(name, tmp_path):
    """After a trip through JSON, as it stands beside a supernet, and from another folder."""
    data = load_dataset(
        name, folder=written(name, tmp_path / "here"), seed=3, size=(16, 16), train_samples=40, validation_samples=10
    )
    description = json.loads(json.dumps(data.describe()))
    assert load_described(description).checksum == data.checksum
    moved = (tmp_path / "here").rename(tmp_path / "moved")
    assert load_described(description, folder=moved).checksum == data.checksum


def test_idx_values_stand_where_they_belong(tmp_path):
    data = load_dataset("mnist", folder=written("mnist", tmp_path))
    expected = frames_of(TEST, 28, 28)
    given = data.test.x[:, 0] * 0.3081 + 0.1307
    assert torch.allclose(given, torch.from_numpy(expected) / 255, atol=1e-6)
    assert data.test.y.tolist() == labels(TEST).tolist()
    assert float(data.black[0]) == pytest.approx(-0.1307 / 0.3081)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[:-1], "promises .* copy it again"),
        (lambda content: b"\0\0\x0d" + content[3:], "expected an idx file of bytes"),
        (lambda _: b"", "expected an idx file of bytes"),
        (lambda content: b"\x1f\x8b" + content, "expected an idx file that can be read"),
    ],
    ids=["cut off", "floats", "empty", "not gzip"],
)
def test_damaged_idx_files_are_refused_by_name(damage, said, tmp_path):
    path = tmp_path / "images"
    path.write_bytes(damage(idx_bytes(noise(3, 4, 5))))
    with pytest.raises(InvalidInputError, match=rf"images: .*{said}|images: {said}"):
        read_idx(path)


def test_images_and_labels_of_different_numbers_are_refused(tmp_path):
    written("mnist", tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(noise(TEST - 1, 28, 28)))
    with pytest.raises(InvalidInputError, match="as many labels"):
        load_dataset("mnist", folder=tmp_path)


@pytest.mark.skipif(not FASHION.exists(), reason="needs Debian's dataset-fashion-mnist")
def test_the_real_fashion_mnist_in_parts():
    data = load_dataset("fashion_mnist", train_samples=1000, validation_samples=500, size=(16, 16))
    assert data.train.x.shape == (1000, 1, 16, 16)
    assert len(data.validation) == 500
    assert len(data.test) == 10_000
    for split, each in ((data.train, 100), (data.validation, 50), (data.test, 1000)):
        assert torch.bincount(split.y).tolist() == [each] * 10
    seen = {x.numpy().tobytes() for x in data.train.x}
    assert not seen & {x.numpy().tobytes() for x in data.validation.x}
    whole = load_dataset("fashion_mnist", train_samples=1000)
    assert float(whole.train.x.mean()) == pytest.approx(0, abs=0.05)
    assert float(whole.train.x.std()) == pytest.approx(1, abs=0.05)


def test_arrays_in_an_npz_file_are_a_data_set(tmp_path):
    path = tmp_path / "mine.npz"
    x, y = noise(100, 3, 8, 8), labels(100, 4)
    np.savez(path, x=x, y=y)
    data = load_dataset(str(path))
    assert (len(data.train), len(data.validation), len(data.test)) == (60, 20, 20)
    assert data.classes == 4
    given = {sample.numpy().tobytes() for split in (data.train, data.validation, data.test) for sample in split.x}
    assert given == {(sample.astype(np.float32) / 255).tobytes() for sample in x}
    np.savez(path, x=x / 7, y=y, x_test=noise(9, 3, 8, 8, seed=1) / 7, y_test=y[:9])
    data = load_dataset(str(path))
    assert len(data.test) == 9
    assert float(data.train.x.max()) == pytest.approx(255 / 7, rel=0.01)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": noise(8, 4, 4)}, r"missing: \['y'\]"),
        ({"x": noise(100, 4, 4), "y": labels(99)}, "expected x"),
        ({"x": noise(100, 4, 4), "y": labels(100) / 2}, "whole numbers"),
        ({"x": noise(100, 4, 4), "y": labels(100), "x_test": noise(4, 4, 4)}, r"missing: \['y_test'\]"),
        ({"x": noise(100, 4, 4), "y": labels(100) + 1}, "classes 0, 1, 2"),
        ({"x": np.full((100, 4, 4), np.nan), "y": labels(100)}, "not finite"),
        ({"x": np.array([{}] * 4, dtype=object), "y": labels(4)}, "expected a .npz file of plain arrays"),
        ({"x": noise(100, 4, 4), "y": labels(100), "x_test": noise(9, 4, 4), "y_test": labels(9) + 9}, "0 to 9"),
    ],
)
def test_npz_files_that_are_no_data_set_are_refused(arrays, said, tmp_path):
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(InvalidInputError, match=said):
        load_dataset(str(tmp_path / "mine.npz"))


def test_no_npz_file_is_refused(tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    for name in ("text.npz", "none.npz"):
        with pytest.raises(InvalidInputError, match=rf"{name}: expected a .npz file"):
            load_dataset(str(tmp_path / name))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"train_samples": 0}, "train_samples: expected a whole number of at least 1"),
        ({"train_samples": 2000}, "expected a part of 1 to 1077 samples, got 2000"),
        ({"validation_samples": 3}, "too few samples of some class"),
        ({"size": (8,)}, "size: expected height and width"),
        ({"size": (0, 8)}, "size: expected height and width"),
        ({"augmentation": "crop+mixup"}, "unknown augmentation 'mixup'; expected one of: none, shift, crop"),
    ],
)
def test_options_that_cannot_be_are_refused(options, said):
    with pytest.raises(InvalidInputError, match=said):
        load_dataset("digits", **options)
