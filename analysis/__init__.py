"""Reads a run: frames, fronts, statistics, pictures. Needs neither torch nor ray."""

from analysis.frames import layer_spikes, read, read_config, write_frame
from analysis.fronts import front, hypervolume
from analysis.plots import PLOTS, save
from analysis.statistics import best, choose, indistinguishable, wilson_interval

__all__ = [
    "PLOTS",
    "best",
    "choose",
    "front",
    "hypervolume",
    "indistinguishable",
    "layer_spikes",
    "read",
    "read_config",
    "save",
    "wilson_interval",
    "write_frame",
]
