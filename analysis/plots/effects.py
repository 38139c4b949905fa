"""Which choice in which slot pays, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from autosnn_ray.errors import InvalidInputError

from ..compare import RunsGiven, named_runs
from ..effects import effects
from ..frames import read
from ..fronts import quality_of
from .style import panels, say_nothing_yet, say_provenance


@dataclass(frozen=True)
class EffectsData:
    """What the plot shows of one run.

    Attributes:
        table: What ``analysis.effects`` gave; empty where it can give nothing yet.
        why_not: Why not, in words.
        quality: What is weighed against spikes: ``accuracy``, or a score.
        provenance: How the numbers came about, in words.
        name: The run's name, where it stands beside others.
    """

    table: pd.DataFrame = field(repr=False)
    why_not: str = ""
    quality: str = "accuracy"
    provenance: str = ""
    name: str = ""


def effects_data(path: RunsGiven, name: str = "") -> EffectsData:
    """Picks what the plot shows out of a run."""
    frame = read(path)
    about = {"quality": quality_of(frame), "provenance": str(frame.attrs["provenance"]), "name": name}
    try:
        return EffectsData(effects(path), **about)
    except InvalidInputError as error:
        return EffectsData(pd.DataFrame(), str(error), **about)


def plot_effects(path: RunsGiven, ax: Axes | None = None) -> Figure:
    """Draws, for each slot and choice, what it adds to accuracy and to spikes; a note where nothing can be said yet.

    What it adds for the networks that were measured: the picture says which these were. Of a supernet's paths that is
    not what a choice adds to networks trained from scratch.

    Args:
        path: The run or its folder; several of them, or several by names of your own, one below the other.
        ax: Where to draw; a new figure where None.
    """
    return draw_effects([effects_data(run, name) for name, run in named_runs(path).items()], ax)


def draw_effects(data: EffectsData | Sequence[EffectsData], ax: Axes | None = None) -> Figure:
    """Draws two tables in colours: what a choice adds to accuracy, and to spikes.

    Args:
        data: What ``effects_data`` gave of a run, or of each of several.
        ax: Where to draw; a new figure where None.
    """
    runs = [data] if isinstance(data, EffectsData) else list(data)
    slots = max((run.table["slot"].nunique() if len(run.table) else 0 for run in runs), default=0)
    choices = max((run.table["choice"].nunique() if len(run.table) else 0 for run in runs), default=0)
    figure, grid = panels(ax, len(runs), 2, 3.4 + 1.4 * max(slots, 3), len(runs) * (1.7 + 0.34 * max(choices, 1)))
    for (left, right), run in zip(grid, runs, strict=True):
        _draw_run(left, right, run, with_name=len(runs) > 1)
    return figure


def _draw_run(left: Axes, right: Axes, run: EffectsData, *, with_name: bool) -> None:
    if run.why_not:
        for axes in (left, right):
            axes.set_axis_off()
        say_nothing_yet(left, run.why_not)
        return
    table, count = run.table, run.table.attrs["candidates"]
    choices, slots = list(dict.fromkeys(table["choice"])), sorted(set(table["slot"]))
    explained = table.attrs["explained"]
    percent = table.assign(accuracy=100 * table["accuracy"], spikes=100 * (table["spikes"] - 1))
    _draw(left, percent, "accuracy", choices, slots, "RdBu")
    _draw(right, percent, "spikes", choices, slots, "RdBu_r")
    right.set_yticklabels([])
    name = f"{run.name}: " if with_name else ""
    what = "accuracy, points" if run.quality == "accuracy" else f"{run.quality}, hundredths"
    say_provenance(left, [f"{name}what a choice adds over {count} candidates,", run.provenance], 56)
    left.set_xlabel(f"{what} (the choices explain {explained['accuracy']:.0%})", fontsize=9)
    right.set_xlabel(f"spikes, % (the choices explain {explained['spikes']:.0%})", fontsize=9)
    say_provenance(right, ["blue is better"])


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
