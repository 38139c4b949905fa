"""Folders of images, one folder a class, decoded with Pillow when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.files import DamagedFileError, found, reading
from autosnn_ray.data.readers.folders import class_folders, read_class_folders
from autosnn_ray.data.readers.samples import Reading, Rows, Samples, Source, locate, with_inner
from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".tif", ".tiff", ".webp")

_DEEP = ("I;16", "I;16B", "I;16L", "I;16N")
_GREY = ("1", "L")


def read_image_folder(folder: Path, options: DataOptions) -> Source:
    """Reads ``CLASS/IMAGE`` files, or ``train/CLASS/IMAGE`` with ``validation`` and ``test`` beside it.

    Images have three channels where any is coloured, one where all are grey.

    Args:
        folder: The folder.
        options: Its ``size`` is what images are cropped in their centre and scaled to. Where None, all must have the
            same size.

    Raises:
        InvalidInputError: No class folders with images, classes that differ between the splits, or an image
            that cannot be read or has another size.
    """
    held = read_class_folders(folder, "images", SUFFIXES, options.as_before)
    parts = {
        part: _samples(files.paths, files.y, options.size, groups=files.groups) for part, files in held.parts.items()
    }
    return Source(parts["train"], parts.get("test"), parts.get("validation"), held.class_names, True)


def read_tiny_imagenet(folders: Sequence[Path], size: tuple[int, int] | None) -> Source:
    """Reads Tiny-ImageNet-200 as its archive unpacks; its validation images, which have classes, are the test set."""
    train, annotations = locate(
        "tiny_imagenet", with_inner(folders, "tiny-imagenet-200"), ["train", "val/val_annotations.txt"]
    )
    names = class_folders(train, "images")
    number = {name: position for position, name in enumerate(names)}
    paths, classes = [], []
    for position, name in enumerate(names):
        images = [path for path in found(train / name / "images", "*") if path.suffix.lower() in SUFFIXES]
        if not images:
            raise InvalidInputError(f"{train / name / 'images'}: expected images of this class, got none")
        paths += images
        classes += [position] * len(images)
    test_paths, test_classes = [], []
    with reading(annotations, "lines of image and class, tab between"):
        lines = annotations.read_text(encoding="utf-8-sig").splitlines()
    for line in lines:
        image, name, *_ = [*line.split("\t"), ""]
        if name not in number:
            raise InvalidInputError(f"{annotations}: expected lines of image and class, tab between, got {line!r}")
        test_paths.append(annotations.parent / "images" / image)
        test_classes.append(number[name])
    return Source(
        _samples(paths, classes, size, coloured=True),
        _samples(test_paths, test_classes, size, coloured=True),
        class_names=tuple(names),
    )


def _samples(
    paths: Sequence[Path],
    classes: Sequence[int],
    size: tuple[int, int] | None,
    *,
    coloured: bool = False,
    groups: npt.NDArray[Any] | None = None,
) -> Samples:
    """Decodes images; all are coloured where told so, or where the first of all, or any that is read, is."""

    def read(rows: Rows, progress: Reading) -> npt.NDArray[Any]:
        frames: list[npt.NDArray[Any]] = []
        wanted = size
        for row in rows:
            try:
                frame = _decode(paths[row], size)
            except DamagedFileError as error:
                progress.damaged(row, error)
            else:
                wanted = wanted or frame.shape[:2]
                if frame.shape[:2] != wanted:
                    raise InvalidInputError(
                        f"{paths[row]}: expected {wanted[0]}x{wanted[1]} pixels (height, width) as the images before "
                        f"it, got {frame.shape[0]}x{frame.shape[1]}; give a size to crop and scale them to"
                    )
                frames.append(frame)
            progress.step()
        colours = coloured or any(frame.ndim == 3 for frame in frames) or _is_coloured(paths[0])
        return _stacked(frames, 3 if colours else 1)

    # Whatever their depth they become 0 to 1, as bytes do.
    return Samples(np.asarray(classes, dtype=np.int64), read, groups, given_as=np.dtype(np.uint8))


def _stacked(frames: Sequence[npt.NDArray[Any]], channels: int) -> npt.NDArray[Any]:
    """Stacks images ``(H, W)`` and ``(H, W, 3)`` to ``(n, C, H, W)``; bytes become 0 to 1 where others are floats."""
    if not frames:
        return np.zeros((0, channels, 1, 1), dtype=np.uint8)
    if any(frame.dtype != np.uint8 for frame in frames):
        frames = [frame / np.float32(255) if frame.dtype == np.uint8 else frame for frame in frames]
    grey = [np.repeat(frame[:, :, None], channels, axis=2) if frame.ndim == 2 else frame for frame in frames]
    return np.ascontiguousarray(np.stack(grey).transpose(0, 3, 1, 2))


def _is_coloured(path: Path) -> bool:
    from PIL import Image

    try:
        with reading(path, "an image that can be read"), Image.open(path) as image:
            return image.mode not in (*_GREY, *_DEEP, "I", "F")
    except DamagedFileError:
        return False


def _decode(path: Path, size: tuple[int, int] | None) -> npt.NDArray[Any]:
    """Reads one image, upright: bytes ``(H, W)`` or ``(H, W, 3)``; floats 0 to 1 where it is deeper than eight bits."""
    from PIL import Image, ImageOps

    with reading(path, "an image that can be read"), Image.open(path) as opened:
        frames = getattr(opened, "n_frames", 1)
        if frames > 1 and opened.format != "MPO":
            raise InvalidInputError(f"expected one image, got {frames}; save each as a file of its own")
        upright = ImageOps.exif_transpose(opened)
        deep = _deep(upright, opened.format)
        image = deep or upright.convert("L" if upright.mode in _GREY else "RGB")
        if size is not None and image.size != (size[1], size[0]):
            image = ImageOps.fit(image, (size[1], size[0]))
        return np.asarray(image, dtype=np.uint8) if deep is None else np.clip(np.asarray(image, np.float32), 0, 1)


def _deep(image: Image.Image, written_as: str | None) -> Image.Image | None:
    """Returns a grey image of more than eight bits as floats 0 to 1; None where it has eight."""
    from PIL import Image

    if image.mode in _DEEP or (image.mode == "I" and written_as == "PNG"):
        return Image.fromarray(np.asarray(image).astype(np.float32) / np.float32(65535))
    if image.mode == "I":
        raise InvalidInputError("expected grey levels of 8 or 16 bits, or floats 0 to 1, got whole numbers of 32 bits")
    if image.mode != "F":
        return None
    values = np.asarray(image)
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise InvalidInputError(
            f"expected floats from 0 to 1, got {values.min():g} to {values.max():g}; divide them by their largest value"
        )
    return image
