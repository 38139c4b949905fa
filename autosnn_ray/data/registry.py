"""The data sets that can be named on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.idx import read_idx_folder
from autosnn_ray.data.readers.samples import Samples, Source


@dataclass(frozen=True)
class DatasetEntry:
    """A data set that can be loaded by name.

    Attributes:
        read: Finds and reads it.
        summary: One line for people.
        augmentation: What its training samples are augmented by, where nothing else is asked for.
        mean: Of each channel, frames being 0 to 1: taken off. Empty: frames stay as they are.
        deviation: Of each channel: what frames are then divided by.
    """

    read: Callable[[DataOptions], Source]
    summary: str
    augmentation: str = "none"
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()


def _digits(options: DataOptions) -> Source:
    """Gives scikit-learn's images: 1,077 training, 360 validation, 360 test samples, values 0 to 1."""
    from sklearn import datasets

    bunch = datasets.load_digits()
    return Source(Samples.of_arrays(bunch.images / 16.0, bunch.target))


def _mnist(options: DataOptions) -> Source:
    return read_idx_folder("mnist", options.folders("mnist", "/usr/share/datasets/mnist"))


def _fashion_mnist(options: DataOptions) -> Source:
    # Where Debian's package dataset-fashion-mnist puts it.
    return read_idx_folder("fashion_mnist", options.folders("fashion_mnist", "/usr/share/datasets/fashion-mnist"))


DATASETS: dict[str, DatasetEntry] = {
    "digits": DatasetEntry(_digits, "1,797 real 8x8 images of handwritten digits, embedded (scikit-learn)"),
    "mnist": DatasetEntry(
        _mnist, "70,000 28x28 images of handwritten digits, idx files", "crop", mean=(0.1307,), deviation=(0.3081,)
    ),
    "fashion_mnist": DatasetEntry(
        _fashion_mnist,
        "70,000 28x28 images of clothes, idx files (Debian: apt install dataset-fashion-mnist)",
        "crop+flip",
        mean=(0.2860,),
        deviation=(0.3530,),
    ),
}
"""Every data set by name. To add one: a function that finds and reads it, and an entry here."""
