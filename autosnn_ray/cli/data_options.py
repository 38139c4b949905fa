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
    parser.add_argument(
        "--frames-by",
        type=str | None,
        default=None,
        help="how recordings of events are cut into --timesteps frames: count (equally many events in each; default) "
        "or time (equally long)",
    )


def load_data(options: Namespace) -> Dataset:
    """Loads the data set that the options of ``add_data_options`` name."""
    from autosnn_ray.cli.console import console
    from autosnn_ray.data import DATASETS, load_dataset
    from autosnn_ray.data.readers.frames import cache_folder

    given = part_arguments(options)
    if options.data in DATASETS and DATASETS[options.data].is_events:
        console.print(f"frames of {options.data} are kept in {cache_folder()}; those not there yet are cut first")
        given["frames"] = options.timesteps
    return load_dataset(options.data, seed=options.seed, **given)


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
        "frames_by": options.frames_by,
    }
    return {name: value for name, value in given.items() if value is not None}
