"""The data sets that can be named on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from autosnn_ray.data.options import DataOptions
from autosnn_ray.data.readers.cifar import read_cifar10, read_cifar100
from autosnn_ray.data.readers.events import read_cifar10_dvs, read_dvs128_gesture, read_nmnist
from autosnn_ray.data.readers.files import reading
from autosnn_ray.data.readers.folders import holds
from autosnn_ray.data.readers.idx import read_idx_folder
from autosnn_ray.data.readers.images import SUFFIXES as IMAGES
from autosnn_ray.data.readers.images import read_image_folder, read_tiny_imagenet
from autosnn_ray.data.readers.npz import read_npz
from autosnn_ray.data.readers.own_events import SUFFIXES as RECORDINGS
from autosnn_ray.data.readers.own_events import read_event_folder
from autosnn_ray.data.readers.samples import Samples, Source
from autosnn_ray.data.readers.svhn import read_svhn
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.plugins import find


@dataclass(frozen=True)
class DatasetEntry:
    """A data set that can be loaded by name.

    Attributes:
        read: Finds and reads it.
        summary: One line for people.
        augmentation: What its training samples are augmented by, where nothing else is asked for.
        mean: Of each channel, frames being 0 to 1: taken off. Empty: frames stay as they are.
        deviation: Of each channel: what frames are then divided by.
        is_events: Whether samples are recordings of events, cut into frames of counts, which stay as they are.
        own: Whether it is one of the user's own, without a name here.
    """

    read: Callable[[DataOptions], Source]
    summary: str
    augmentation: str = "none"
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    is_events: bool = False
    own: bool = False


_CLOTHES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


def _digits(options: DataOptions) -> Source:
    """Gives scikit-learn's images: 1,077 training, 360 validation, 360 test samples, values 0 to 1."""
    # Its file alone: to import scikit-learn takes more than a second.
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise InvalidInputError("data set 'digits': its images come with scikit-learn; install scikit-learn")
    path = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    with reading(path, "the digits that come with scikit-learn"):
        table = np.loadtxt(path, delimiter=",")
    return Source(Samples.of_arrays(table[:, :-1].reshape(-1, 8, 8) / 16.0, table[:, -1].astype(np.int64)))


DATASETS: dict[str, DatasetEntry] = {
    "digits": DatasetEntry(_digits, "1,797 real 8x8 images of handwritten digits, embedded (scikit-learn)"),
    "mnist": DatasetEntry(
        lambda options: read_idx_folder("mnist", options.folders("mnist")),
        "70,000 28x28 images of handwritten digits, idx files",
        "crop",
        mean=(0.1307,),
        deviation=(0.3081,),
    ),
    "fashion_mnist": DatasetEntry(
        # Debian's package puts it into the second folder.
        lambda options: read_idx_folder(
            "fashion_mnist", options.folders("fashion_mnist", "/usr/share/datasets/fashion-mnist"), _CLOTHES
        ),
        "70,000 28x28 images of clothes, idx files (Debian: apt install dataset-fashion-mnist)",
        "crop+flip",
        mean=(0.2860,),
        deviation=(0.3530,),
    ),
    "cifar10": DatasetEntry(
        lambda options: read_cifar10(options.folders("cifar10")),
        "60,000 32x32 colour images of ten classes, binary version",
        "crop+flip",
        mean=(0.4914, 0.4822, 0.4465),
        deviation=(0.2470, 0.2435, 0.2616),
    ),
    "cifar100": DatasetEntry(
        lambda options: read_cifar100(options.folders("cifar100")),
        "60,000 32x32 colour images of a hundred classes, binary version",
        "crop+flip",
        mean=(0.5071, 0.4865, 0.4409),
        deviation=(0.2673, 0.2564, 0.2762),
    ),
    "svhn": DatasetEntry(
        lambda options: read_svhn(options.folders("svhn")),
        "99,289 32x32 colour images of house numbers, .mat files",
        "crop",
        mean=(0.4377, 0.4438, 0.4728),
        deviation=(0.1980, 0.2010, 0.1970),
    ),
    "tiny_imagenet": DatasetEntry(
        lambda options: read_tiny_imagenet(options.folders("tiny_imagenet"), options.size),
        "110,000 64x64 colour images of 200 classes, as the archive unpacks",
        "flip",
        mean=(0.4802, 0.4481, 0.3975),
        deviation=(0.2770, 0.2691, 0.2821),
    ),
    "cifar10_dvs": DatasetEntry(
        read_cifar10_dvs,
        "10,000 recordings of CIFAR-10 images by a 128x128 event camera, .aedat or tonic's .aedat4 (extra events)",
        is_events=True,
    ),
    "dvs128_gesture": DatasetEntry(
        # No flip: a wave of the left hand is one of the right hand then.
        read_dvs128_gesture,
        "1,464 gestures before a 128x128 event camera, .aedat with tables or tonic's .npy (extra events)",
        is_events=True,
    ),
    "nmnist": DatasetEntry(
        read_nmnist, "70,000 recordings of MNIST by a 34x34 event camera, .bin (extra events)", is_events=True
    ),
}
"""Every data set by name. To add one here: a function that finds and reads it, and an entry; from outside
``asr.register``."""


def find_entry(name: str) -> DatasetEntry:
    """Returns the entry of a name, or one for files of the user's own.

    Args:
        name: Key of ``DATASETS``, path of a ``.npz`` file, or of a folder of images or recordings with a folder for
            each class.

    Raises:
        InvalidInputError: No such data set.
    """
    if name in DATASETS:
        return DATASETS[name]
    path = Path(name)
    if path.suffix == ".npz":
        return DatasetEntry(lambda options: read_npz(path, options.as_before), "arrays of your own", own=True)
    if path.is_dir():
        with reading(path, "a folder that can be read"):
            images, recordings = (holds(path, suffixes) for suffixes in (IMAGES, RECORDINGS))
        if images and recordings:
            raise InvalidInputError(f"{path}: holds images and recordings of events; put them in folders of their own")
        if recordings:
            summary = "recordings of your own"
            return DatasetEntry(lambda options: read_event_folder(path, options), summary, is_events=True, own=True)
        return DatasetEntry(lambda options: read_image_folder(path, options), "images of your own", own=True)
    hint = (
        "Or give the path of a .npz file with x and y, or of a folder with a folder of images, or of recordings, for "
        "each class."
    )
    if path.suffix.lower() in (".npy", ".zip", ".tar", ".gz", ".h5"):
        hint += f" {name!r} is none of them: arrays are written with np.savez, archives are unpacked first."
    return find("data set", name, DATASETS, hint)
