"""Accuracy against spikes: all candidates, the front, the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from autosnn_ray.objectives import SpikeAwareFitness, objective_from_dict

from ..compare import RunsGiven
from ..frames import read
from ..fronts import finite, front, quality_of
from ..statistics import choose
from .style import (
    CHOSEN,
    FRONT,
    MUTED,
    apply_style,
    by_run,
    colour_of,
    legend_below,
    of_runs,
    place,
    say_hidden,
    say_nothing_yet,
    say_provenance,
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ParetoData:
    """What the plot shows of one run.

    Attributes:
        spikes: Spikes/sample of every evaluated candidate.
        accuracy: Accuracy of each, 0 to 1.
        generation: Generation of each.
        front_spikes: Spikes/sample along the front, rising.
        front_accuracy: Accuracy along the front.
        chosen: Spikes/sample, accuracy and written architecture of the highest fitness; None without any.
        feasible: Whether each keeps the search's constraints.
        fitness: The search's fitness; None where it had none.
        quality: What is weighed against spikes: ``accuracy``, or a score.
        provenance: How the numbers came about, in words.
        name: The run's name, where it stands beside others.
    """

    spikes: Floats
    accuracy: Floats
    generation: npt.NDArray[np.int64]
    front_spikes: Floats
    front_accuracy: Floats
    chosen: tuple[float, float, str] | None
    fitness: SpikeAwareFitness | None
    quality: str = "accuracy"
    provenance: str = ""
    name: str = ""
    feasible: npt.NDArray[np.bool_] | None = None


def pareto_data(frame: pd.DataFrame) -> ParetoData:
    """Picks what the plot shows out of a run's frame."""
    known, best = finite(frame), front(frame)
    chosen, quality = None, quality_of(frame)
    if not known.empty:
        row = choose(frame)
        chosen = (float(row["spikes"]), float(row[quality]), str(row["architecture"]))
    objective = frame.attrs.get("objective", {})
    fitness = objective_from_dict(objective) if objective else None
    return ParetoData(
        spikes=known["spikes"].to_numpy(np.float64),
        accuracy=known[quality].to_numpy(np.float64) if quality in known else np.empty(0),
        generation=known["generation"].to_numpy(np.int64),
        front_spikes=best["spikes"].to_numpy(np.float64),
        front_accuracy=best[quality].to_numpy(np.float64) if quality in best else np.empty(0),
        chosen=chosen,
        fitness=fitness if isinstance(fitness, SpikeAwareFitness) else None,
        quality=quality,
        provenance=str(frame.attrs.get("provenance", "")),
        feasible=known["feasible"].to_numpy(np.bool_) if "feasible" in known else None,
    )


def plot_pareto(path: RunsGiven, ax: Axes | None = None) -> Figure:
    """Draws accuracy against spikes of a run, or of several in one picture.

    Args:
        path: The run or its folder; several of them, or several by names of your own.
        ax: Where to draw; a new figure where None.
    """
    found = of_runs(path, lambda run: pareto_data(read(run)))
    return draw_pareto([replace(data, name=name) for name, data in found.items()], ax)


def draw_pareto(data: ParetoData | Sequence[ParetoData], ax: Axes | None = None) -> Figure:
    """Draws all candidates by generation, the front as a line, and the chosen one marked and labelled.

    Of several runs each has a colour of its own, and its name in the legend.

    Args:
        data: What ``pareto_data`` gave of a run, or of each of several.
        ax: Where to draw; a new figure where None.
    """
    runs = [data] if isinstance(data, ParetoData) else list(data)
    figure, axes = place(ax, 7.0, 5.0)
    apply_style(axes)
    qualities = list(dict.fromkeys(run.quality for run in runs))
    is_accuracy = qualities == ["accuracy"]
    axes.set_xlabel("spikes per sample")
    axes.set_ylabel("validation accuracy" if is_accuracy else " and ".join(qualities))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if is_accuracy:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    say_provenance(axes, by_run({run.name: run.provenance for run in runs}))
    known = [run for run in runs if run.chosen is not None]
    if not known:
        say_nothing_yet(axes)
        return figure
    _limit(axes, known)
    if len(runs) == 1:
        _draw_one(figure, axes, runs[0])
    else:
        for number, run in enumerate(runs):
            _draw_beside(axes, run, colour_of(number))
    legend_below(axes)
    return figure


