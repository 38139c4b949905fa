"""The data sets that can be named on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import unknown_name


@dataclass(frozen=True)
class DatasetEntry:
    """A data set that can be loaded by name.

    Attributes:
        load: Makes the data set; takes the seed of the splits.
        summary: One line for people.
    """

    load: Callable[[int], Dataset]
    summary: str


def load_digits(seed: int) -> Dataset:
    """Loads scikit-learn's 1,797 real 8x8 images of handwritten digits; they come with the library.

    Args:
        seed: What the splits are drawn from.

    Returns:
        1,077 training, 360 validation and 360 test samples, one channel, values 0 to 1.
    """
    from sklearn import datasets

    bunch = datasets.load_digits()
    return Dataset.from_arrays("digits", bunch.images / 16.0, bunch.target, seed=seed)


DATASETS: dict[str, DatasetEntry] = {
    "digits": DatasetEntry(load_digits, "1,797 real 8x8 images of handwritten digits, embedded (scikit-learn)"),
}
"""Every data set by name. To add one: a function that returns a ``Dataset``, and a line here."""


def load_dataset(name: str, *, seed: int = 0) -> Dataset:
    """Loads a data set by name.

    Args:
        name: Key of ``DATASETS``.
        seed: What the splits are drawn from.

    Returns:
        The data set with its three splits.

    Raises:
        InvalidInputError: No such data set.

    Example:
        >>> data = load_dataset("digits")
        >>> len(data.train), len(data.validation), len(data.test), data.classes
        (1077, 360, 360, 10)
    """
    if name not in DATASETS:
        raise unknown_name("data set", name, DATASETS, "Dataset.from_arrays takes arrays of your own.")
    return DATASETS[name].load(seed)
