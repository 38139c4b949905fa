"""Folders of images, one folder a class, decoded with Pillow when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.readers.samples import Rows, Samples, Source, locate, with_inner
from autosnn_ray.errors import InvalidInputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".tif", ".tiff", ".webp")


def read_image_folder(folder: Path, size: tuple[int, int] | None) -> Source:
    """Reads ``CLASS/IMAGE`` files, or ``train/CLASS/IMAGE`` and ``test/CLASS/IMAGE`` (or ``val``).

    Classes are numbered in the order of their names. Grey images have one channel, others three.

    Args:
        folder: The folder.
        size: Height and width; images are cropped in their centre to its shape and scaled. Where None, all must
            have the same size.

    Raises:
        InvalidInputError: No class folders with images, classes that differ between train and test, or an image
            that cannot be read or has another size.
    """
    if (folder / "train").is_dir():
        names = _class_names(folder / "train")
        held_out = next((folder / name for name in ("test", "val") if (folder / name).is_dir()), None)
        if held_out is not None and set(_class_names(held_out)) - set(names):
            unknown = sorted(set(_class_names(held_out)) - set(names))
            raise InvalidInputError(f"{held_out}: holds classes that {folder / 'train'} does not: {unknown[:5]}")
        train = _files(folder / "train", names, size)
        return Source(train, None if held_out is None else _files(held_out, names, size))
    return Source(_files(folder, _class_names(folder), size))


def read_tiny_imagenet(folders: Sequence[Path], size: tuple[int, int] | None) -> Source:
    """Reads Tiny-ImageNet-200 as its archive unpacks; its validation images, which have classes, are the test set."""
    train, annotations = locate(
        "tiny_imagenet", with_inner(folders, "tiny-imagenet-200"), ["train", "val/val_annotations.txt"]
    )
    names = _class_names(train)
    number = {name: position for position, name in enumerate(names)}
    paths, classes = _all_files(train, names, "images")
    test_paths, test_classes = [], []
    for line in annotations.read_text(encoding="utf-8").splitlines():
        image, name, *_ = [*line.split("\t"), ""]
        if name not in number:
            raise InvalidInputError(f"{annotations}: expected lines of image and class, tab between, got {line!r}")
        test_paths.append(annotations.parent / "images" / image)
        test_classes.append(number[name])
    return Source(_samples(paths, classes, size, 3), _samples(test_paths, test_classes, size, 3))


def _class_names(folder: Path) -> list[str]:
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if len(names) < 2:
        raise InvalidInputError(f"{folder}: expected a folder with one folder of images for each class, got {names}")
    return names


def _files(folder: Path, names: Sequence[str], size: tuple[int, int] | None) -> Samples:
    return _samples(*_all_files(folder, names), size)


def _all_files(folder: Path, names: Sequence[str], inner: str = "") -> tuple[list[Path], list[int]]:
    paths: list[Path] = []
    classes: list[int] = []
    for position, name in enumerate(names):
        place = folder / name / inner
        found = sorted(path for path in place.glob("*") if path.suffix.lower() in SUFFIXES)
        paths += found
        classes += [position] * len(found)
    if not paths:
        raise InvalidInputError(f"{folder}: expected images ({', '.join(SUFFIXES)}) in the folders of its classes")
    return paths, classes


def _samples(
    paths: Sequence[Path], classes: Sequence[int], size: tuple[int, int] | None, channels: int | None = None
) -> Samples:
    """Decodes as many channels as given, or as the first image has: one where it is grey, else three."""

    def read(rows: Rows) -> npt.NDArray[np.uint8]:
        mode = "RGB" if (channels or _channels(paths[0])) == 3 else "L"
        wanted = size
        frames = []
        for row in rows:
            frames.append(_decode(paths[row], mode, size))
            wanted = wanted or frames[0].shape[:2]
            if frames[-1].shape[:2] != wanted:
                raise InvalidInputError(
                    f"{paths[row]}: expected {wanted[0]}x{wanted[1]} pixels (height, width) as the images before it, "
                    f"got {frames[-1].shape[0]}x{frames[-1].shape[1]}; give a size to crop and scale them to"
                )
        x = np.stack(frames)
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if x.ndim == 4 else x[:, None]

    return Samples(np.asarray(classes, dtype=np.int64), read)


def _channels(path: Path) -> int:
    return 1 if _decode(path, None, None).ndim == 2 else 3


def _decode(path: Path, mode: str | None, size: tuple[int, int] | None) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            converted = image.convert(mode or ("L" if image.mode in ("1", "L", "I", "I;16", "F") else "RGB"))
            if size is not None and converted.size != (size[1], size[0]):
                converted = ImageOps.fit(converted, (size[1], size[0]))
            return np.asarray(converted, dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInputError(f"{path}: expected an image that can be read: {error}") from error
