"""Data sets: real samples, split by seed into training, validation and test."""

from autosnn_ray.data.augmentation import AUGMENTATIONS
from autosnn_ray.data.dataset import Dataset, Split
from autosnn_ray.data.load import load_dataset, load_described
from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.registry import DATASETS

__all__ = ["AUGMENTATIONS", "DATASETS", "DataOptions", "Dataset", "Split", "load_dataset", "load_described"]
