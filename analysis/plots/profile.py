"""A network layer by layer: cost, firing, energy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from autosnn_ray.profiles import LayerProfile, Profile

from .style import FRONT, MUTED, POINTS, apply_style, panels


@dataclass(frozen=True)
class Panel:
    """One column of bars.

    Attributes:
        title: What is drawn.
        values: One value a layer.
        notes: A text beside each bar; empty where there is nothing to say.
        marks: Whether a bar with a note is one to look at.
    """

    title: str
    values: tuple[float, ...]
    notes: tuple[str, ...]
    marks: bool = True


def profile_panels(profile: Profile) -> tuple[Panel, ...]:
    """Lists what the picture shows: for each layer its parameters, MACs, rate, spikes, time constant and energy."""
    layers = profile.layers
    silent = tuple(_what_is_wrong(layer.dead, layer.saturated) for layer in layers)
    none = ("",) * len(layers)
    learned = tuple("-" if layer.tau is None else f"{layer.tau:.2f}" for layer in layers)
    return (
        Panel("parameters (thousands)", tuple(layer.parameters / 1e3 for layer in layers), none),
        Panel("MACs/sample (thousands)", tuple(layer.macs / 1e3 for layer in layers), none),
        Panel("firing rate (%)", tuple(100 * layer.rate for layer in layers), silent),
        Panel("spikes/sample", tuple(layer.spikes for layer in layers), none),
        Panel("time constant (steps)", tuple(layer.tau or 0.0 for layer in layers), learned, marks=False),
        Panel("energy (nJ/sample)", tuple(1e9 * layer.energy for layer in layers), none),
    )


def _label(layer: LayerProfile) -> str:
    return f"{layer.name}  {'x'.join(map(str, layer.shape))}"


def _what_is_wrong(dead: int, saturated: int) -> str:
    return ", ".join([f"{dead} dead"] * (dead > 0) + [f"{saturated} full"] * (saturated > 0))


def plot_profile(path: str | Path, ax: Axes | None = None) -> Figure:
    """Draws the profile that ``autosnn-ray inspect --save`` wrote, layers from top to bottom.

    Args:
        path: The JSON file.
        ax: Where to draw; a new figure where None.
    """
    profile = Profile.load(path)
    shown = profile_panels(profile)
    count = len(profile.layers)
    figure, (row,) = panels(ax, 1, len(shown), 14.0, 1.4 + 0.28 * count)
    places = range(count)
    for axes, panel in zip(row, shown, strict=True):
        apply_style(axes)
        colours = [FRONT if note and panel.marks else POINTS for note in panel.notes]
        axes.barh(places, panel.values, color=colours, height=0.7)
        axes.set_xlabel(panel.title)
        for place, value, note in zip(places, panel.values, panel.notes, strict=True):
            axes.annotate(
                note, (value, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5, color=MUTED
            )
        labels = [_label(layer) for layer in profile.layers] if axes is row[0] else []
        axes.set_yticks(list(places) if labels else [], labels, fontsize=8)
        axes.set_ylim(count - 0.5, -0.5)
    title = (
        f"{profile.architecture or profile.space}: {profile.total('energy') * 1e9:,.0f} nJ/sample, "
        f"{profile.total('spikes'):,.0f} spikes/sample, measured on {profile.samples:,} samples"
    )
    if ax is None:
        figure.suptitle(title, fontsize=10)
    else:
        ax.set_title(title, fontsize=9)
    return figure
