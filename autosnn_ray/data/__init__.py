"""Data sets: real samples, split by seed into training, validation and test."""

from autosnn_ray.data.augmentation import AUGMENTATIONS
from autosnn_ray.data.dataset import Dataset, Split
from autosnn_ray.data.load import load_dataset, load_described
from autosnn_ray.data.options import VALIDATION_BY, DataOptions
from autosnn_ray.data.readers.kept import cache_folder
from autosnn_ray.data.readers.samples import OnRead, Samples, Source
from autosnn_ray.data.registry import DATASETS, find_entry
from autosnn_ray.data.summary import Summary, summarize

__all__ = [
    "AUGMENTATIONS",
    "DATASETS",
    "VALIDATION_BY",
    "DataOptions",
    "Dataset",
    "OnRead",
    "Samples",
    "Source",
    "Split",
    "Summary",
    "cache_folder",
    "find_entry",
    "load_dataset",
    "load_described",
    "summarize",
]
