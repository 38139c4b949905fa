"""Makes the three splits of what a reader gives: says which rows are in which, and brings frames into shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autosnn_ray.data.given import check_given, check_number_types
from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.arrays import are_counts
from autosnn_ray.data.readers.samples import OnRead, Reading, Rows, Samples, Source
from autosnn_ray.data.resize import fit_counts, fit_size
from autosnn_ray.data.split import Split
from autosnn_ray.data.splits import check_seed, part_of, split_off, split_off_groups
from autosnn_ray.data.warned import warn, warn_of_duplicates
from autosnn_ray.errors import InvalidInputError

VALIDATION_SHARE = 0.2
TEST_SHARE = 0.2


@dataclass(frozen=True)
class Plan:
    """How splits are made.

    Attributes:
        name: The data set's name.
        seed: What the splits are drawn from.
        options: What was chosen of it.
        shares: Shares of all samples that validate and test, where neither split is given.
        mean: Of each channel, frames being 0 to 1: taken off. Empty: frames stay as they are.
        deviation: Of each channel: what frames are then divided by.
    """

    name: str
    seed: int
    options: DataOptions = field(default_factory=DataOptions)
    shares: tuple[float, float] = (VALIDATION_SHARE, TEST_SHARE)
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        check_seed(self.seed)


@dataclass(frozen=True)
class Built:
    """The splits of a data set.

    Attributes:
        classes: How many classes there are.
        splits: ``train``, ``validation`` and ``test``.
        class_names: What the classes are called; empty where that is not known.
        skipped: Errors of the files that were left out.
        validation_by: Key of ``VALIDATION_BY`` that the validation split came by.
    """

    classes: int
    splits: Mapping[str, Split]
    class_names: tuple[str, ...]
    skipped: tuple[str, ...]
    validation_by: str


def build(source: Source, plan: Plan, on_read: OnRead | None = None) -> Built:
    """Makes the splits.

    Args:
        source: What the reader gives.
        plan: How.
        on_read: Is told how many samples have been read, and how many there are.

    Raises:
        InvalidInputError: Classes that are not 0, 1, 2 …, splits that do not fit each other, a part larger than the
            whole, or files that cannot be read.

    Warns:
        MissingClassWarning: A split has no sample of some class.
        SkippedFilesWarning: Files that cannot be read were left out, as asked for.
        DuplicateSamplesWarning: A sample stands in two splits; recordings, which are mapped, are not looked through.
    """
    classes = len(np.unique(checked_classes(plan.name, source.train.y)))
    if source.class_names and len(source.class_names) != classes:
        raise InvalidInputError(
            f"data set {plan.name!r}: expected a name for each of {classes} classes, got {len(source.class_names)}"
        )
    by = _validation_by(plan, source)
    parts = _parts(plan, replace(source, validation=source.validation if by == "given" else None), classes, by)
    reading = Reading(plan.options.skip_damaged, on_read, sum(len(rows) for _, rows in parts.values()))
    splits: Mapping[str, Split] = {}
    skipped: list[str] = []
    raw_shapes, types, mapped = {}, {}, False
    for part, (samples, rows) in parts.items():
        reading.skipped.clear()
        rows = np.sort(rows)
        raw = samples.read(rows, reading)
        rows = rows[[int(row) not in reading.skipped for row in rows]] if reading.skipped else rows
        skipped += list(reading.skipped.values())
        if len(rows) == 0:
            raise InvalidInputError(f"data set {plan.name!r}: no file of {part} can be read: {skipped[0]}")
        raw_shapes[part], types[part] = raw.shape[1:], samples.given_as or raw.dtype
        mapped = mapped or isinstance(raw, np.memmap)
        splits = {**splits, part: Split(_frames(raw, plan), torch.from_numpy(samples.y[rows]))}
    check_number_types(plan.name, types)
    splits = _one_shape(plan.name, splits, raw_shapes, source.grey_among_coloured)
    warn(plan.name, classes, splits, source.class_names, skipped)
    if not mapped:
        warn_of_duplicates(plan.name, splits)
    return Built(classes, splits, source.class_names, tuple(skipped), by)


def checked_classes(name: str, y: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Returns classes as int64.

    Raises:
        InvalidInputError: They are not 0, 1, 2 …, each there at least once.
    """
    present = np.unique(y)
    if len(present) < 2 or not np.array_equal(present, np.arange(len(present))):
        raise InvalidInputError(f"data set {name!r}: expected classes 0, 1, 2 …, got {present[:10].tolist()}")
    return y.astype(np.int64)


