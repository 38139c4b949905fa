"""What is said of splits that can be used, and are perhaps not as they were meant."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from itertools import combinations

import torch

from autosnn_ray.data.split import Split
from autosnn_ray.errors import DuplicateSamplesWarning, MissingClassWarning, SkippedFilesWarning

_CALLER = 4
"""From a warning here up to whoever loads the data."""


def warn(
    name: str, classes: int, splits: Mapping[str, Split], class_names: Sequence[str], skipped: Sequence[str]
) -> None:
    """Warns of files that were left out, and of classes that a split lacks."""
    if skipped:
        told = "; ".join([*skipped[:3], *(["…"] if len(skipped) > 3 else [])])
        text = f"data set {name!r}: {len(skipped)} files that cannot be read were left out: {told}"
        warnings.warn(text, SkippedFilesWarning, stacklevel=_CALLER)
    for part, split in splits.items():
        counts = torch.bincount(split.y, minlength=classes)
        missing = [class_names[c] if class_names else str(c) for c in range(classes) if counts[c] == 0]
        if missing:
            warnings.warn(
                f"data set {name!r}: {part} has no sample of {len(missing)} of {classes} classes "
                f"({', '.join(missing[:5])}), of others up to {int(counts.max())}; nothing is learned or measured of "
                "them there: give more samples of them, or splits of your own",
                MissingClassWarning,
                stacklevel=_CALLER,
            )


def warn_of_duplicates(name: str, splits: Mapping[str, Split]) -> None:
    """Warns, once, of samples whose frames stand in another split too, to the last bit."""
    # Hashes of 64 bits: a tenth of a second for 70,000 images of 28x28, and no memory to speak of.
    seen = {part: [hash(frame.tobytes()) for frame in split.x.numpy()] for part, split in splits.items()}
    order = [part for part in ("train", "validation", "test") if part in seen]
    found = []
    for first, second in combinations(order, 2):
        held = set(seen[first])
        count = sum(one in held for one in seen[second])
        if count:
            found.append(f"{count} of {len(seen[second])} {second} samples are in {first} too")
    if found:
        warnings.warn(
            f"data set {name!r}: {'; '.join(found)}, bit for bit: what is measured on them is measured on samples that "
            "were trained or chosen on. Leave them out on one side, or give groups that keep copies together",
            DuplicateSamplesWarning,
            stacklevel=_CALLER,
        )