def _draw_one(figure: Figure, axes: Axes, data: ParetoData) -> None:
    _draw_equal_fitness(axes, data)
    order = np.argsort(data.generation, kind="stable")
    if data.feasible is not None and not data.feasible.all():
        broken = ~data.feasible
        axes.scatter(
            data.spikes[broken], data.accuracy[broken], facecolors="none", edgecolors=MUTED, s=22, linewidths=0.8,
            label="breaks a constraint", zorder=2,
        )  # fmt: skip
        order = order[data.feasible[order]]
    points = axes.scatter(
        data.spikes[order], data.accuracy[order], c=data.generation[order], cmap="viridis", s=22, alpha=0.75,
        linewidths=0, label="candidates", zorder=2,
    )  # fmt: skip
    if len(np.unique(data.generation)) > 1:
        bar = figure.colorbar(points, ax=axes, pad=0.015, aspect=30)
        bar.set_label("generation")
        bar.locator = MaxNLocator(integer=True)
        bar.outline.set_visible(False)
    axes.plot(
        data.front_spikes, data.front_accuracy, "-o", color=FRONT, markersize=5, linewidth=1.6, label="front", zorder=3,
        drawstyle="steps-post",
    )  # fmt: skip
    _draw_chosen(axes, data)


def _draw_beside(axes: Axes, data: ParetoData, colour: str) -> None:
    """Draws one of several runs."""
    axes.scatter(data.spikes, data.accuracy, color=colour, s=14, alpha=0.3, linewidths=0, zorder=2)
    axes.plot(
        data.front_spikes, data.front_accuracy, "-o", color=colour, markersize=4, linewidth=1.6, label=data.name,
        zorder=3, drawstyle="steps-post",
    )  # fmt: skip
    if data.chosen is not None:
        spikes, accuracy, _ = data.chosen
        axes.plot(
            [spikes], [accuracy], "*", color=colour, markersize=14, markeredgecolor="white", linestyle="none", zorder=5
        )


def _limit(axes: Axes, runs: Sequence[ParetoData]) -> None:
    """Shows the cloud: a few candidates far below it, the front's own too, are counted at the edge, not shown."""
    accuracy, spikes = np.concatenate([run.accuracy for run in runs]), np.concatenate([run.spikes for run in runs])
    floor = min(float(np.quantile(run.accuracy, 0.05)) for run in runs)
    top = float(accuracy.max())
    span = max(top - floor, 0.01)
    low = floor - 0.4 * span
    axes.set_ylim(low, min(top + 0.28 * span, 1.0 + 0.28 * span))
    left, right = float(spikes.min()), float(spikes.max())
    margin = 0.06 * max(right - left, 0.05 * right, 1.0)
    axes.set_xlim(left - margin, right + margin)
    say_hidden(axes, int((accuracy < low).sum()))


def _draw_equal_fitness(axes: Axes, data: ParetoData) -> None:
    """Draws lines of equal fitness: along one, accuracy is traded against spikes at the search's own price."""
    if data.chosen is None or data.fitness is None or data.fitness.exponent == 0:
        return
    spikes = np.linspace(max(axes.get_xlim()[0], 1.0), axes.get_xlim()[1], 200)
    best = float(data.fitness.of(data.chosen[1], data.chosen[0]))
    for share in (1.0, 0.98, 0.96, 0.94, 0.92, 0.9):
        label = "equal fitness" if share == 1.0 else None
        line = share * best / data.fitness.of(1.0, spikes)
        axes.plot(spikes, line, color=MUTED, linewidth=0.7, linestyle=(0, (4, 4)), alpha=0.6, label=label, zorder=1)


def _draw_chosen(axes: Axes, data: ParetoData) -> None:
    if data.chosen is None:
        return
    spikes, accuracy, name = data.chosen
    nothing = data.feasible is not None and not data.feasible.any()
    by = "least violation" if nothing else "highest fitness" if data.fitness else "best by the goal"
    label = f"chosen: {by}"
    axes.plot(
        [spikes], [accuracy], "*", color=CHOSEN, markersize=16, markeredgecolor="white", linestyle="none", label=label,
        zorder=5,
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
