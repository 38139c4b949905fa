"""Plots: each a figure of a run or of several, in axes of your own or in new ones; the data of each is a plain value.

To draw otherwise, take the data: ``pareto_data(analysis.read(path))`` and its siblings give what a picture shows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.files import write_atomically

from ..ranking import Ranking
from ..ranking_tables import rankings_frame
from .architecture import ArchitectureData, architecture_data, architecture_parts, draw_architecture, plot_architecture
from .cells import CellsData, cells_data, draw_cells, plot_cells
from .confusion import plot_confusion
from .designs import draw_designs, plot_designs
from .effects import EffectsData, draw_effects, effects_data, plot_effects
from .fidelity import FidelityData, draw_fidelity, fidelity_data
from .pareto import ParetoData, draw_pareto, pareto_data, plot_pareto
from .profile import plot_profile, profile_panels
from .progress import ProgressData, draw_progress, plot_progress, progress_data
from .race import draw_race
from .ranking import draw_ranking
from .samples import plot_samples

PLOTS: dict[str, Callable[[Any], Figure]] = {
    "pareto": plot_pareto,
    "progress": plot_progress,
    "architecture": plot_architecture,
    "effects": plot_effects,
}
"""Every plot by name; each takes the path of a run, and ours several and ``ax=`` too.

One of your own gets a name by ``asr.register(plot_mine, kind="plot", name="mine")``. ``autosnn-ray show --save`` draws
all.
"""

PLOTS_OF: dict[str, dict[str, Callable[[Any], Figure]]] = {"map_elites": {"cells": plot_cells}}
"""Plots that ``show --save`` draws of the runs of an algorithm alone, by its name."""


def save_rankings(rankings: list[Ranking], folder: str | Path) -> list[Path]:
    """Writes rankings as a table and as pictures: one each, and all of them against their cost.

    Returns:
        The files.
    """
    folder = Path(folder)
    table = rankings_frame(rankings).to_csv(index=False)
    write_atomically(folder / "rankings.csv", table.encode())
    pictures = {f"ranking-{ranking.evaluator}": draw_ranking(ranking) for ranking in rankings}
    pictures["fidelity"] = draw_fidelity(rankings)
    return [folder / "rankings.csv", *(save(figure, folder / f"{name}.png") for name, figure in pictures.items())]


_FORMATS = (".png", ".svg", ".pdf")


def save(figure: Figure, path: str | Path) -> Path:
    """Writes a figure; the suffix says how.

    Raises:
        InvalidInputError: The suffix is none of .png, .svg, .pdf.
    """
    path = Path(path)
    if path.suffix not in _FORMATS:
        raise InvalidInputError(f"{path}: expected a name that ends in one of: {', '.join(_FORMATS)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=200)
    return path


__all__ = [
    "PLOTS",
    "PLOTS_OF",
    "ArchitectureData",
    "CellsData",
    "EffectsData",
    "FidelityData",
    "ParetoData",
    "ProgressData",
    "architecture_data",
    "architecture_parts",
    "cells_data",
    "draw_architecture",
    "draw_cells",
    "draw_designs",
    "draw_effects",
    "draw_fidelity",
    "draw_pareto",
    "draw_progress",
    "draw_race",
    "draw_ranking",
    "effects_data",
    "fidelity_data",
    "pareto_data",
    "plot_architecture",
    "plot_cells",
    "plot_confusion",
    "plot_designs",
    "plot_effects",
    "plot_pareto",
    "plot_profile",
    "plot_progress",
    "plot_samples",
    "profile_panels",
    "progress_data",
    "save",
    "save_rankings",
]
