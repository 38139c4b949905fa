"""Samples of each class, drawn as they enter a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from .style import FRONT, MUTED, POINTS

_MOST_CLASSES = 20
_ON, _OFF = (np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255 for colour in (FRONT, POINTS))


def plot_samples(examples: Mapping[str, npt.NDArray[Any]], title: str) -> Figure:
    """Draws a row of samples for each class, the first twenty of them.

    Event frames are drawn by polarity: brighter (polarity 1) in orange, darker in blue, of a sample over time three
    frames side by side: its first, middle and last. Grey levels and colours run from a sample's lowest value to its
    highest.

    Args:
        examples: For each class samples of shape ``(n, C, H, W)`` or ``(n, T, C, H, W)``.
        title: What stands above.

    Returns:
        The figure.
    """
    shown = dict(list(examples.items())[:_MOST_CLASSES])
    columns = max(1, *(len(samples) for samples in shown.values()))
    over_time = next(iter(shown.values())).ndim == 5
    width = 3.0 if over_time else 1.2
    figure = Figure(figsize=(1.6 + columns * width, 0.9 + 1.15 * len(shown)), layout="constrained")
    axes = figure.subplots(len(shown), columns, squeeze=False)
    for row, (name, samples) in zip(axes, shown.items(), strict=True):
        for place in row:
            place.set_xticks([])
            place.set_yticks([])
            for spine in place.spines.values():
                spine.set_color("#CCCCCC")
        row[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9, parse_math=False)
        for place, sample in zip(row, samples, strict=False):
            place.imshow(picture(sample), interpolation="nearest")
        for place in row[len(samples) :]:
            place.set_axis_off()
    hidden = len(examples) - len(shown)
    more = f"; {hidden} more classes are not drawn" if hidden else ""
    figure.suptitle(f"{title}{more}", fontsize=10, parse_math=False)
    notes = ["first, middle and last frame of each"] if over_time else []
    if next(iter(shown.values())).shape[-3] == 2:
        notes.append("orange: brighter (polarity 1), blue: darker (polarity 0), black: both")
    figure.supxlabel("; ".join(notes), fontsize=8, color=MUTED)
    return figure


def picture(sample: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Makes an RGB picture of a sample.

    Args:
        sample: Shape ``(C, H, W)`` or ``(T, C, H, W)``.

    Returns:
        Values 0 to 1, shape ``(H, W, 3)``; of frames over time three side by side, a grey line between.

    Example:
        >>> picture(np.ones((8, 2, 4, 4))).shape
        (4, 14, 3)
    """
    if sample.ndim == 4:
        steps = sorted({0, len(sample) // 2, len(sample) - 1})
        line = np.full((sample.shape[-2], 1, 3), 0.6)
        parts = [part for step in steps for part in (_frame(sample[step]), line)]
        return np.concatenate(parts[:-1], axis=1)
    return _frame(sample)


def _frame(frame: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    values = frame.astype(np.float64)
    if len(values) == 2:
        # Root of the counts, on white: single events stay visible beside pixels that fire all the time.
        strength = np.sqrt(values / max(1.0, values.max()))
        ink = strength[1][..., None] * (1 - _ON) + strength[0][..., None] * (1 - _OFF)
        return np.clip(1 - ink, 0, 1)
    lowest, highest = values.min(), values.max()
    scaled = (values - lowest) / (highest - lowest) if highest > lowest else np.zeros_like(values)
    if len(scaled) != 3:
        scaled = np.repeat(scaled.mean(axis=0, keepdims=True), 3, axis=0)
    return scaled.transpose(1, 2, 0)
