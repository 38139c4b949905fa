"""Options that say which samples are used, declared once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import group
from autosnn_ray.errors import InvalidInputError

if TYPE_CHECKING:
    from autosnn_ray.data import Dataset, OnRead


def add_data_options(parser: ArgumentParser, default: str | None = "digits", *, said: str = "") -> None:
    """Adds the options that say which samples are used."""
    shown = group(parser, "data")
    shown.add_argument(
        "--data",
        type=str | None,
        default=default,
        help="name of a data set, or a .npz file or a folder of images or recordings of your own"
        + (f" (default: {said})" if said else ""),
    )
    add_part_options(parser)


def add_part_options(parser: ArgumentParser) -> None:
    """Adds the options that say which part of a data set is used, and how."""
    shown = group(parser, "data")
    shown.add_argument(
        "--data-folder", type=str | None, default=None, help="where its files are (default: data/NAME, usual places)"
    )
    shown.add_argument(
        "--size",
        type=list[int] | None,
        default=None,
        metavar="[HEIGHT,WIDTH]",
        help="pixels to bring frames to: averaged down by a whole factor, padded (default: as they are)",
    )
    shown.add_argument(
        "--sensor",
        type=list[int] | None,
        default=None,
        metavar="[WIDTH,HEIGHT]",
        help="pixels of the camera, for recordings of your own that do not say it",
    )
    shown.add_argument(
        "--validation-by",
        type=str | None,
        default=None,
        help="given (the split that comes with the data), groups (none of them on both sides), or samples "
        "(default: the first that the data allow)",
    )
    shown.add_argument("--skip-damaged", action="store_true", help="leave files out that cannot be read, and list them")
    for split in ("train", "validation", "test"):
        shown.add_argument(
            f"--{split}-samples", type=int | None, default=None, help=f"{split} samples to keep (default: all)"
        )
    shown.add_argument(
        "--augmentation",
        type=str | None,
        default=None,
        help="of training samples: crop+flip, none, … (default: its own)",
    )
    shown.add_argument(
        "--frames-by",
        type=str | None,
        default=None,
        help="how recordings of events are cut into --timesteps frames: count (equally many events in each; default) "
        "or time (equally long)",
    )


def load_data(options: Namespace) -> Dataset:
    """Loads the data set that the options of ``add_data_options`` name."""
    from autosnn_ray.data import find_entry, load_dataset

    given = part_arguments(options)
    if find_entry(options.data).is_events:
        given["frames"] = options.timesteps
    with reading_bar(options.data) as on_read:
        return load_dataset(options.data, seed=options.seed, on_read=on_read, **given)


@contextmanager
def reading_bar(name: str) -> Iterator[OnRead | None]:
    """Shows how many samples of an event data set have been read: recordings take a while to cut the first time."""
    from autosnn_ray.cli.console import console
    from autosnn_ray.data import cache_folder, find_entry
    from autosnn_ray.progress import counting_bar

    if not find_entry(name).is_events:
        yield None
        return
    console.print(f"frames of {name} are kept in {cache_folder()}; those not there yet are cut first")
    with counting_bar("recordings") as on_read:
        yield on_read


def part_arguments(options: Namespace) -> dict[str, Any]:
    """Returns those of ``add_part_options`` that were given, as arguments of ``load_dataset``."""
    for name, sides in (("size", "height, width"), ("sensor", "width, height")):
        sizes = options[name]
        if sizes is not None and len(sizes) != 2:
            raise InvalidInputError(f"{name}: expected [{sides}] in pixels, got {sizes}")
    given = {
        "folder": options.data_folder,
        "size": options.size and tuple(options.size),
        "sensor": options.sensor and tuple(options.sensor),
        "validation_by": options.validation_by,
        "skip_damaged": options.skip_damaged or None,
        "train_samples": options.train_samples,
        "validation_samples": options.validation_samples,
        "test_samples": options.test_samples,
        "augmentation": options.augmentation,
        "frames_by": options.frames_by,
    }
    return {name: value for name, value in given.items() if value is not None}
