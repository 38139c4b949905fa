"""The supernet and the samples, as they travel through Ray's object store: once, for all actors."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autosnn_ray.data.dataset import Dataset, Split
from autosnn_ray.errors import CheckpointError
from autosnn_ray.evaluators.base import EvaluationData
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.checkpoint import build_on_meta, fill
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.supernet import Supernet

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class SharedSupernet:
    """A supernet and its samples as flat arrays, which Ray maps into every actor without a copy.

    Attributes:
        description: ``Supernet.describe`` as JSON.
        weights: Parameters and statistics by name.
        train: Frames and classes of the training split.
        validation: Frames and classes of the validation split.
        checksum: CRC-32 over the weights.
        black: ``Dataset.black``.
        home: The run's folder, where evaluators may keep files.
    """

    description: str
    weights: dict[str, Array]
    train: tuple[Array, Array]
    validation: tuple[Array, Array]
    checksum: int
    black: tuple[float, ...] = ()
    home: str | None = None

    @classmethod
    def of(cls, supernet: Supernet, data: Dataset, home: Path | None = None) -> SharedSupernet:
        """Makes the arrays that are put into the object store; test samples stay behind, and untrained weights."""
        state = supernet.network.state_dict() if supernet.is_trained else {}
        weights = {name: tensor.detach().cpu().numpy() for name, tensor in state.items()}
        return cls(
            description=json.dumps(supernet.describe()),
            weights=weights,
            train=(data.train.x.numpy(), data.train.y.numpy()),
            validation=(data.validation.x.numpy(), data.validation.y.numpy()),
            checksum=_checksum(weights),
            black=data.black,
            home=None if home is None else str(home.resolve()),
        )

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for array in (*self.weights.values(), *self.train, *self.validation))

    def open(self, device: str = "cpu") -> tuple[SpikingNetwork, EvaluationData]:
        """Builds the network around the mapped arrays: without a copy, unless they must go to a GPU.

        Args:
            device: Where candidates are evaluated: ``cpu`` or ``cuda``.

        Returns:
            The supernet in evaluation mode, and the samples. One that was never trained has no memory for weights.

        Raises:
            CheckpointError: The weights are not what was put into the store.
        """
        self.check()
        description = json.loads(self.description)
        network = build_on_meta(SearchSpace.from_dict(description["space"]), description)
        if self.weights:
            fill(network, {name: _mapped(array) for name, array in self.weights.items()}, "object store")
            network = network.to(device)
        train, validation = (
            Split(*(_mapped(a).to(device) for a in arrays)) for arrays in (self.train, self.validation)
        )
        about = description["data"]
        data = Dataset(
            name=about["name"],
            classes=about["classes"],
            train=train,
            validation=validation,
            test=validation.head(0),
            augmentation=about["augmentation"],
            seed=about["seed"],
            black=self.black,
        )
        home = None if self.home is None else Path(self.home)
        return network, EvaluationData(data, TrainSettings.from_dict(description["training"]), about, home)

    def check(self) -> None:
        """Holds the shared weights against their checksum: torch can write into read-only memory.

        Raises:
            CheckpointError: Some process has written into them.
        """
        found = _checksum(self.weights)
        if found != self.checksum:
            raise CheckpointError(
                f"the supernet's shared weights were overwritten (CRC-32 {found:08x}, expected {self.checksum:08x}): "
                "an evaluator must not write into the network it is given"
            )


@dataclass(frozen=True)
class SharedDataset:
    """A data set whose samples are flat arrays, which Ray maps into every process without a copy.

    Attributes:
        about: The data set without samples.
        samples: Frames and classes by the name of their split.
    """

    about: Dataset
    samples: dict[str, tuple[Array, Array]]

    @classmethod
    def of(cls, data: Dataset) -> SharedDataset:
        """Makes the arrays that are put into the object store."""
        splits = {name: getattr(data, name) for name in ("train", "validation", "test")}
        return cls(
            about=replace(data, **{name: split.head(0) for name, split in splits.items()}),
            samples={name: (split.x.numpy(), split.y.numpy()) for name, split in splits.items()},
        )

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for arrays in self.samples.values() for array in arrays)

    def open(self) -> Dataset:
        """Returns the data set with the mapped samples."""
        splits: dict[str, Any] = {name: Split(*map(_mapped, arrays)) for name, arrays in self.samples.items()}
        return replace(self.about, **splits)


def _checksum(weights: dict[str, Array]) -> int:
    crc = 0
    for name in sorted(weights):
        crc = zlib.crc32(np.ascontiguousarray(weights[name]).data, zlib.crc32(name.encode(), crc))
    return crc


def _mapped(array: Array) -> Tensor:
    # torch warns once that it cannot keep an array read-only; the checksum is the guard.
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
