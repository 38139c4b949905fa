"""A trained supernet: the network with all that must be known to search it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from autosnn_ray.errors import AutoSNNError, CheckpointError
from autosnn_ray.files import write_atomically
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import NeuronSettings
from autosnn_ray.training.checkpoint import (
    DESCRIPTION,
    FORMAT,
    WEIGHTS,
    build_on_meta,
    fill,
    pack,
    read_description,
    read_weights,
)
from autosnn_ray.training.settings import TrainSettings


@dataclass(frozen=True)
class PathStatistics:
    """How paths drawn uniformly do on the validation split.

    Attributes:
        count: Paths drawn.
        accuracy_min: Least accuracy.
        accuracy_median: Median accuracy.
        accuracy_max: Highest accuracy.
        spikes_mean: Mean spikes/sample: the reference of the fitness.
        chance: Accuracy of always naming the commonest class.
        better_than_chance: Whether the median cannot be explained by guessing.
    """

    count: int
    accuracy_min: float
    accuracy_median: float
    accuracy_max: float
    spikes_mean: float
    chance: float
    better_than_chance: bool


@dataclass(frozen=True)
class Supernet:
    """A network that holds all choices of all slots, trained, with its description.

    Attributes:
        network: The weights; called as ``network(x, architecture)``.
        space: The search space whose choices it holds.
        classes: How many classes it tells apart.
        timesteps: Simulation steps T.
        neuron: The neurons' settings.
        data: What ``Dataset.describe`` said of the data it was trained on.
        sampling: How paths were drawn.
        training: How it was trained.
        seed: What every draw came from.
        paths: How uniformly drawn paths do.
        weights_checksum: SHA-256 of the weights file.
        folder: Where it was loaded from; None for one that was trained in this process.
    """

    network: SpikingNetwork
    space: SearchSpace
    classes: int
    timesteps: int
    neuron: NeuronSettings
    data: Mapping[str, Any]
    sampling: str
    training: TrainSettings
    seed: int
    paths: PathStatistics
    weights_checksum: str
    folder: Path | None = field(default=None, compare=False)

    @classmethod
    def untrained(
        cls, space: SearchSpace, data: Mapping[str, Any], *, timesteps: int, neuron: NeuronSettings
    ) -> Supernet:
        """Stands in where only space, T and neurons count: for trainings alone that follow no supernet.

        Args:
            space: The space, of the data's frames; it may be one without slots.
            data: What ``Dataset.describe`` said of the data.
            timesteps: Simulation steps T.
            neuron: The neurons' settings.

        Returns:
            A supernet without memory for weights, which can be neither run nor saved.
        """
        with torch.device("meta"):
            network = SpikingNetwork(space, classes=int(data["classes"]), timesteps=timesteps, neuron=neuron)
        nothing = PathStatistics(0, 0.0, 0.0, 0.0, 1.0, 0.0, better_than_chance=False)
        return cls(
            network=network.eval().requires_grad_(False),
            space=space,
            classes=int(data["classes"]),
            timesteps=timesteps,
            neuron=neuron,
            data=data,
            sampling="none",
            training=TrainSettings(),
            seed=0,
            paths=nothing,
            weights_checksum="",
        )

    @property
    def is_trained(self) -> bool:
        """Whether it has weights; see ``untrained``."""
        return bool(self.weights_checksum)

    @property
    def reference_spikes(self) -> float:
        """Mean spikes/sample over uniformly drawn paths, measured at the end of training."""
        return self.paths.spikes_mean

    def save(self, folder: str | Path) -> Path:
        """Writes ``supernet.safetensors`` and, after it, ``supernet.json`` into a folder.

        Args:
            folder: Where to; made where missing.

        Returns:
            The folder.
        """
        folder = Path(folder)
        write_atomically(folder / WEIGHTS, pack(self.network))
        text = json.dumps(self.describe(), indent=2)
        write_atomically(folder / DESCRIPTION, f"{text}\n".encode())
        return folder

    def describe(self) -> dict[str, Any]:
        """Returns the description that stands in ``supernet.json``."""
        from autosnn_ray.versions import versions

        return {
            "format": FORMAT,
            "space": self.space.to_dict(),
            "classes": self.classes,
            "in_channels": self.network.in_channels,
            "input_size": list(self.network.input_size),
            "timesteps": self.timesteps,
            "neuron": self.neuron.to_dict(),
            "data": dict(self.data),
            "sampling": self.sampling,
            "training": self.training.to_dict(),
            "seed": self.seed,
            "reference_spikes": self.reference_spikes,
            "paths": vars(self.paths),
            "weights": {"file": WEIGHTS, "sha256": self.weights_checksum},
            "versions": versions(),
        }

    @classmethod
    def load(cls, folder: str | Path, *, space: SearchSpace | None = None, timesteps: int | None = None) -> Supernet:
        """Reads a supernet that ``save`` wrote. Nothing is ever unpickled.

        Args:
            folder: The folder with ``supernet.safetensors`` and ``supernet.json``.
            space: The space it is expected to be of, if that matters.
            timesteps: The T it is expected to have, if that matters.

        Returns:
            The supernet, in evaluation mode.

        Raises:
            CheckpointError: Files missing, damaged or changed, weights that are not finite, or another
                space or T than expected.
        """
        folder = Path(folder)
        description = read_description(folder)
        try:
            supernet = _from_description(description, folder)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, AutoSNNError):
                raise
            raise CheckpointError(
                f"{folder / DESCRIPTION}: expected the description of a supernet, but an entry is missing or wrong: "
                f"{error!r}; train the supernet again"
            ) from error
        _refuse_unexpected(supernet, folder, space, timesteps)
        return supernet


def _from_description(description: Mapping[str, Any], folder: Path) -> Supernet:
    space = SearchSpace.from_dict(description["space"], source=str(folder / DESCRIPTION))
    neuron = NeuronSettings.from_dict(description["neuron"])
    paths = PathStatistics(**description["paths"])
    if not (math.isfinite(paths.spikes_mean) and paths.spikes_mean >= 0):
        raise CheckpointError(f"{folder / DESCRIPTION}: reference_spikes is {paths.spikes_mean}; train it again")
    network = build_on_meta(space, description)
    checksum = description["weights"]["sha256"]
    fill(network, read_weights(folder / WEIGHTS, checksum), str(folder / WEIGHTS))
    return Supernet(
        network=network,
        space=space,
        classes=int(description["classes"]),
        timesteps=int(description["timesteps"]),
        neuron=neuron,
        data=dict(description["data"]),
        sampling=str(description["sampling"]),
        training=TrainSettings.from_dict(description["training"]),
        seed=int(description["seed"]),
        paths=paths,
        weights_checksum=checksum,
        folder=folder,
    )


def _refuse_unexpected(supernet: Supernet, folder: Path, space: SearchSpace | None, timesteps: int | None) -> None:
    if space is not None and space.checksum != supernet.space.checksum:
        raise CheckpointError(
            f"{folder}: a supernet of space {supernet.space.name!r}, expected {space.name!r}; "
            "train one for this space, or search the space it was trained for"
        )
    if timesteps is not None and timesteps != supernet.timesteps:
        raise CheckpointError(
            f"{folder}: a supernet with T={supernet.timesteps}, expected T={timesteps}; train another"
        )
