"""Which choice in which slot pays, and what it costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.effects import effects
from analysis.plots.style import MUTED
from autosnn_ray.errors import InvalidInputError


def plot_effects(path: str | Path) -> Figure:
    """Draws, for each slot and choice, what it adds to accuracy and to spikes; a note where nothing can be said yet."""
    try:
        table = effects(path)
    except InvalidInputError as error:
        figure = Figure(figsize=(6.0, 2.0), layout="constrained")
        figure.text(0.5, 0.5, str(error), ha="center", va="center", wrap=True, fontsize=9, color=MUTED)
        return figure
    explained, count = table.attrs["explained"], table.attrs["candidates"]
    choices = list(dict.fromkeys(table["choice"]))
    slots = sorted(set(table["slot"]))
    figure = Figure(figsize=(2.4 + 1.5 * len(slots), 1.8 + 0.34 * len(choices)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    percent = table.assign(accuracy=100 * table["accuracy"], spikes=100 * (table["spikes"] - 1))
    _draw(left, percent, "accuracy", choices, slots, "RdBu")
    _draw(right, percent, "spikes", choices, slots, "RdBu_r")
    left.set_title(f"accuracy, points (explains {explained['accuracy']:.0%})", fontsize=9)
    right.set_title(f"spikes, % (explains {explained['spikes']:.0%})", fontsize=9)
    figure.suptitle(f"what a choice in a slot adds, over {count} candidates; blue is better", fontsize=10)
    return figure


def _draw(axes: Axes, table: pd.DataFrame, column: str, choices: list[str], slots: list[int], colours: str) -> None:
    grid = table.pivot_table(index="choice", columns="slot", values=column).reindex(index=choices, columns=slots)
    values = grid.to_numpy(np.float64)
    most = max(float(np.nanmax(np.abs(values), initial=0.0)), 1e-9)
    axes.imshow(values, cmap=colours, vmin=-1.4 * most, vmax=1.4 * most, aspect="auto")
    for row, column_number in np.ndindex(values.shape):
        value = values[row, column_number]
        if np.isfinite(value):
            text = f"{value:+.1f}" if most < 20 else f"{value:+.0f}"
            axes.annotate(text, (column_number, row), ha="center", va="center", fontsize=8)
    axes.set_xticks(range(len(slots)), [f"slot {slot}" for slot in slots], fontsize=8)
    axes.set_yticks(range(len(choices)), choices, fontsize=8)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
