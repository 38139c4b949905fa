"""Training of supernets and of networks of their own, by one loop."""

from autosnn_ray.training.card import has_outdated_card, write_card
from autosnn_ray.training.keep import train_and_keep
from autosnn_ray.training.path_statistics import PathStatistics, measure_paths
from autosnn_ray.training.paths import PATH_SAMPLERS
from autosnn_ray.training.scratch import ScratchTraining, Start
from autosnn_ray.training.settings import SCHEDULES, TrainSettings
from autosnn_ray.training.standalone import train_from_scratch
from autosnn_ray.training.supernet import Supernet
from autosnn_ray.training.train_supernet import train_supernet
from autosnn_ray.training.trained import OpenedNetwork, TrainedNetwork, open_network, take_path

__all__ = [
    "PATH_SAMPLERS",
    "SCHEDULES",
    "OpenedNetwork",
    "PathStatistics",
    "ScratchTraining",
    "Start",
    "Supernet",
    "TrainSettings",
    "TrainedNetwork",
    "has_outdated_card",
    "measure_paths",
    "open_network",
    "take_path",
    "train_and_keep",
    "train_from_scratch",
    "train_supernet",
    "write_card",
]
