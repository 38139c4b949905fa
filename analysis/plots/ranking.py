"""Predicted against true: whether an evaluator's ranking can be believed."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from ..ranking import Ranking
from .style import POINTS, apply_style, panels, say_provenance


def draw_ranking(ranking: Ranking, ax: Axes | None = None) -> Figure:
    """Draws what an evaluator says against the ground truth: accuracy and spikes, with error bars on both axes.

    Across: the evaluator's own 95 % interval. Up: the range over the seeds of the ground truth.

    Args:
        ranking: What ``read_rankings`` gave of one evaluator.
        ax: Where to draw; a new figure where None.
    """
    figure, ((left, right),) = panels(ax, 1, 2, 9.6, 4.6)
    _accuracy(left, ranking)
    _spikes(right, ranking)
    return figure


def _accuracy(axes: Axes, ranking: Ranking) -> None:
    table = ranking.table
    across = [table["accuracy"] - table["accuracy_low"], table["accuracy_high"] - table["accuracy"]]
    _points(axes, ranking, "accuracy", across)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    if ranking.quality == "accuracy":
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel(f"{ranking.quality} by {ranking.evaluator}")
    axes.set_ylabel("validation accuracy from scratch")


def _spikes(axes: Axes, ranking: Ranking) -> None:
    _points(axes, ranking, "spikes", None)
    thousands = FuncFormatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_major_formatter(thousands)
    axes.yaxis.set_major_formatter(thousands)
    axes.set_xlabel(f"spikes per sample by {ranking.evaluator}")
    axes.set_ylabel("spikes per sample from scratch")


def _points(axes: Axes, ranking: Ranking, quantity: str, across: list[pd.Series] | None) -> None:
    table = ranking.table
    apply_style(axes)
    true = table[f"true_{quantity}"]
    up = [true - table[f"true_{quantity}_low"], table[f"true_{quantity}_high"] - true]
    axes.errorbar(
        table[quantity], true, xerr=across, yerr=up, fmt="o", markersize=4.5, color=POINTS, ecolor=POINTS,
        elinewidth=0.7, alpha=0.6, linestyle="none",
    )  # fmt: skip
    own, ceiling = ranking.figures[quantity]["tau"], ranking.ceiling[quantity]["tau"]
    across_by = f"across: {ranking.provenance}" if quantity == "accuracy" else ""
    up_by = f"up: {ranking.truth_provenance}, {ranking.seeds} seeds" if quantity == "accuracy" else ""
    lines = [across_by, up_by, f"{quantity}: tau {own};  seed to seed {ceiling}"]
    say_provenance(axes, [line for line in lines if line], 68)
