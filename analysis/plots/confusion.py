"""Which classes a network takes for which, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import place

_MOST_WITH_NUMBERS, _MOST_WITH_NAMES = 25, 60


def plot_confusion(
    counts: npt.NDArray[Any], class_names: Sequence[str] = (), title: str = "", ax: Axes | None = None
) -> Figure:
    """Draws a confusion matrix: a row for each class, coloured by the share of its samples, with their numbers.

    Args:
        counts: Samples by class and prediction, shape ``(classes, classes)``, as ``confusion_matrix`` counts them.
        class_names: What the classes are called; their numbers where empty.
        title: What stands above; the accuracy is added.
        ax: Where to draw; a new figure where None.
    """
    count = len(counts)
    side = min(3.2 + 0.42 * count, 14.0)
    figure, axes = place(ax, side + 0.6, side)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    figure.colorbar(image, ax=axes, label="share of the class", fraction=0.046, pad=0.02)
    if count <= _MOST_WITH_NUMBERS:
        for (row, column), number in np.ndenumerate(counts):
            if number:
                colour = "white" if shares[row, column] > 0.45 else "#333333"
                axes.text(column, row, f"{number:,}", ha="center", va="center", fontsize=7.5, color=colour)
    if count <= _MOST_WITH_NAMES:
        names = list(class_names) or [str(number) for number in range(count)]
        slant = 90 if max(map(len, names)) > 2 else 0
        axes.set_xticks(range(count), names, rotation=slant, fontsize=8, parse_math=False)
        axes.set_yticks(range(count), names, fontsize=8, parse_math=False)
    axes.set_xlabel("taken for")
    axes.set_ylabel("class")
    accuracy = np.trace(counts) / max(int(counts.sum()), 1)
    said = f"{accuracy:.1%} of {counts.sum():,} samples on the diagonal"
    axes.set_title(f"{title}\n{said}" if title else said, fontsize=9, parse_math=False)
    return figure
