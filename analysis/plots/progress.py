"""Fitness by generation: whether the search still gets better."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.frames import read
from analysis.plots.style import CHOSEN, MUTED, POINTS, apply_style

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ProgressData:
    """What the plot shows.

    Attributes:
        generations: Each generation, rising.
        low: Lower quartile of the fitness in each.
        median: Median of the fitness in each.
        high: Upper quartile of the fitness in each.
        best_so_far: Highest fitness up to each.
        points: Generation and fitness of every candidate, shape ``(candidates, 2)``.
    """

    generations: Floats
    low: Floats
    median: Floats
    high: Floats
    best_so_far: Floats
    points: Floats


def progress_data(frame: pd.DataFrame) -> ProgressData:
    """Picks what the plot shows out of a run's frame."""
    known = frame[np.isfinite(frame["fitness"])]
    by_generation = known.groupby("generation")["fitness"]
    table = by_generation.quantile([0.25, 0.5, 0.75]).unstack()
    highest = by_generation.max().cummax()
    empty = known.empty
    return ProgressData(
        generations=highest.index.to_numpy(np.float64),
        low=np.empty(0) if empty else table[0.25].to_numpy(np.float64),
        median=np.empty(0) if empty else table[0.5].to_numpy(np.float64),
        high=np.empty(0) if empty else table[0.75].to_numpy(np.float64),
        best_so_far=highest.to_numpy(np.float64),
        points=known[["generation", "fitness"]].to_numpy(np.float64),
    )


def plot_progress(path: str | Path) -> Figure:
    """Draws fitness by generation of a run."""
    return draw_progress(progress_data(read(path)))


def draw_progress(data: ProgressData) -> Figure:
    """Draws every candidate, the quartiles of each generation, and the best so far."""
    figure = Figure(figsize=(7.0, 3.8), layout="constrained")
    axes = figure.subplots()
    apply_style(axes)
    axes.set_xlabel("generation")
    axes.set_ylabel("fitness")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if not len(data.points):
        axes.text(0.5, 0.5, "no candidate evaluated yet", ha="center", transform=axes.transAxes, color=MUTED)
        return figure
    axes.scatter(data.points[:, 0], data.points[:, 1], s=10, color=POINTS, alpha=0.35, linewidths=0, label="candidates")
    axes.fill_between(data.generations, data.low, data.high, color=POINTS, alpha=0.15, linewidth=0, label="quartiles")
    axes.plot(data.generations, data.median, color=POINTS, linewidth=1.4, label="median")
    axes.step(data.generations, data.best_so_far, where="post", color=CHOSEN, linewidth=1.8, label="best so far")
    fitness = data.points[:, 1]
    floor, top = float(np.quantile(fitness, 0.02)), float(fitness.max())
    margin = 0.08 * max(top - floor, 1e-3)
    axes.set_ylim(floor - margin, top + margin)
    axes.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none", ncols=2)
    return figure
