"""The goal as the search goes on: whether it still gets better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autosnn_ray.objectives import Goal, Minimize

from ..compare import RunsGiven
from ..frames import read
from .style import (
    CHOSEN,
    POINTS,
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

GENERATION, TOLD = "generation", "candidates told"
_WINDOW = 20


@dataclass(frozen=True)
class ProgressData:
    """What the plot shows of one run.

    Attributes:
        generations: Where each group of candidates stands on the axis: a generation; or, of a run without generations,
            how many candidates had been told at the group's end.
        low: Lower quartile of the goal in each.
        median: Median of the goal in each.
        high: Upper quartile of the goal in each.
        best_so_far: The best up to each, of those that keep the constraints where any does; NaN before the first.
        counts: Which of ``points`` the best is one of: those that keep the constraints, or all where none does.
        points: Place on the axis and goal of every candidate, shape ``(candidates, 2)``.
        axis: What the axis counts: ``GENERATION`` or ``TOLD``.
        goal: What is drawn: ``fitness``, or the first objective of a search that had none.
        falls: Whether less of it is better.
        provenance: How the numbers came about, in words.
        name: The run's name, where it stands beside others.
    """

    generations: Floats
    low: Floats
    median: Floats
    high: Floats
    best_so_far: Floats
    points: Floats
    axis: str = GENERATION
    goal: str = "fitness"
    falls: bool = False
    provenance: str = ""
    name: str = ""
    counts: npt.NDArray[np.bool_] | None = None


def progress_data(frame: pd.DataFrame, axis: str | None = None) -> ProgressData:
    """Picks what the plot shows out of a run's frame.

    Args:
        frame: What ``read`` gave.
        axis: ``GENERATION`` or ``TOLD``; where None, by generation where the algorithm had any.
    """
    goal, falls = _goal(frame)
    known = frame[np.isfinite(frame[goal])] if goal in frame else frame.iloc[:0]
    has_generations = frame["generation"].nunique() > 1 and frame.attrs.get("algorithm") != "steady_state"
    axis = axis or (GENERATION if has_generations else TOLD)
    if axis == TOLD:
        known = known.sort_values("told", kind="stable")
        place_of, group = known["told"], (known["told"] - 1) // _WINDOW
    else:
        place_of, group = known["generation"], known["generation"]
    by_group = known.groupby(group)[goal]
    table = by_group.quantile(np.array([0.25, 0.5, 0.75])).unstack()
    by_feasible = _feasible(known)[goal].groupby(group)
    best = (by_feasible.min() if falls else by_feasible.max()).reindex(table.index) if len(known) else by_group.max()
    best = (best.cummin() if falls else best.cummax()).ffill()
    places = place_of.groupby(group).max()
    low, median, high = (
        (np.empty(0) if known.empty else table[part].to_numpy(np.float64)) for part in (0.25, 0.5, 0.75)
    )
    return ProgressData(
        generations=places.to_numpy(np.float64),
        low=low,
        median=median,
        high=high,
        best_so_far=best.to_numpy(np.float64),
        points=np.column_stack([place_of, known[goal]]).astype(np.float64) if len(known) else np.empty((0, 2)),
        axis=axis,
        goal=goal,
        falls=falls,
        provenance=str(frame.attrs.get("provenance", "")),
        counts=known.index.isin(_feasible(known).index),
    )


def _feasible(known: pd.DataFrame) -> pd.DataFrame:
    kept = known[known["feasible"]] if "feasible" in known else known
    return known if kept.empty else kept


def _goal(frame: pd.DataFrame) -> tuple[str, bool]:
    """Returns what a search aimed at: its fitness, or its first objective, and whether less of it is better."""
    if frame.attrs.get("objective") or not frame.attrs.get("goal"):
        return "fitness", False
    first = Goal.from_dict(frame.attrs["goal"]).objectives[0]
    return first.label, isinstance(first, Minimize)


def plot_progress(path: RunsGiven, ax: Axes | None = None) -> Figure:
    """Draws the fitness of a run as it went on, or of several in one picture.

    By generation, or where the algorithm has none, and where several runs are drawn, by the candidates told.

    Args:
        path: The run or its folder; several of them, or several by names of your own.
        ax: Where to draw; a new figure where None.
    """
    frames = of_runs(path, read)
    axis = None if len(frames) == 1 else TOLD
    return draw_progress([replace(progress_data(frame, axis), name=name) for name, frame in frames.items()], ax)


def draw_progress(data: ProgressData | Sequence[ProgressData], ax: Axes | None = None) -> Figure:
    """Draws every candidate, the quartiles of each generation, and the best so far; of several runs, each in a colour.

    Args:
        data: What ``progress_data`` gave of a run, or of each of several.
        ax: Where to draw; a new figure where None.
    """
    runs = [data] if isinstance(data, ProgressData) else list(data)
    figure, axes = place(ax, 7.0, 4.2)
    apply_style(axes)
    axes.set_xlabel(" and ".join(dict.fromkeys(run.axis for run in runs)))
    axes.set_ylabel(" and ".join(dict.fromkeys(run.goal for run in runs)))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    say_provenance(axes, by_run({run.name: run.provenance for run in runs}))
    known = [run for run in runs if len(run.points)]
    if not known:
        say_nothing_yet(axes, f"no candidate has a {runs[0].goal} yet")
        return figure
    if len(runs) == 1:
        _draw_one(axes, runs[0])
    else:
        for number, run in enumerate(runs):
            colour = colour_of(number)
            axes.scatter(run.points[:, 0], run.points[:, 1], s=8, color=colour, alpha=0.25, linewidths=0)
            if len(run.points):
                label = f"{run.name}, best so far"
                axes.step(*_best_so_far(run), where="post", color=colour, linewidth=1.8, label=label)
    _limit(axes, known)
    legend_below(axes)
    return figure


def _draw_one(axes: Axes, data: ProgressData) -> None:
    axes.scatter(data.points[:, 0], data.points[:, 1], s=10, color=POINTS, alpha=0.35, linewidths=0, label="candidates")
    axes.fill_between(data.generations, data.low, data.high, color=POINTS, alpha=0.15, linewidth=0, label="quartiles")
    axes.plot(data.generations, data.median, color=POINTS, linewidth=1.4, label="median")
    axes.step(*_best_so_far(data), where="post", color=CHOSEN, linewidth=1.8, label="best so far")


def _best_so_far(data: ProgressData) -> tuple[Floats, Floats]:
    """Returns the line of the best: candidate by candidate where these are what the axis counts."""
    if data.axis == GENERATION:
        return data.generations, data.best_so_far
    best, counted = np.fmin if data.falls else np.fmax, data.points[:, 1]
    if data.counts is not None:
        counted = np.where(data.counts, counted, np.nan)
    return data.points[:, 0], best.accumulate(counted)


def _limit(axes: Axes, runs: Sequence[ProgressData]) -> None:
    """Shows all but a few far below the others (far above, where less is better), which are counted at the edge."""
    values = np.concatenate([run.points[:, 1] for run in runs])
    low, high = (float(np.quantile(values, 0.02)), float(values.max()))
    if all(run.falls for run in runs):
        low, high = (float(values.min()), float(np.quantile(values, 0.98)))
    margin = 0.08 * max(high - low, 1e-3)
    axes.set_ylim(low - margin, high + margin)
    say_hidden(axes, int((values < low - margin).sum()), int((values > high + margin).sum()))
