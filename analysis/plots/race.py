"""Races of algorithms: how far from the best, and how much of the front, after how many evaluations."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from .style import apply_style, colour_of, panels

_STYLES = ("-", "--", ":")
_LABELS = {"regret": "regret: true objective below the best", "hypervolume": "share of the true front's hypervolume"}


def draw_race(frame: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Figure:
    """Draws what ``analysis.race`` gave: mean over seeds, and a band of two standard errors to each side.

    Args:
        frame: What ``race`` gave.
        title: Says what was raced on.
        ax: Where to draw, in its own figure; a new figure where None.
    """
    figure, grid = panels(ax, 1, 2, 10.5, 4.6)
    for axes, measure in zip(grid[0], _LABELS, strict=True):
        for number, (name, rows) in enumerate(frame.groupby("algorithm", sort=False)):
            found = rows.groupby("evaluations")[measure].agg(["mean", "sem"])
            colour, style = colour_of(number), _STYLES[number // 7 % len(_STYLES)]
            axes.plot(found.index, found["mean"], style, color=colour, linewidth=1.4, label=str(name))
            low, high = found["mean"] - 2 * found["sem"], found["mean"] + 2 * found["sem"]
            axes.fill_between(found.index, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xticks([10, 20, 40, 100, 200, 400])
        axes.set_xlim(frame["evaluations"].min(), frame["evaluations"].max())
        axes.set_xlabel("candidates evaluated")
        axes.set_ylabel(_LABELS[measure])
        apply_style(axes)
    grid[0][0].set_ylim(bottom=0)
    handles, labels = grid[0][0].get_legend_handles_labels()
    if ax is None:
        figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    else:
        grid[0][1].legend(fontsize=7, frameon=False)
    if title:
        grid[0][0].set_title(title, fontsize=9, loc="left")
    return figure
