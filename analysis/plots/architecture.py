"""The chosen architecture, drawn block by block."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from analysis.frames import layer_spikes, read, read_space
from analysis.plots.style import CHOSEN, MUTED
from analysis.statistics import choose
from autosnn_ray.space import SearchSpace, find_block

COLOURS = {
    "stem": "#DDDDDD",
    "skip": "#F5F5F5",
    "conv": "#D6ECFA",
    "scb": "#9AD0F0",
    "srb": "#F6C98B",
    "sib": "#A6DFC4",
    "max_pool": "#FFFFFF",
    "avg_pool": "#FFFFFF",
    "head": "#DDDDDD",
}


@dataclass(frozen=True)
class Part:
    """One box of the picture.

    Attributes:
        family: Key of ``COLOURS``.
        name: What stands in the box.
        channels: Channels that leave it; 0 for the head.
        size: Height and width that leave it, pixels.
        spikes: Its spikes/sample.
        is_slot: Whether the search decided it.
        kernel: Side of its kernel, pixels.
    """

    family: str
    name: str
    channels: int
    size: tuple[int, int]
    spikes: float
    is_slot: bool
    kernel: int = 0


def architecture_parts(space: SearchSpace, architecture: tuple[str, ...], spikes: dict[str, float]) -> list[Part]:
    """Lists the boxes of the picture, from stem to head.

    Args:
        space: The search space.
        architecture: One choice for each slot.
        spikes: Spikes/sample by layer name, as an evaluation holds them; may be empty.
    """

    def total(prefix: str) -> float:
        return sum(value for name, value in spikes.items() if name == prefix or name.startswith(f"{prefix}."))

    parts = [Part("stem", "stem", space.channels, space.sizes[0], total("stem"), is_slot=False, kernel=3)]
    choices = iter(architecture)
    for position, layer in enumerate(space.layers):
        name = next(choices) if layer.is_slot else layer.kind
        block = find_block(name)
        kernel = 0 if "pool" in block.family else block.kernel
        spent = total(f"layers.{position}")
        parts.append(Part(block.family, name, layer.channels, space.sizes[position + 1], spent, layer.is_slot, kernel))
    parts.append(Part("head", "vote", 0, (1, 1), total("head"), is_slot=False))
    return parts


def plot_architecture(path: str | Path) -> Figure:
    """Draws the candidate of highest fitness of a run, with the spikes of each block."""
    space, row = read_space(path), choose(read(path))
    layers = layer_spikes(path)
    own = layers[layers["index"] == row["index"]]
    spikes = dict(zip(own["layer"], own["spikes"], strict=True))
    return draw_architecture(architecture_parts(space, space.parse(str(row["architecture"])), spikes))


def draw_architecture(parts: list[Part]) -> Figure:
    """Draws boxes from left to right: colour says the family, width the kernel, bars below the spikes."""
    figure = Figure(figsize=(max(6.0, 1.02 * len(parts) + 0.6), 3.1), layout="constrained")
    axes = figure.subplots()
    axes.set_axis_off()
    step, half = 1.0, 0.38
    most = max((part.spikes for part in parts), default=0.0)
    for position, part in enumerate(parts):
        x = position * step
        _draw_box(axes, part, x, half)
        if position:
            arrow = FancyArrowPatch(
                (x - step + half, 0.0),
                (x - half, 0.0),
                arrowstyle="-|>",
                mutation_scale=8,
                color="#444444",
                linewidth=0.9,
            )
            axes.add_patch(arrow)
        if most > 0:
            _draw_spikes(axes, part, x, half, most)
    if most > 0:
        total = sum(part.spikes for part in parts)
        axes.text(-half, -1.72, f"spikes per sample, by block; {total:,.0f} in all", fontsize=8, color=MUTED, ha="left")
    axes.set_xlim(-0.55, (len(parts) - 1) * step + 0.55)
    axes.set_ylim(-1.85, 1.05)
    return figure


def _draw_box(axes: Axes, part: Part, x: float, half: float) -> None:
    height = 0.36
    box = FancyBboxPatch(
        (x - half, -height),
        2 * half,
        2 * height,
        boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=COLOURS[part.family],
        edgecolor=CHOSEN if part.is_slot else "#666666",
        linewidth=1.6 if part.is_slot else 0.8,
        linestyle="--" if part.family == "skip" else "-",
    )
    axes.add_patch(box)
    axes.text(x, 0.1, part.name.replace("_", "\n", 1), ha="center", va="center", fontsize=9.5, linespacing=1.05)
    kernel = f"{part.kernel}×{part.kernel}" if part.kernel else ""
    axes.text(x, -0.25, kernel, ha="center", va="center", fontsize=7.5, color="#444444")
    if part.channels:
        size = f"{part.channels} ch\n{part.size[0]}×{part.size[1]}"
        axes.text(x, 0.48, size, ha="center", va="bottom", fontsize=7.5, color=MUTED, linespacing=1.1)
    if part.family == "srb":
        arc = FancyArrowPatch(
            (x - half, 0.2), (x + half, 0.2), connectionstyle="arc3,rad=-0.45", arrowstyle="-|>", mutation_scale=7,
            color="#8A5A00", linewidth=0.9,
        )  # fmt: skip
        axes.add_patch(arc)


def _draw_spikes(axes: Axes, part: Part, x: float, half: float, most: float) -> None:
    depth = 0.8 * part.spikes / most
    axes.add_patch(Rectangle((x - 0.6 * half, -0.5 - depth), 1.2 * half, depth, color="#B8B8B8", linewidth=0))
    axes.text(x, -0.54 - depth, f"{part.spikes:,.0f}", ha="center", va="top", fontsize=7.5, color="#444444")
