"""The best candidate of every kind: a grid over two measures, coloured by the objective."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator, PercentFormatter

from autosnn_ray.algorithms import MapElites, algorithm_from_dict
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.journal import JournalContents, Tell, read_journal
from autosnn_ray.objectives import Axis, Goal, Grid, Minimize

from ..compare import RunsGiven, named_runs
from ..provenance import provenance
from .style import MUTED, legend_below, panels, say_nothing_yet, say_provenance

_UNITS = {
    "spikes": "spikes per sample",
    "parameters": "parameters, weights and biases",
    "macs": "multiply-accumulates a sample",
    "energy": "energy, joules a sample",
    "latency": "latency, seconds",
    "accuracy": "validation accuracy",
}
"""What an axis says of a measure; one that is not here is called by its name."""

_EMPTY, _INFEASIBLE = "#F2F2F2", "#C9C9C9"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CellsData:
    """What the plot shows of one run.

    Attributes:
        grid: The two measures and their cells; None where nothing is evaluated yet.
        best: Objective of the best feasible candidate of each cell, shape ``(cells of the second measure, of the
            first)``; NaN where there is none.
        infeasible: Whether a cell holds infeasible candidates alone, same shape.
        objective: What the first objective is called.
        is_cost: Whether less of it is better.
        provenance: How the numbers came about, in words.
        name: The run's name, where it stands beside others.
    """

    grid: Grid | None
    best: Floats
    infeasible: npt.NDArray[np.bool_]
    objective: str
    is_cost: bool = False
    provenance: str = ""
    name: str = ""


def cells_data(
    path: Any,
    measures: Sequence[str] | None = None,
    cells: Sequence[int] | None = None,
    ranges: Sequence[tuple[float, float]] | None = None,
    name: str = "",
) -> CellsData:
    """Picks what the plot shows out of a run, whatever algorithm it is of.

    Args:
        path: The run or its folder.
        measures: The two measures of the grid; those that MAP-Elites searched with, else spikes and parameters.
        cells: How many cells each has; as MAP-Elites searched, else 10 and 10.
        ranges: Lowest and highest value of each; taken from the first candidates as MAP-Elites does where None.
        name: What the run is called beside others.

    Raises:
        InvalidInputError: The run has no such measure.
    """
    contents = read_journal(Path(getattr(path, "path", path)))
    if "goal" not in contents.config:
        raise InvalidInputError(f"{path}: expected a search with a goal; its journal says of none")
    whole = Goal.from_dict(contents.config["goal"])
    goal = Goal(whole.objectives[:1], whole.constraints)
    settings = _elites_of(contents.config)
    chosen, counts = tuple(measures or settings.measures), tuple(cells or settings.cells)
    ranges = ranges if ranges is not None or measures is not None else settings.ranges
    found = _found(contents, goal, chosen)
    sample = [values for values, *_ in found[: settings.initial]]
    is_cost = isinstance(goal.objectives[0], Minimize)
    best, is_kept = np.full(counts[::-1], np.nan), np.zeros(counts[::-1], dtype=bool)
    infeasible = np.zeros(counts[::-1], dtype=bool)
    grid = Grid.of(chosen, counts, ranges=ranges, sample=sample) if found else None
    for values, worth, is_feasible in found if grid else ():
        place = grid.cell(values)[::-1] if grid else ()
        if is_feasible:
            best[place], is_kept[place] = np.fmax(best[place], worth), True
        infeasible[place] |= not is_feasible
    label = goal.objectives[0].label
    shown = -best if is_cost else best
    return CellsData(grid, shown, infeasible & ~is_kept, label, is_cost, provenance(contents), name)


def _elites_of(config: Mapping[str, Any]) -> MapElites:
    """Returns what MAP-Elites searched with; its defaults where another algorithm did."""
    algorithm = config.get("algorithm", {})
    found = algorithm_from_dict(algorithm) if algorithm.get("name") == MapElites.name else None
    return found if isinstance(found, MapElites) else MapElites()


def _found(
    contents: JournalContents, goal: Goal, measures: Sequence[str]
) -> list[tuple[tuple[float, ...], float, bool]]:
    """Returns measures, worth and feasibility of what the goal can rank, in the order of results."""
    found = []
    for event in contents.events:
        if isinstance(event, Tell) and event.evaluation.is_finite:
            judgement = goal.judge(event.evaluation)
            values = tuple(event.evaluation[measure] for measure in measures)
            if judgement.is_finite and all(map(math.isfinite, values)):
                found.append((values, judgement.values[0], judgement.is_feasible))
    return found


def plot_cells(path: RunsGiven, ax: Axes | None = None) -> Figure:
    """Draws the best of every cell of a run, or of several side by side.

    Args:
        path: The run or its folder; several of them, or several by names of your own.
        ax: Where to draw; a new figure where None.
    """
    runs = named_runs(path)
    return draw_cells([cells_data(run, name=name if len(runs) > 1 else "") for name, run in runs.items()], ax)


def draw_cells(data: CellsData | Sequence[CellsData], ax: Axes | None = None) -> Figure:
    """Draws a cell for each combination of two measures, coloured by the objective of its best candidate.

    Args:
        data: What ``cells_data`` gave of a run, or of each of several.
        ax: Where to draw; a new figure where None.
    """
    runs = [data] if isinstance(data, CellsData) else list(data)
    figure, grid = panels(ax, 1, len(runs), 6.6 * len(runs), 5.0)
    for axes, run in zip(grid[0], runs, strict=True):
        _draw(figure, axes, run)
    return figure


def _draw(figure: Figure, axes: Axes, data: CellsData) -> None:
    if data.grid is None:
        say_nothing_yet(axes)
        return
    across, up = data.grid.axes
    axes.set_facecolor(_EMPTY)
    if data.infeasible.any():
        shaded = np.where(data.infeasible, 1.0, np.nan)
        axes.pcolor(across.edges, up.edges, shaded, cmap=ListedColormap([_INFEASIBLE]), edgecolors="white", hatch="///")
        axes.plot([], [], "s", color=_INFEASIBLE, markersize=9, label="infeasible candidates alone")
        legend_below(axes)
    colours = "viridis_r" if data.is_cost else "viridis"
    drawn = axes.pcolormesh(across.edges, up.edges, data.best, cmap=colours, edgecolors="white", linewidth=0.6)
    _lines(axes, across, up)
    if np.isfinite(data.best).any():
        bar = figure.colorbar(drawn, ax=axes, pad=0.02, aspect=30)
        bar.set_label(f"{data.objective} of the cell's best", fontsize=9)
        bar.ax.tick_params(length=2, labelsize=8, colors=MUTED)
        bar.outline.set_visible(False)
        if data.objective == "accuracy":
            bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    _label(axes, data.grid)
    filled = int(np.isfinite(data.best).sum())
    name = f"{data.name}: " if data.name else ""
    say_provenance(axes, [f"{name}{filled} of {data.best.size} cells filled", data.provenance], 80)


def _lines(axes: Axes, across: Axis, up: Axis) -> None:
    """Draws the cells' edges, so that empty ones are seen too."""
    for edge in across.edges:
        axes.axvline(edge, color="white", linewidth=0.6)
    for edge in up.edges:
        axes.axhline(edge, color="white", linewidth=0.6)


def _label(axes: Axes, grid: Grid) -> None:
    for side, measure, axis in zip((axes.xaxis, axes.yaxis), grid.measures, grid.axes, strict=True):
        if axis.is_log:
            (axes.set_xscale if side is axes.xaxis else axes.set_yscale)("log")
            side.set_minor_locator(NullLocator())
            side.set_ticks(axis.edges[:: max(1, axis.cells // 5)])
        else:
            side.set_major_locator(MaxNLocator(6))
        side.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}")
        )
        side.set_label_text(_UNITS.get(measure, measure))
    axes.set_xlim(grid.axes[0].low, grid.axes[0].high)
    axes.set_ylim(grid.axes[1].low, grid.axes[1].high)
    axes.tick_params(length=2, labelsize=8, colors=MUTED)
    for spine in axes.spines.values():
        spine.set_visible(False)
