"""What can be chosen of a data set besides its name and seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from autosnn_ray.checks import check_types, check_whole
from autosnn_ray.data.augmentation import find_augmentation
from autosnn_ray.data.readers.frames import FRAMES_BY
from autosnn_ray.errors import InvalidInputError, unknown_name

VALIDATION_BY: dict[str, str] = {
    "given": "the split that comes with the data",
    "groups": "drawn from training, no group on both sides",
    "samples": "drawn from training, sample by sample",
}
"""Where the validation split comes from."""


@dataclass(frozen=True)
class DataOptions:
    """What can be chosen of a data set.

    Attributes:
        folder: Where its files are; the usual places where None.
        size: Height and width to bring frames to, pixels: averaged down by a whole factor, padded with black;
            as they are where None.
        train_samples: How many training samples to keep, each class in the same share; all where None.
        validation_samples: The same of validation.
        test_samples: The same of test.
        augmentation: Key of ``AUGMENTATIONS``, or several joined by ``+``; the data set's own where None.
        frames: Frames that a recording of events is cut into, T; 4 where None.
        frames_by: How it is cut: ``count`` (equally many events a frame), or ``time``; by count where None.
        sensor: Width and height of the camera, pixels, for recordings of one's own that do not say it.
        validation_by: Key of ``VALIDATION_BY``; where None, the validation split is the one that comes with the data,
            or else drawn by groups where they are known, or else sample by sample.
        skip_damaged: Whether files that cannot be read are left out and listed, instead of stopping the load.
        as_before: Whether splits are those of earlier versions, which saw neither validation sets nor groups.
    """

    folder: str | None = None
    size: tuple[int, int] | None = None
    train_samples: int | None = None
    validation_samples: int | None = None
    test_samples: int | None = None
    augmentation: str | None = None
    frames: int | None = None
    frames_by: str | None = None
    sensor: tuple[int, int] | None = None
    validation_by: str | None = None
    skip_damaged: bool = False
    as_before: bool = False

    def __post_init__(self) -> None:
        check_types(self)
        for name, sides in (("size", "height and width"), ("sensor", "width and height")):
            given = getattr(self, name)
            is_pair = isinstance(given, tuple | list) and len(given) == 2
            if given is not None and not (is_pair and all(type(side) is int and side > 0 for side in given)):
                raise InvalidInputError(f"{name}: expected {sides} in pixels, got {given!r}")
        for name in ("train_samples", "validation_samples", "test_samples", "frames"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name))
        if self.augmentation is not None:
            find_augmentation(self.augmentation)
        if self.frames_by is not None and self.frames_by not in FRAMES_BY:
            raise unknown_name("way to cut events into frames", self.frames_by, FRAMES_BY)
        if self.validation_by is not None and self.validation_by not in VALIDATION_BY:
            raise unknown_name("way to split validation off", self.validation_by, VALIDATION_BY)

    def folders(self, name: str, *others: str) -> list[Path]:
        """Lists where a data set's files may be: the folder given, or ``data/NAME`` and the usual places."""
        if self.folder is not None:
            return [Path(self.folder), Path(self.folder) / name]
        return [Path("data") / name, *map(Path, others)]

    def to_dict(self) -> dict[str, Any]:
        """Returns what was chosen, as plain values."""
        chosen = {name: value for name, value in asdict(self).items() if value not in (None, False)}
        if chosen.pop("as_before", False):
            chosen.pop("validation_by", None)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in chosen.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DataOptions:
        """Builds the options that ``to_dict`` wrote; where they say nothing of validation, splits are as before."""
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        for name in ("size", "sensor"):
            if known.get(name) is not None:
                known[name] = tuple(known[name])
        return cls(**{**known, "as_before": "validation_by" not in known})
