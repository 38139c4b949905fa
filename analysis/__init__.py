"""Reads a run: frames, fronts, statistics, pictures. Needs neither torch nor ray."""

from analysis.effects import effects
from analysis.frames import layer_spikes, read, read_config, write_frame
from analysis.fronts import front, hypervolume
from analysis.plots import PLOTS, plot_profile, save, save_rankings
from analysis.plots.fidelity import draw_fidelity
from analysis.plots.ranking import draw_ranking
from analysis.profiles import read_profile, write_profile
from analysis.ranking import Ranking, evaluator_label, rankings_frame, read_rankings
from analysis.reproduction import read_reproduction, read_reproduction_config
from analysis.retraining import read_retraining, summarise_retraining, write_retraining
from analysis.statistics import best, choose, indistinguishable, preferred, wilson_interval

__all__ = [
    "PLOTS",
    "Ranking",
    "best",
    "choose",
    "draw_fidelity",
    "draw_ranking",
    "effects",
    "evaluator_label",
    "front",
    "hypervolume",
    "indistinguishable",
    "layer_spikes",
    "plot_profile",
    "preferred",
    "rankings_frame",
    "read",
    "read_config",
    "read_profile",
    "read_rankings",
    "read_reproduction",
    "read_reproduction_config",
    "read_retraining",
    "save",
    "save_rankings",
    "summarise_retraining",
    "wilson_interval",
    "write_frame",
    "write_profile",
    "write_retraining",
]
