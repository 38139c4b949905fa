"""The chosen architecture, drawn block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from autosnn_ray.space import BLOCKS, SearchSpace, find_block

from ..compare import RunsGiven, named_runs
from ..frames import layer_spikes, read, read_space
from ..statistics import best, choose
from .style import CHOSEN, MUTED, by_run, place, say_nothing_yet, say_provenance

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
"""Of the families of blocks that come with the toolkit; ``colour_of_family`` has one for every other."""

_FURTHER = ("#E7C6E0", "#F3E29A", "#F2B8A8", "#C7D0E8", "#CFE3B4", "#E0CDB8")


def colour_of_family(family: str) -> str:
    """Returns the colour of a family of blocks: one of one's own has what it was registered with, or a further one.

    Example:
        >>> colour_of_family("srb")
        '#F6C98B'
    """
    if family in COLOURS:
        return COLOURS[family]
    chosen = [block.colour for block in BLOCKS.values() if block.family == family and block.colour]
    if chosen:
        return chosen[0]
    own = list(dict.fromkeys(block.family for block in BLOCKS.values() if block.family not in COLOURS))
    return _FURTHER[own.index(family) % len(_FURTHER) if family in own else 0]


@dataclass(frozen=True)
class Part:
    """One box of the picture.

    Attributes:
        family: The family of the block, or ``stem`` or ``head``.
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


@dataclass(frozen=True)
class ArchitectureData:
    """What the plot shows of one run.

    Attributes:
        parts: The boxes, from stem to head; none where no candidate was evaluated yet.
        provenance: How the spikes came about, in words.
        name: The run's name, where it stands beside others.
    """

    parts: list[Part] = field(default_factory=list)
    provenance: str = ""
    name: str = ""


def architecture_data(path: RunsGiven, name: str = "") -> ArchitectureData:
    """Picks what the plot shows out of a run: the best candidate by its goal."""
    frame, layers = read(path), layer_spikes(path)
    provenance = str(frame.attrs["provenance"])
    if best(frame, 1).empty:
        return ArchitectureData(provenance=provenance, name=name)
    row, space = choose(frame), read_space(path)
    own = layers[layers["index"] == row["index"]]
    spikes = dict(zip(own["layer"], own["spikes"], strict=True))
    parts = architecture_parts(space, space.parse(str(row["architecture"])), spikes)
    return ArchitectureData(parts, provenance, name)


def plot_architecture(path: RunsGiven, ax: Axes | None = None) -> Figure:
    """Draws the best candidate of a run, with the spikes of each block; of several runs, one below the other.

    Args:
        path: The run or its folder; several of them, or several by names of your own.
        ax: Where to draw; a new figure where None.
    """
    return draw_architecture([architecture_data(run, name) for name, run in named_runs(path).items()], ax)


def draw_architecture(data: Sequence[Part] | Sequence[ArchitectureData], ax: Axes | None = None) -> Figure:
    """Draws boxes from left to right: colour says the family, width the kernel, bars below the spikes.

    Args:
        data: The parts of an architecture, or what ``architecture_data`` gave of several.
        ax: Where to draw; a new figure where None.
    """
    parts = [one for one in data if isinstance(one, Part)]
    runs = [ArchitectureData(parts)] if parts else [one for one in data if isinstance(one, ArchitectureData)]
    longest = max((len(run.parts) for run in runs), default=0)
    rows = max(1, len(runs))
    figure, axes = place(ax, max(6.0, 1.02 * longest + 0.6), 3.1 * rows + 0.2)
    axes.set_axis_off()
    axes.set_xlim(-0.55, max(longest - 1, 1) + 0.55)
    axes.set_ylim(-_ROW * (rows - 1) - 1.85, 1.05)
    say_provenance(axes, by_run({run.name: run.provenance for run in runs}))
    for row, run in enumerate(runs):
        if rows > 1:
            axes.text(-0.38, 0.98 - _ROW * row, run.name, fontsize=8, ha="left", va="top")
        _draw_row(axes, run.parts, -_ROW * row)
    if not longest:
        say_nothing_yet(axes)
    return figure


_ROW = 3.1
"""Height of a run's row, where a block is one wide."""


def _draw_row(axes: Axes, parts: Sequence[Part], y: float) -> None:
    half = 0.38
    most = max((part.spikes for part in parts), default=0.0)
    for x, part in enumerate(parts):
        _draw_box(axes, part, x, y, half)
        if x:
            arrow = FancyArrowPatch(
                (x - 1 + half, y), (x - half, y), arrowstyle="-|>", mutation_scale=8, color="#444444", linewidth=0.9
            )
            axes.add_patch(arrow)
        if most > 0:
            _draw_spikes(axes, part, x, y, half, most)
    if most > 0:
        total = sum(part.spikes for part in parts)
        text = f"spikes per sample, by block; {total:,.0f} in all"
        axes.text(-half, y - 1.72, text, fontsize=8, color=MUTED, ha="left")


def _draw_box(axes: Axes, part: Part, x: float, y: float, half: float) -> None:
    height = 0.36
    box = FancyBboxPatch(
        (x - half, y - height),
        2 * half,
        2 * height,
        boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=colour_of_family(part.family),
        edgecolor=CHOSEN if part.is_slot else "#666666",
        linewidth=1.6 if part.is_slot else 0.8,
        linestyle="--" if part.family == "skip" else "-",
    )
    axes.add_patch(box)
    axes.text(x, y + 0.1, part.name.replace("_", "\n", 1), ha="center", va="center", fontsize=9.5, linespacing=1.05)
    kernel = f"{part.kernel}×{part.kernel}" if part.kernel else ""
    axes.text(x, y - 0.25, kernel, ha="center", va="center", fontsize=7.5, color="#444444")
    if part.channels:
        size = f"{part.channels} ch\n{part.size[0]}×{part.size[1]}"
        axes.text(x, y + 0.48, size, ha="center", va="bottom", fontsize=7.5, color=MUTED, linespacing=1.1)
    if part.family == "srb":
        arc = FancyArrowPatch(
            (x - half, y + 0.2), (x + half, y + 0.2), connectionstyle="arc3,rad=-0.45", arrowstyle="-|>",
            mutation_scale=7, color="#8A5A00", linewidth=0.9,
        )  # fmt: skip
        axes.add_patch(arc)


def _draw_spikes(axes: Axes, part: Part, x: float, y: float, half: float, most: float) -> None:
    depth = 0.8 * part.spikes / most
    axes.add_patch(Rectangle((x - 0.6 * half, y - 0.5 - depth), 1.2 * half, depth, color="#B8B8B8", linewidth=0))
    axes.text(x, y - 0.54 - depth, f"{part.spikes:,.0f}", ha="center", va="top", fontsize=7.5, color="#444444")
