"""Predicted against true: whether an evaluator's ranking can be believed."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from analysis.plots.style import MUTED, POINTS, apply_style
from analysis.ranking import Ranking


def draw_ranking(ranking: Ranking) -> Figure:
    """Draws what an evaluator predicted against the truth: accuracy and spikes, with error bars on both axes.

    Across: the 95 % interval of a validation set of this size. Up: the range over the seeds of the truth.
    """
    figure = Figure(figsize=(9.6, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    _accuracy(left, ranking)
    _spikes(right, ranking)
    figure.suptitle(f"{ranking.evaluator} against {ranking.seeds} seeds trained alone", fontsize=11)
    return figure


def _accuracy(axes: Axes, ranking: Ranking) -> None:
    table = ranking.table
    across = [table["accuracy"] - table["accuracy_low"], table["accuracy_high"] - table["accuracy"]]
    _points(axes, ranking, "accuracy", across)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("predicted validation accuracy")
    axes.set_ylabel("accuracy trained alone")


def _spikes(axes: Axes, ranking: Ranking) -> None:
    _points(axes, ranking, "spikes", None)
    thousands = FuncFormatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_major_formatter(thousands)
    axes.yaxis.set_major_formatter(thousands)
    axes.set_xlabel("predicted spikes per sample")
    axes.set_ylabel("spikes per sample trained alone")


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
    axes.set_title(f"tau {own};  ceiling {ceiling.value:.2f}", fontsize=9, color=MUTED, loc="left")
