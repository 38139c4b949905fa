"""What each design choice costs: accuracy and spikes beside another choice, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from ..compare import RunsGiven, named_runs
from ..designs import design_costs, read_designs, setting_of
from .style import MUTED, apply_style, colour_of, panels, say_nothing_yet, say_provenance

_KEYS = ["part", "choice", "instead_of", "decay_input"]


def plot_designs(path: RunsGiven, ax: Axes | None = None) -> Figure:
    """Draws what each design choice costs, of one comparison or of several over each other.

    Args:
        path: The reproduction or its folder; several of them, or several by names of your own.
        ax: Where to draw; a new figure where None.
    """
    return draw_designs({name: design_costs(read_designs(run)) for name, run in named_runs(path).items()}, ax)


def draw_designs(costs: Mapping[str, pd.DataFrame], ax: Axes | None = None) -> Figure:
    """Draws a line for each choice: by how much accuracy is higher, and by how much spikes are multiplied.

    Where no information passes, the accuracy is written and not drawn: it would hide all others.

    Args:
        costs: What ``design_costs`` gave, by names.
        ax: Where to draw; a new figure where None.
    """
    lines = _lines(list(costs.values()))
    figure, ((left, right),) = panels(ax, 1, 2, 10.0, 1.3 + 0.3 * max(len(lines), 3))
    if not lines:
        say_nothing_yet(left, "nothing to be compared yet")
        return figure
    places = {key: place for place, key in enumerate(lines) if len(key) > 1}
    for number, (name, table) in enumerate(costs.items()):
        shift = 0.18 * (number - (len(costs) - 1) / 2)
        _draw(left, right, table, places, number=number, label=name, shift=shift)
    for axes, neutral in ((left, 0.0), (right, 1.0)):
        axes.axvline(neutral, color=MUTED, linewidth=0.8, zorder=1)
        axes.set_ylim(len(lines) - 0.4, -0.6)
        axes.set_yticks(list(places.values()), [""] * len(places))
        apply_style(axes)
    left.set_yticks(list(places.values()), [str(key[1]) for key in places], fontsize=8)
    for place, key in enumerate(lines):
        if len(key) == 1:
            left.text(-0.02, place, str(key[0]), transform=left.get_yaxis_transform(), ha="right", va="center",
                      fontsize=8, fontweight="bold")  # fmt: skip
    left.set_xlabel("accuracy, points higher", fontsize=9)
    right.set_xscale("log")
    right.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    right.xaxis.set_minor_formatter(NullFormatter())
    right.set_xticks(_ticks(list(costs.values())))
    right.set_xlabel("spikes, times as many", fontsize=9)
    say_provenance(left, [f"{name}: {setting_of(table)}" for name, table in costs.items()], 60)
    say_provenance(right, ["bars: 95 % intervals, over architectures of structures, over seeds of blocks"], 60)
    if len(costs) > 1:
        right.legend(fontsize=8, frameon=False)
    return figure


def _lines(tables: list[pd.DataFrame]) -> list[tuple[object, ...]]:
    """Returns the picture's lines: headings, of one text, and the choices below each."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for table in tables:
        for row in table.to_dict("records"):
            of = f"in place of {row['instead_of']}"
            if row["part"] == "structure":
                of += ", input divided by tau" if row["decay_input"] else ", input undivided"
            key = tuple(row[name] for name in _KEYS)
            if key not in found.setdefault(of, []):
                found[of].append(key)
    return [line for heading, keys in found.items() for line in ((heading,), *keys)]


def _draw(
    left: Axes,
    right: Axes,
    table: pd.DataFrame,
    places: Mapping[tuple[object, ...], int],
    *,
    number: int,
    label: str,
    shift: float,
) -> None:
    colour = colour_of(number)
    heights = np.array([places[tuple(row[name] for name in _KEYS)] for row in table.to_dict("records")]) + shift
    silent = table["is_silent"].to_numpy(dtype=bool)
    for axes, measure, scale, hidden in ((left, "accuracy", 100.0, silent), (right, "spikes", 1.0, silent & False)):
        shown = table[~hidden]
        middle, low, high = (scale * shown[f"{measure}{end}"].to_numpy(dtype=float) for end in ("", "_low", "_high"))
        spread = np.nan_to_num([middle - low, high - middle])
        axes.errorbar(middle, heights[~hidden], xerr=spread, fmt="o", color=colour, markersize=4, linewidth=1.2,
                      label=label)  # fmt: skip
    for height, points in zip(heights[silent], 100 * table["accuracy"].to_numpy(dtype=float)[silent], strict=True):
        text, across = f"silent: {points:+.1f}", left.get_yaxis_transform()
        left.text(0.02 + 0.22 * number, height, text, transform=across, va="center", fontsize=7, color=colour)


def _ticks(tables: list[pd.DataFrame]) -> list[float]:
    """Returns where the logarithmic axis is labelled: a few round factors within what is drawn."""
    every = np.concatenate([table[["spikes", "spikes_low", "spikes_high"]].to_numpy(dtype=float) for table in tables])
    low, high = np.nanmin(every), np.nanmax(every)
    round_ones = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0]
    return [one for one in round_ones if low / 1.3 <= one <= 1.3 * high] or [1.0]
