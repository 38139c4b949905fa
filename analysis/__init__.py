"""Reads a run: frames, fronts, statistics, pictures. Needs neither torch nor ray."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .compare import compare
from .designs import design_costs, read_designs, setting_of, summarise_designs
from .effects import effects
from .finalists import best_known, longest_trained, read_finalists, read_halving
from .folders import KINDS, Folder, contents_of, kind_of
from .frames import correct, layer_spikes, read, read_config, state, write_frame
from .fronts import front, hypervolume
from .paired import compare_rankings, compare_with_best
from .profiles import read_profile, write_profile
from .racing import AT, Contest, contest, race, race_table
from .ranking import Ranking, evaluator_label, read_rankings
from .ranking_tables import calibration_frame, costs_frame, rankings_frame
from .reproduction import read_reproduction, read_reproduction_config
from .retraining import read_retraining, summarise_retraining, write_retraining
from .statistics import best, choose, indistinguishable, mcnemar, preferred, wilson_interval
from .tabular import Tabular, tabular

if TYPE_CHECKING:
    from .plots import (
        PLOTS,
        PLOTS_OF,
        cells_data,
        draw_architecture,
        draw_cells,
        draw_designs,
        draw_effects,
        draw_fidelity,
        draw_pareto,
        draw_progress,
        draw_race,
        draw_ranking,
        effects_data,
        pareto_data,
        plot_architecture,
        plot_cells,
        plot_confusion,
        plot_designs,
        plot_effects,
        plot_pareto,
        plot_profile,
        plot_progress,
        plot_samples,
        progress_data,
        save,
        save_rankings,
    )

__all__ = [
    "AT",
    "KINDS",
    "PLOTS",
    "PLOTS_OF",
    "Contest",
    "Folder",
    "Ranking",
    "Tabular",
    "best",
    "best_known",
    "calibration_frame",
    "cells_data",
    "choose",
    "compare",
    "compare_rankings",
    "compare_with_best",
    "contents_of",
    "contest",
    "correct",
    "costs_frame",
    "design_costs",
    "draw_architecture",
    "draw_cells",
    "draw_designs",
    "draw_effects",
    "draw_fidelity",
    "draw_pareto",
    "draw_progress",
    "draw_race",
    "draw_ranking",
    "effects",
    "effects_data",
    "evaluator_label",
    "front",
    "hypervolume",
    "indistinguishable",
    "kind_of",
    "layer_spikes",
    "longest_trained",
    "mcnemar",
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
    "preferred",
    "progress_data",
    "race",
    "race_table",
    "rankings_frame",
    "read",
    "read_config",
    "read_designs",
    "read_finalists",
    "read_halving",
    "read_profile",
    "read_rankings",
    "read_reproduction",
    "read_reproduction_config",
    "read_retraining",
    "save",
    "save_rankings",
    "setting_of",
    "state",
    "summarise_designs",
    "summarise_retraining",
    "tabular",
    "wilson_interval",
    "write_frame",
    "write_profile",
    "write_retraining",
]


def __getattr__(name: str) -> Any:
    # Matplotlib takes half a second of a core to import: only who draws pays for it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(".plots", __name__), name)
