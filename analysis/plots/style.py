"""Colours, axes and texts that all plots share; colours distinct also for the colour-blind (Okabe and Ito, 2008)."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Sequence
from typing import TypeVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation, Transform

from ..compare import RunsGiven, named_runs

FRONT = "#D55E00"
CHOSEN = "#B3005E"
POINTS = "#0072B2"
MUTED = "#777777"
RUNS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Of several runs in one picture, in their order; from the eighth on they begin again."""

Data = TypeVar("Data")


class Picture(Figure):
    """A figure that a notebook shows whether or not ``pyplot`` was imported."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


def place(ax: Axes | None, width: float, height: float) -> tuple[Figure, Axes]:
    """Returns where to draw: the given axes with their figure, or those of a new figure of a size in inches."""
    if ax is not None:
        return whole_figure(ax), ax
    figure = Picture(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def panels(ax: Axes | None, rows: int, columns: int, width: float, height: float) -> tuple[Figure, list[list[Axes]]]:
    """Returns a grid of axes: within the given ones, which then hold nothing else, or in a new figure."""
    if ax is None:
        figure = Picture(figsize=(width, height), layout="constrained")
        return figure, [list(row) for row in figure.subplots(rows, columns, squeeze=False)]
    ax.set_axis_off()
    wide, high = 1 / columns, 1 / rows
    grid = [
        [
            ax.inset_axes((column * wide + 0.03, 1 - (row + 1) * high, wide - 0.06, 0.8 * high))
            for column in range(columns)
        ]
        for row in range(rows)
    ]
    return whole_figure(ax), grid


def whole_figure(ax: Axes) -> Figure:
    """Returns the figure that axes are in, of a sub-figure too."""
    found = ax.figure
    while not isinstance(found, Figure):
        found = found.figure
    return found


def of_runs(path: RunsGiven, read: Callable[..., Data]) -> dict[str, Data]:
    """Reads what a plot shows of one run, or of several, by their names."""
    return {name: read(run) for name, run in named_runs(path).items()}


def colour_of(number: int) -> str:
    """Returns the colour of a run, by its place among several."""
    return RUNS[number % len(RUNS)]


def apply_style(axes: Axes) -> None:
    """Leaves two spines and a faint grid."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(visible=True, color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)


def say_provenance(axes: Axes, texts: Sequence[str], characters: int = 95) -> None:
    """Says above a picture how its numbers came about; each text once."""
    lines = [line for text in dict.fromkeys(texts) for line in textwrap.wrap(text, characters)]
    axes.set_title("\n".join(lines), fontsize=8, color=MUTED, loc="left", parse_math=False)


def by_run(provenances: dict[str, str]) -> list[str]:
    """Says whose numbers came about how, where runs differ in it."""
    if len(set(provenances.values())) < 2:
        return list(provenances.values())
    return [f"{name}: {text}" for name, text in provenances.items()]


def say_nothing_yet(axes: Axes, text: str = "no candidate evaluated yet") -> None:
    """Says in the middle of a picture why there is nothing in it."""
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, color=MUTED, fontsize=9, wrap=True)


def say_hidden(axes: Axes, below: int, above: int = 0) -> None:
    """Says beside the label of the lower axis how many candidates lie outside what is shown."""
    sides = ((below, "below"), (above, "above"))
    texts = [f"{count} {'candidate' if count == 1 else 'candidates'} {side}" for count, side in sides if count]
    axes.text(0.0, 0.0, ", ".join(texts), transform=_under(axes, 32), va="bottom", fontsize=8, color=MUTED)


def legend_below(axes: Axes, columns: int = 4) -> None:
    """Draws the legend below the axis' label, where it covers no point."""
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=_under(axes, 36), ncols=columns, frameon=False,
        fontsize=8, borderaxespad=0.0,
    )  # fmt: skip


def _under(axes: Axes, points: float) -> Transform:
    """Returns the axes' coordinates, moved down by so many points."""
    return axes.transAxes + ScaledTranslation(0, -points / 72, whole_figure(axes).dpi_scale_trans)
