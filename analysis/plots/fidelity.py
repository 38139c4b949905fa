"""Fidelity against cost: which evaluator to take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import FuncFormatter, NullFormatter

from ..agreement import Figure
from ..ranking import Ranking
from .style import CHOSEN, MUTED, apply_style, panels, say_nothing_yet, say_provenance

_MARKERS = "osD^vP*X"


@dataclass(frozen=True)
class FidelityData:
    """What the chart shows of one quantity.

    Attributes:
        labels: Evaluators, the cheapest first.
        seconds: What each takes for one candidate.
        tau: Kendall's tau of each to the ground truth.
        ceiling: Tau between two seeds of the ground truth.
        truth_seconds: What the ground truth takes for one candidate.
    """

    labels: list[str]
    seconds: list[float]
    tau: list[Figure]
    ceiling: Figure
    truth_seconds: float


def fidelity_data(rankings: list[Ranking], quantity: str) -> FidelityData:
    """Picks what the chart shows out of rankings of the same ground truth."""
    return FidelityData(
        labels=[ranking.evaluator for ranking in rankings],
        seconds=[ranking.seconds for ranking in rankings],
        tau=[ranking.figures[quantity]["tau"] for ranking in rankings],
        ceiling=rankings[0].ceiling[quantity]["tau"],
        truth_seconds=rankings[0].truth_seconds,
    )


def draw_fidelity(rankings: list[Ranking], ax: Axes | None = None) -> Picture:
    """Draws Kendall's tau of every evaluator against its seconds a candidate, the ceiling as a band.

    Args:
        rankings: What ``read_rankings`` gave.
        ax: Where to draw; a new figure where None.
    """
    figure, ((left, right),) = panels(ax, 1, 2, 10.5, 4.4)
    data = {quantity: fidelity_data(rankings, quantity) for quantity in ("accuracy", "spikes")}
    lowest = min([0.0, *(tau.low for one in data.values() for tau in one.tau if np.isfinite(tau.low))])
    for axes, shown in zip((left, right), data.values(), strict=True):
        _draw(axes, shown)
        axes.set_ylim(min(-0.3, lowest - 0.05), 1.05)
    left.set_ylabel("Kendall tau to the ground truth")
    first, counts = rankings[0], sorted({len(ranking.table) for ranking in rankings})
    held = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
    truth = f"ground truth: {first.truth_provenance}, {first.seeds} seeds; {held} architectures"
    say_provenance(left, [truth, "accuracy"], 75)
    say_provenance(right, ["spikes"])
    right.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=8, frameon=False)
    return figure


def _draw(axes: Axes, data: FidelityData) -> None:
    apply_style(axes)
    axes.axhspan(data.ceiling.low, data.ceiling.high, color=CHOSEN, alpha=0.10, linewidth=0)
    axes.axhline(data.ceiling.value, color=CHOSEN, linewidth=1.2, label="seed-to-seed ceiling")
    axes.axhline(0, color=MUTED, linewidth=0.8)
    for number, (label, x, tau) in enumerate(zip(data.labels, data.seconds, data.tau, strict=True)):
        axes.errorbar(
            [x], [tau.value], yerr=[[tau.value - tau.low], [tau.high - tau.value]], label=label, capsize=2,
            fmt=_MARKERS[number % len(_MARKERS)], color=f"C{number % 10}", elinewidth=1, markersize=7,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    if not np.isfinite([tau.value for tau in data.tau]).any():
        say_nothing_yet(axes, "nothing to order: all are alike")
    axes.axvline(data.truth_seconds, color=MUTED, linewidth=0.8, linestyle=":")
    axes.set_xlabel("seconds a candidate (dotted: the ground truth)")
