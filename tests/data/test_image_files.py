"""Images as cameras and programs write them: deep, turned, grey among colours; or refused by name."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from autosnn_ray.data import load_dataset
from autosnn_ray.errors import InvalidInputError
from tests.data.make_files import noise


def write_classes(folder, frames, suffix=".png", classes=("cat", "dog")):
    for position, frame in enumerate(frames):
        inner = folder / classes[position % len(classes)]
        inner.mkdir(parents=True, exist_ok=True)
        image = frame if isinstance(frame, Image.Image) else Image.fromarray(frame)
        image.save(inner / f"{position:03}{suffix}")


def all_of(data):
    return torch.cat([data.train.x, data.validation.x, data.test.x])


def sorted_rows(x):
    return np.sort(np.asarray(x).reshape(len(x), -1).mean(axis=1))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bits_of_grey_are_0_to_1(suffix, tmp_path):
    deep = (np.arange(20, dtype=np.uint16) * 3000)[:, None, None].repeat(4, 1).repeat(5, 2)
    deep[:, 0, 0] = 65535
    write_classes(tmp_path, deep, suffix)
    x = all_of(load_dataset(str(tmp_path)))
    assert x.shape[1:] == (1, 4, 5)
    assert x.max() == 1
    assert sorted_rows(x) == pytest.approx(sorted_rows(deep / 65535), abs=1e-6)
    smaller = all_of(load_dataset(str(tmp_path), size=(2, 2)))
    assert smaller.shape[1:] == (1, 2, 2)
    assert 0 <= smaller.min() < smaller.max() <= 1


@pytest.mark.filterwarnings("ignore::autosnn_ray.errors.DuplicateSamplesWarning")
def test_bytes_beside_16_bits_are_on_the_same_scale(tmp_path):
    write_classes(tmp_path, [np.full((3, 3), 51, np.uint8)] * 10 + [np.full((3, 3), 13107, np.uint16)] * 10)
    assert all_of(load_dataset(str(tmp_path))).unique().numpy() == pytest.approx([0.2], abs=1e-6)


def test_floats_of_a_tiff_are_taken_from_0_to_1_and_else_refused(tmp_path):
    frames = np.linspace(0, 1, 20, dtype=np.float32)[:, None, None].repeat(4, 1).repeat(4, 2)
    write_classes(tmp_path, frames, ".tiff")
    assert sorted_rows(all_of(load_dataset(str(tmp_path)))) == pytest.approx(sorted_rows(frames))
    for wrong in (frames[5] * 255, np.full((4, 4), np.nan, np.float32)):
        Image.fromarray(wrong).save(tmp_path / "cat" / "000.tiff")
        with pytest.raises(InvalidInputError, match=r"000.tiff: expected floats from 0 to 1, got .*divide them"):
            load_dataset(str(tmp_path))
    Image.fromarray(np.full((4, 4), 9, np.int32)).save(tmp_path / "cat" / "000.tiff")
    with pytest.raises(InvalidInputError, match=r"000.tiff: expected grey levels of 8 or 16 bits"):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize("coloured", [[19], [0], [5, 6, 7]])
def test_images_are_coloured_where_any_is(coloured, tmp_path):
    frames = [*noise(20, 4, 4)]
    for position in coloured:
        frames[position] = noise(1, 4, 4, 3, seed=position)[0]
    write_classes(tmp_path, frames)
    x = all_of(load_dataset(str(tmp_path))).mul(255).round().byte().numpy()
    wanted = {
        np.broadcast_to(f if f.ndim == 3 else f[:, :, None], (4, 4, 3)).transpose(2, 0, 1).tobytes() for f in frames
    }
    assert {sample.tobytes() for sample in x} == wanted


def test_grey_splits_are_coloured_where_another_is(tmp_path):
    write_classes(tmp_path / "train", noise(20, 4, 4))
    write_classes(tmp_path / "test", noise(4, 4, 4, 3))
    data = load_dataset(str(tmp_path))
    assert data.train.x.shape[1:] == data.validation.x.shape[1:] == data.test.x.shape[1:] == (3, 4, 4)
    assert torch.equal(data.train.x[:, 0], data.train.x[:, 2])
    assert not torch.equal(data.test.x[:, 0], data.test.x[:, 2])


@pytest.mark.filterwarnings("ignore::autosnn_ray.errors.DuplicateSamplesWarning")
def test_images_stand_upright_as_their_camera_says(tmp_path):
    frame = noise(1, 4, 6, 3)[0]
    write_classes(tmp_path, [frame] * 20)
    turned = Image.fromarray(np.rot90(frame))  # the camera was held on its side: 6 is how to turn it back
    exif = Image.Exif()
    exif[0x0112] = 6
    for path in tmp_path.glob("*/*.png"):
        turned.save(path, exif=exif)
    x = all_of(load_dataset(str(tmp_path)))
    assert torch.equal(x[0], torch.from_numpy(frame.transpose(2, 0, 1) / np.float32(255)))


def test_what_systems_leave_behind_is_no_sample(tmp_path):
    write_classes(tmp_path, noise(20, 4, 4))
    before = load_dataset(str(tmp_path))
    for name in ("._000.png", ".DS_Store", ".hidden.png"):
        (tmp_path / "cat" / name).write_bytes(b"\0\5\26\7")
    for name in (".ipynb_checkpoints", "__MACOSX", ".git"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "000.png").write_bytes(b"none")
    again = load_dataset(str(tmp_path))
    assert (again.checksum, again.classes) == (before.checksum, 2)


def test_files_of_several_images_are_refused(tmp_path):
    write_classes(tmp_path, noise(20, 4, 4), ".tif")
    pages = [Image.fromarray(page) for page in noise(3, 4, 4)]
    pages[0].save(tmp_path / "dog" / "001.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(InvalidInputError, match=r"001.tif: expected one image, got 3"):
        load_dataset(str(tmp_path))


def test_an_empty_class_folder_is_named(tmp_path):
    write_classes(tmp_path, noise(20, 4, 4))
    (tmp_path / "bird").mkdir()
    with pytest.raises(InvalidInputError, match=r"bird: expected images \(.png, .* in this folder of a class"):
        load_dataset(str(tmp_path))
    (tmp_path / "bird" / "birds.zip").write_bytes(b"")
    with pytest.raises(InvalidInputError, match=r"bird: .*not unpacked yet: .*birds.zip"):
        load_dataset(str(tmp_path))


def test_archives_that_are_not_unpacked_are_named(tmp_path):
    (tmp_path / "photos.zip").write_bytes(b"")
    with pytest.raises(InvalidInputError, match=r"not unpacked yet: .*photos.zip"):
        load_dataset(str(tmp_path))
    with pytest.raises(InvalidInputError, match=r"Not unpacked yet: .*photos.zip"):
        load_dataset("cifar10", folder=tmp_path)


def test_splits_of_other_sizes_are_refused_when_loaded(tmp_path):
    write_classes(tmp_path / "train", noise(20, 4, 4))
    write_classes(tmp_path / "test", noise(4, 5, 5))
    with pytest.raises(InvalidInputError, match=r"one shape .* in all splits, got train \(1, 4, 4\).*test \(1, 5, 5\)"):
        load_dataset(str(tmp_path))
    assert load_dataset(str(tmp_path), size=(4, 4)).test.x.shape[1:] == (1, 4, 4)


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val"])
def test_a_validation_folder_is_the_validation_split(name, tmp_path):
    write_classes(tmp_path / "train", noise(40, 4, 4), classes=("a2", "a10"))
    write_classes(tmp_path / name, np.full((6, 4, 4), 255, np.uint8), classes=("a2", "a10"))
    write_classes(tmp_path / "test", np.full((8, 4, 4), 0, np.uint8), classes=("a2", "a10"))
    data = load_dataset(str(tmp_path))
    assert (len(data.train), len(data.validation), len(data.test)) == (40, 6, 8)
    assert data.validation.x.unique().tolist() == [1.0]
    assert data.class_names == ("a2", "a10")
    assert data.options["validation_by"] == "given"
    drawn = load_dataset(str(tmp_path), validation_by="samples")
    assert (len(drawn.train), len(drawn.validation), len(drawn.test)) == (32, 8, 8)


def test_a_validation_folder_without_a_test_folder_leaves_the_test_to_be_drawn(tmp_path):
    write_classes(tmp_path / "train", noise(40, 4, 4))
    write_classes(tmp_path / "val", np.full((6, 4, 4), 255, np.uint8))
    data = load_dataset(str(tmp_path))
    assert (len(data.train), len(data.validation), len(data.test)) == (32, 6, 8)
    (tmp_path / "valid").mkdir()
    with pytest.raises(InvalidInputError, match="expected one folder for validation, got val, valid"):
        load_dataset(str(tmp_path))
