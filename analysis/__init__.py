"""Reads a run: frames, fronts, statistics, pictures. Needs neither torch nor ray."""

from analysis.frames import layer_spikes, read, read_config, write_frame
from analysis.fronts import front, hypervolume
from analysis.plots import PLOTS, plot_profile, save
from analysis.profiles import read_profile, write_profile
from analysis.statistics import best, choose, indistinguishable, wilson_interval

__all__ = [
    "PLOTS",
    "best",
    "choose",
    "front",
    "hypervolume",
    "indistinguishable",
    "layer_spikes",
    "plot_profile",
    "read",
    "read_config",
    "read_profile",
    "save",
    "wilson_interval",
    "write_frame",
    "write_profile",
]