def _validation_by(plan: Plan, source: Source) -> str:
    if plan.options.as_before:
        return "samples"
    known = {"given": source.validation is not None, "groups": source.train.groups is not None, "samples": True}
    by = plan.options.validation_by or next(by for by, there in known.items() if there)
    if not known[by]:
        what = "a validation split (x_val and y_val, a folder validation)" if by == "given" else "groups"
        raise InvalidInputError(f"data set {plan.name!r}: validation_by {by!r} needs {what}, and it comes with none")
    return by


def _parts(plan: Plan, source: Source, classes: int, by: str) -> dict[str, tuple[Samples, Rows]]:
    """Says which rows of which samples train, validate and test."""
    y, groups = source.train.y, source.train.groups if by != "samples" else None

    def drawn(rows: Rows, share: float) -> tuple[Rows, Rows]:
        if groups is None:
            return split_off(plan.name, rows, y, share, plan.seed)
        return split_off_groups(plan.name, rows, y, groups, share, plan.seed)

    rows = np.arange(len(y))
    parts: dict[str, tuple[Samples, Rows]] = {}
    share, test_share = plan.shares
    if source.test is None:
        rows, test = drawn(rows, test_share)
        parts["test"] = source.train, test
        share /= 1 - test_share
    else:
        parts["test"] = source.test, np.arange(len(source.test.y))
    if source.validation is None:
        rows, validation = drawn(rows, share)
        parts["validation"] = source.train, validation
    else:
        parts["validation"] = source.validation, np.arange(len(source.validation.y))
    parts["train"] = source.train, rows
    check_given(plan.name, source, classes, apart=by != "samples")
    options = plan.options
    counts = {"train": options.train_samples, "validation": options.validation_samples, "test": options.test_samples}
    return {
        part: (parts[part][0], part_of(plan.name, parts[part][1], parts[part][0].y, count, plan.seed))
        for part, count in counts.items()
    }


def _frames(raw: npt.NDArray[Any], plan: Plan) -> Tensor:
    """Returns counts as they are, all else as float32: bytes become 0 to 1."""
    size = plan.options.size
    if are_counts(raw):
        x = torch.from_numpy(raw)
        return x if size is None or tuple(x.shape[-2:]) == size else fit_counts(x, size)
    x = torch.from_numpy(raw.astype(np.float32))
    if raw.dtype == np.uint8:
        x.div_(255)
    x = x if size is None else fit_size(x, size)
    if plan.mean:
        mean, deviation = (torch.tensor(values)[:, None, None] for values in (plan.mean, plan.deviation))
        x = (x - mean) / deviation
    return x


def _one_shape(
    name: str, splits: Mapping[str, Split], raw_shapes: Mapping[str, tuple[int, ...]], grey_among_coloured: bool
) -> Mapping[str, Split]:
    """Sees that frames of all splits are of one shape; grey ones become coloured where those of another split are."""
    if len(set(raw_shapes.values())) == 1:
        return splits
    channels = {part: shape[-3] for part, shape in raw_shapes.items()}
    sizes = {(*shape[:-3], *shape[-2:]) for shape in raw_shapes.values()}
    if len(sizes) > 1 or not grey_among_coloured:
        told = ", ".join(f"{part} {shape}" for part, shape in raw_shapes.items())
        raise InvalidInputError(
            f"data set {name!r}: expected frames of one shape (C, H, W) or (T, C, H, W) in all splits, got {told}"
        )
    return {
        part: Split(split.x.repeat_interleave(3, dim=-3), split.y) if channels[part] == 1 else split
        for part, split in splits.items()
    }
