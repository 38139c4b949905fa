"""Colour images in the formats they are published in, and folders of images of one's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from autosnn_ray.data import DATASETS, load_dataset
from autosnn_ray.data.readers.cifar import read_cifar
from autosnn_ray.errors import InvalidInputError
from tests.data.make_files import TEST, WRITERS, frames_of, labels, noise, save_image

COLOURED = ("cifar10", "cifar100", "svhn", "tiny_imagenet")


def pixels(data, split):
    """Takes the normalisation back: values from 0 to 1."""
    entry = DATASETS[data.name]
    mean, deviation = (torch.tensor(values)[:, None, None] for values in (entry.mean, entry.deviation))
    return split.x * deviation + mean


@pytest.mark.parametrize("name", COLOURED)
def test_colours_and_classes_stand_where_they_belong(name, tmp_path):
    """SVHN's class 10 is the digit 0; CIFAR-100's coarse label is not the class; a JPEG is true to some levels."""
    WRITERS[name](tmp_path)
    data = load_dataset(name, folder=tmp_path)
    side = 64 if name == "tiny_imagenet" else 32
    expected = frames_of(TEST, 3072).reshape(TEST, 3, 32, 32)
    if name in ("svhn", "tiny_imagenet"):
        expected = frames_of(TEST, side, side, 3).transpose(0, 3, 1, 2)
    assert data.test.y.tolist() == labels(TEST).tolist()
    tolerance = 4 / 255 if name == "tiny_imagenet" else 1e-6
    assert torch.allclose(pixels(data, data.test), torch.from_numpy(expected / 255).float(), atol=tolerance)
    assert data.in_channels == 3


def test_every_cifar_batch_is_read(tmp_path):
    WRITERS["cifar10"](tmp_path)
    data = load_dataset("cifar10", folder=tmp_path)
    found = torch.cat([pixels(data, data.train), pixels(data, data.validation)]).mul(255).round().byte()
    given = {frame.tobytes() for frame in noise(100, 3072)}
    assert {frame.numpy().tobytes() for frame in found} == given


def test_damaged_cifar_files_are_refused(tmp_path):
    path = tmp_path / "batch.bin"
    for content, said in ((b"", "0 bytes"), (bytes(3074), "3074 bytes; copy it again")):
        path.write_bytes(content)
        with pytest.raises(InvalidInputError, match=rf"batch.bin: expected records of 3073 bytes, got {said}"):
            read_cifar([path], 1, 10)
    path.write_bytes(bytes([11]) + bytes(3072))
    with pytest.raises(InvalidInputError, match="expected classes 0 to 9, got 11; is it another CIFAR"):
        read_cifar([path], 1, 10)


def test_files_that_are_no_matlab_files_are_refused(tmp_path):
    from scipy.io import savemat

    WRITERS["svhn"](tmp_path)
    (tmp_path / "test_32x32.mat").write_bytes(b"not matlab" * 100)
    with pytest.raises(InvalidInputError, match=r"test_32x32.mat: expected a MATLAB file"):
        load_dataset("svhn", folder=tmp_path)
    savemat(tmp_path / "test_32x32.mat", {"X": np.zeros((3, 3, 3, 2)), "y": np.ones((2, 1))})
    with pytest.raises(InvalidInputError, match=r"test_32x32.mat: expected X \(32, 32, 3, N\)"):
        load_dataset("svhn", folder=tmp_path)


def write_classes(folder, frames, suffix=".png"):
    for position, frame in enumerate(frames):
        inner = folder / ("cat", "dog")[position % 2]
        inner.mkdir(parents=True, exist_ok=True)
        save_image(frame, inner / f"{position:03}{suffix}")


@pytest.mark.parametrize(("shape", "channels"), [((9, 7), 1), ((9, 7, 3), 3)])
def test_a_folder_with_a_folder_for_each_class_is_a_data_set(shape, channels, tmp_path):
    frames = noise(60, *shape)
    write_classes(tmp_path, frames)
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    data = load_dataset(str(tmp_path))
    assert (len(data.train), len(data.validation), len(data.test)) == (36, 12, 12)
    assert data.train.x.shape[1:] == (channels, 9, 7)
    by_class = {0: set(), 1: set()}
    for split in (data.train, data.validation, data.test):
        for x, y in zip(split.x, split.y, strict=True):
            by_class[int(y)].add((x * 255).round().byte().numpy().tobytes())
    for label in (0, 1):
        given = frames[label::2] if channels == 3 else frames[label::2, :, :, None]
        assert by_class[label] == {np.ascontiguousarray(frame.transpose(2, 0, 1)).tobytes() for frame in given}


def test_train_and_test_folders_stay_apart(tmp_path):
    write_classes(tmp_path / "train", noise(40, 8, 8))
    write_classes(tmp_path / "test", np.full((6, 8, 8), 255, dtype=np.uint8))
    data = load_dataset(str(tmp_path))
    assert (len(data.train), len(data.validation), len(data.test)) == (32, 8, 6)
    assert data.test.x.unique().tolist() == [1.0]
    write_classes(tmp_path / "test" / "more", noise(2, 8, 8))
    with pytest.raises(InvalidInputError, match=r"holds classes that .*train does not: \['more'\]"):
        load_dataset(str(tmp_path))


def test_images_of_different_sizes_need_a_size(tmp_path):
    write_classes(tmp_path, noise(40, 8, 8, 3))
    Image.new("RGB", (30, 10), "red").save(tmp_path / "dog" / "wide.png")
    with pytest.raises(InvalidInputError, match=r"give a size to crop and scale"):
        load_dataset(str(tmp_path))
    data = load_dataset(str(tmp_path), size=(4, 6))
    assert data.input_size == (4, 6)
    red = torch.tensor([1.0, 0, 0])[:, None, None].expand(3, 4, 6)
    assert sum(torch.equal(x, red) for s in (data.train, data.validation, data.test) for x in s.x) == 1


def test_only_the_images_that_are_kept_are_decoded(tmp_path):
    """A part of a large folder loads without reading the rest: most of these files are no images at all."""
    write_classes(tmp_path, noise(40, 8, 8))
    kept = load_dataset(str(tmp_path), train_samples=4, validation_samples=4, test_samples=4)
    wanted = {(x * 255).round().byte().numpy().tobytes() for s in (kept.train, kept.validation, kept.test) for x in s.x}
    for path in tmp_path.glob("*/*.png"):
        if np.asarray(Image.open(path)).tobytes() not in wanted and path.name != "000.png":
            path.write_bytes(b"")
    again = load_dataset(str(tmp_path), train_samples=4, validation_samples=4, test_samples=4)
    assert again.checksum == kept.checksum
    with pytest.raises(InvalidInputError, match=r"\.png: expected an image that can be read"):
        load_dataset(str(tmp_path))


def test_folders_without_images_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="one folder of images for each class, got"):
        load_dataset(str(tmp_path))
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
    with pytest.raises(InvalidInputError, match=r"expected images \(.png"):
        load_dataset(str(tmp_path))


def test_annotations_that_name_no_class_are_refused(tmp_path):
    WRITERS["tiny_imagenet"](tmp_path)
    (tmp_path / "val" / "val_annotations.txt").write_text("val_0.JPEG\tn99\t0\n")
    with pytest.raises(InvalidInputError, match=r"val_annotations.txt: expected lines of image and class"):
        load_dataset("tiny_imagenet", folder=tmp_path)
