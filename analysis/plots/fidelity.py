"""Fidelity against cost: which evaluator to take."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.ticker import FuncFormatter

from analysis.agreement import Figure
from analysis.plots.style import CHOSEN, MUTED, apply_style
from analysis.ranking import Ranking

_MARKERS = "osD^vP*X"


@dataclass(frozen=True)
class FidelityData:
    """What the chart shows of one quantity.

    Attributes:
        labels: Evaluators, the cheapest first.
        seconds: What each takes for one candidate.
        tau: Kendall's tau of each to the truth.
        ceiling: Tau between two seeds of the truth.
        truth_seconds: What the truth takes for one candidate.
    """

    labels: list[str]
    seconds: list[float]
    tau: list[Figure]
    ceiling: Figure
    truth_seconds: float


def fidelity_data(rankings: list[Ranking], quantity: str) -> FidelityData:
    """Picks what the chart shows out of rankings of the same truth."""
    return FidelityData(
        labels=[ranking.evaluator for ranking in rankings],
        seconds=[ranking.seconds for ranking in rankings],
        tau=[ranking.figures[quantity]["tau"] for ranking in rankings],
        ceiling=rankings[0].ceiling[quantity]["tau"],
        truth_seconds=rankings[0].truth_seconds,
    )


def draw_fidelity(rankings: list[Ranking]) -> Picture:
    """Draws Kendall's tau of every evaluator against its seconds a candidate, the ceiling as a band."""
    figure = Picture(figsize=(10.5, 4.2), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for one, quantity in zip(axes, ("accuracy", "spikes"), strict=True):
        _draw(one, fidelity_data(rankings, quantity), quantity)
    axes[0].set_ylabel("Kendall tau to the truth")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", fontsize=8, frameon=False)
    return figure


def _draw(axes: Axes, data: FidelityData, quantity: str) -> None:
    apply_style(axes)
    axes.set_title(quantity, fontsize=10, loc="left")
    axes.axhspan(data.ceiling.low, data.ceiling.high, color=CHOSEN, alpha=0.10, linewidth=0)
    axes.axhline(data.ceiling.value, color=CHOSEN, linewidth=1.2, label="ceiling: one seed against another")
    axes.axhline(0, color=MUTED, linewidth=0.8)
    for number, (label, x, tau) in enumerate(zip(data.labels, data.seconds, data.tau, strict=True)):
        axes.errorbar(
            [x], [tau.value], yerr=[[tau.value - tau.low], [tau.high - tau.value]], label=label, capsize=2,
            fmt=_MARKERS[number % len(_MARKERS)], color=f"C{number % 10}", elinewidth=1, markersize=7,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.axvline(data.truth_seconds, color=MUTED, linewidth=0.8, linestyle=":")
    axes.set_xlabel("seconds a candidate (dotted: the truth)")
    axes.set_ylim(min(-0.3, 0.1 + min(tau.low for tau in data.tau) - 0.15), 1.05)
