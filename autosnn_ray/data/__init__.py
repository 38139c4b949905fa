"""Data sets: real samples, split by seed into training, validation and test."""

from autosnn_ray.data.augmentation import AUGMENTATIONS
from autosnn_ray.data.dataset import Dataset, Split
from autosnn_ray.data.registry import DATASETS, load_dataset

__all__ = ["AUGMENTATIONS", "DATASETS", "Dataset", "Split", "load_dataset"]
