"""Colours and axes that all plots share; distinct also for the colour-blind (Okabe and Ito, 2008)."""

from __future__ import annotations

from matplotlib.axes import Axes

FRONT = "#D55E00"
CHOSEN = "#B3005E"
POINTS = "#0072B2"
MUTED = "#777777"


def apply_style(axes: Axes) -> None:
    """Leaves two spines and a faint grid."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(visible=True, color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)
