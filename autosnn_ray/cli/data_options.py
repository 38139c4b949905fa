"""Options that say which samples are used, declared once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from autosnn_ray.data import Dataset


def add_data_options(parser: ArgumentParser) -> None:
    """Adds the options that say which samples are used."""
    parser.add_argument(
        "--data", type=str, default="digits", help="name of a data set, or a .npz file or folder of images of your own"
    )
    add_part_options(parser)


def add_part_options(parser: ArgumentParser) -> None:
    """Adds the options that say which part of a data set is used, and how."""
    parser.add_argument(
        "--data-folder", type=str | None, default=None, help="where its files are (default: data/NAME, usual places)"
    )
    parser.add_argument(
        "--size",
        type=list[int] | None,
        default=None,
        help="[height, width] to bring frames to: averaged down by a whole factor, padded (default: as they are)",
    )
    for split in ("train", "validation", "test"):
        parser.add_argument(
            f"--{split}-samples", type=int | None, default=None, help=f"{split} samples to keep (default: all)"
        )
    parser.add_argument(
        "--augmentation",
        type=str | None,
        default=None,
        help="of training samples: crop+flip, none, … (default: its own)",
    )


def load_data(options: Namespace) -> Dataset:
    """Loads the data set that the options of ``add_data_options`` name."""
    from autosnn_ray.data import load_dataset

    return load_dataset(options.data, seed=options.seed, **part_arguments(options))


def part_arguments(options: Namespace) -> dict[str, Any]:
    """Returns those of ``add_part_options`` that were given, as arguments of ``load_dataset``."""
    if options.size is not None and len(options.size) != 2:
        raise InvalidInputError(f"size: expected [height, width] in pixels, got {options.size}")
    given = {
        "folder": options.data_folder,
        "size": None if options.size is None else (options.size[0], options.size[1]),
        "train_samples": options.train_samples,
        "validation_samples": options.validation_samples,
        "test_samples": options.test_samples,
        "augmentation": options.augmentation,
    }
    return {name: value for name, value in given.items() if value is not None}
