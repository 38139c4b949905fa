"""Plots: each a figure of a run; the data of each is a plain value of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from analysis.plots.architecture import plot_architecture
from analysis.plots.effects import plot_effects
from analysis.plots.fidelity import draw_fidelity
from analysis.plots.pareto import plot_pareto
from analysis.plots.profile import plot_profile
from analysis.plots.progress import plot_progress
from analysis.plots.ranking import draw_ranking
from analysis.ranking import Ranking, rankings_frame
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.files import write_atomically

PLOTS: dict[str, Callable[[str | Path], Figure]] = {
    "pareto": plot_pareto,
    "progress": plot_progress,
    "architecture": plot_architecture,
    "effects": plot_effects,
}
"""Every plot by name; each takes the path of a run."""


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


__all__ = ["PLOTS", "plot_architecture", "plot_effects", "plot_pareto", "plot_profile", "plot_progress", "save"]
