"""Accuracy against spikes: all candidates, the front, the chosen one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from analysis.frames import read
from analysis.fronts import finite, front
from analysis.plots.style import CHOSEN, FRONT, MUTED, apply_style
from analysis.statistics import choose

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ParetoData:
    """What the plot shows.

    Attributes:
        spikes: Spikes/sample of every evaluated candidate.
        accuracy: Accuracy of each, 0 to 1.
        generation: Generation of each.
        front_spikes: Spikes/sample along the front, rising.
        front_accuracy: Accuracy along the front.
        chosen: Spikes/sample, accuracy and written architecture of the highest fitness; None without any.
        reference_spikes: Reference of the fitness.
        exponent: Exponent of the fitness.
    """

    spikes: Floats
    accuracy: Floats
    generation: npt.NDArray[np.int64]
    front_spikes: Floats
    front_accuracy: Floats
    chosen: tuple[float, float, str] | None
    reference_spikes: float
    exponent: float


def pareto_data(frame: pd.DataFrame) -> ParetoData:
    """Picks what the plot shows out of a run's frame."""
    known, best = finite(frame), front(frame)
    chosen = None
    if not known.empty:
        row = choose(frame)
        chosen = (float(row["spikes"]), float(row["accuracy"]), str(row["architecture"]))
    objective = frame.attrs.get("objective", {})
    return ParetoData(
        spikes=known["spikes"].to_numpy(np.float64),
        accuracy=known["accuracy"].to_numpy(np.float64),
        generation=known["generation"].to_numpy(np.int64),
        front_spikes=best["spikes"].to_numpy(np.float64),
        front_accuracy=best["accuracy"].to_numpy(np.float64),
        chosen=chosen,
        reference_spikes=float(objective.get("reference_spikes", np.nan)),
        exponent=float(objective.get("exponent", 0.0)),
    )


def plot_pareto(path: str | Path) -> Figure:
    """Draws accuracy against spikes of a run."""
    return draw_pareto(pareto_data(read(path)))


def draw_pareto(data: ParetoData) -> Figure:
    """Draws all candidates by generation, the front as a line, and the chosen one marked and labelled."""
    figure = Figure(figsize=(7.0, 4.6), layout="constrained")
    axes = figure.subplots()
    apply_style(axes)
    axes.set_xlabel("spikes per sample")
    axes.set_ylabel("validation accuracy")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    if data.chosen is None:
        axes.text(0.5, 0.5, "no candidate evaluated yet", ha="center", transform=axes.transAxes, color=MUTED)
        return figure
    _limit(axes, data)
    _draw_equal_fitness(axes, data)
    order = np.argsort(data.generation, kind="stable")
    points = axes.scatter(
        data.spikes[order],
        data.accuracy[order],
        c=data.generation[order],
        cmap="viridis",
        s=22,
        alpha=0.75,
        linewidths=0,
        label="candidates",
        zorder=2,
    )
    if len(np.unique(data.generation)) > 1:
        bar = figure.colorbar(points, ax=axes, pad=0.015, aspect=30)
        bar.set_label("generation")
        bar.locator = MaxNLocator(integer=True)
        bar.outline.set_visible(False)
    axes.plot(
        data.front_spikes,
        data.front_accuracy,
        "-o",
        color=FRONT,
        markersize=5,
        linewidth=1.6,
        label="front",
        zorder=3,
        drawstyle="steps-post",
    )
    _draw_chosen(axes, data)
    axes.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none")
    return figure


def _limit(axes: Axes, data: ParetoData) -> None:
    """Shows the cloud: a few candidates far below it, the front's own too, are counted at the edge, not shown."""
    floor = float(np.quantile(data.accuracy, 0.05))
    top = float(data.accuracy.max())
    span = max(top - floor, 0.01)
    low = floor - 0.4 * span
    axes.set_ylim(low, min(top + 0.28 * span, 1.0 + 0.28 * span))
    left, right = float(data.spikes.min()), float(data.spikes.max())
    margin = 0.06 * max(right - left, 0.05 * right, 1.0)
    axes.set_xlim(left - margin, right + margin)
    hidden = int((data.accuracy < low).sum())
    if hidden:
        axes.text(
            0.01,
            0.015,
            f"{hidden} candidates below",
            transform=axes.transAxes,
            fontsize=8,
            color=MUTED,
            zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
        )


def _draw_equal_fitness(axes: Axes, data: ParetoData) -> None:
    """Draws lines of equal fitness: along one, accuracy is traded against spikes at the search's own price."""
    if data.chosen is None or not np.isfinite(data.reference_spikes) or data.exponent == 0:
        return
    spikes = np.linspace(max(axes.get_xlim()[0], 1.0), axes.get_xlim()[1], 200)
    best = data.chosen[1] * (data.chosen[0] / data.reference_spikes) ** data.exponent
    for share in (1.0, 0.98, 0.96, 0.94, 0.92, 0.9):
        label = "equal fitness" if share == 1.0 else None
        line = share * best * (spikes / data.reference_spikes) ** -data.exponent
        axes.plot(spikes, line, color=MUTED, linewidth=0.7, linestyle=(0, (4, 4)), alpha=0.6, label=label, zorder=1)


def _draw_chosen(axes: Axes, data: ParetoData) -> None:
    if data.chosen is None:
        return
    spikes, accuracy, name = data.chosen
    axes.plot(
        [spikes], [accuracy], "*", color=CHOSEN, markersize=16, markeredgecolor="white", linestyle="none",
        label="chosen: highest fitness", zorder=5,
    )  # fmt: skip
    left, right = axes.get_xlim()
    # The space above the cloud is kept free: the label stands there, drawn inwards from the nearer side.
    on_left = spikes < (left + right) / 2
    axes.annotate(
        name,
        (spikes, accuracy),
        xytext=(0.015 if on_left else 0.985, 0.965),
        textcoords="axes fraction",
        ha="left" if on_left else "right",
        va="top",
        fontsize=9,
        fontfamily="monospace",
        color=CHOSEN,
        arrowprops={"arrowstyle": "-", "color": CHOSEN, "linewidth": 0.8, "shrinkB": 7},
        zorder=6,
    )
