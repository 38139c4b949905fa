"""A network of its own, trained: one architecture with all that must be known to run, inspect and export it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import AutoSNNError, CheckpointError, InvalidInputError
from autosnn_ray.evaluation.evaluate import evaluate
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.files import write_atomically
from autosnn_ray.shown import Shown
from autosnn_ray.space import Architecture, SearchSpace, format_architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.weights import path_weights
from autosnn_ray.training.checkpoint import (
    DESCRIPTION,
    FORMAT,
    NETWORK_DESCRIPTION,
    NETWORK_WEIGHTS,
    build_on_meta,
    describe_network,
    fill,
    pack,
    read_description,
    read_weights,
)
from autosnn_ray.training.settings import TrainSettings
from autosnn_ray.training.supernet import Supernet


@dataclass(frozen=True, repr=False)
class TrainedNetwork(Shown):
    """One architecture as a network of its own, with its description.

    Attributes:
        network: The weights; called as ``network(x)``.
        data: What ``Dataset.describe`` said of the data it was trained on.
        training: How it was trained.
        seed: What every draw came from.
        validation: Accuracy and spikes on the validation split.
        start: Where the weights came from: ``scratch``, or ``supernet`` and its checksum.
    """

    network: SpikingNetwork
    data: Mapping[str, Any]
    training: TrainSettings
    seed: int
    validation: Evaluation
    start: str = "scratch"

    @classmethod
    def of(cls, network: SpikingNetwork, data: Dataset, training: TrainSettings, seed: int) -> TrainedNetwork:
        """Describes what ``train_from_scratch`` returned, and measures it on the validation split."""
        measured = evaluate(network, data.validation, loss=training.loss)
        return cls(network, data.describe(), training, seed, measured)

    def _about(self) -> dict[str, object]:
        found = self.validation
        return {
            "architecture": format_architecture(self.architecture) or self.space.name,
            "space": self.space.name,
            "data": self.data.get("name", "?"),
            "timesteps": self.network.timesteps,
            "seed": self.seed,
            "accuracy": f"{found.accuracy:.2%} on {found.samples:,} validation samples",
            "spikes": f"{found.spikes:,.0f}",
            "start": self.start.split()[0],
        }

    @property
    def space(self) -> SearchSpace:
        """The space the architecture is of."""
        return self.network.space

    @property
    def architecture(self) -> Architecture:
        """One choice for each slot."""
        return self.network.architecture or ()

    def save(self, folder: str | Path) -> Path:
        """Writes ``network.safetensors`` and, after it, ``network.json`` into a folder.

        Args:
            folder: Where to; made where missing.

        Returns:
            The folder.
        """
        folder = Path(folder)
        weights = pack(self.network)
        write_atomically(folder / NETWORK_WEIGHTS, weights)
        text = json.dumps(self._describe(hashlib.sha256(weights).hexdigest()), indent=2)
        write_atomically(folder / NETWORK_DESCRIPTION, f"{text}\n".encode())
        return folder

    def _describe(self, checksum: str) -> dict[str, Any]:
        from autosnn_ray.versions import versions

        return {
            "format": FORMAT,
            "space": self.space.to_dict(),
            "architecture": list(self.architecture),
            "classes": self.network.classes,
            "in_channels": self.network.in_channels,
            "input_size": list(self.network.input_size),
            "timesteps": self.network.timesteps,
            "neuron": self.network.neuron.to_dict(),
            "data": dict(self.data),
            "training": self.training.to_dict(),
            "seed": self.seed,
            "start": self.start,
            "validation": self.validation.to_dict(),
            "weights": {"file": NETWORK_WEIGHTS, "sha256": checksum},
            "versions": versions(),
        }

    @classmethod
    def load(cls, folder: str | Path) -> TrainedNetwork:
        """Reads a network that ``save`` wrote. Nothing is ever unpickled.

        Raises:
            CheckpointError: Files missing, damaged or changed, or weights that are not finite.
        """
        folder = Path(folder)
        path = folder / NETWORK_DESCRIPTION
        description = read_description(folder, NETWORK_DESCRIPTION)
        try:
            space = SearchSpace.from_dict(description["space"], source=str(path))
            network = build_on_meta(space, description)
            source = folder / NETWORK_WEIGHTS
            fill(network, read_weights(source, description["weights"]["sha256"]), str(source))
            return cls(
                network=network,
                data=dict(description["data"]),
                training=TrainSettings.from_dict(description["training"]),
                seed=int(description["seed"]),
                validation=Evaluation.from_dict(description["validation"]),
                start=str(description.get("start", "scratch")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, AutoSNNError):
                raise
            raise CheckpointError(
                f"{path}: expected the description of a network, but an entry is missing or wrong: {error!r}; "
                "train it again"
            ) from error


@dataclass(frozen=True)
class OpenedNetwork:
    """One architecture to be looked at, wherever its weights come from.

    Attributes:
        network: A network of its own, in evaluation mode.
        data: What ``Dataset.describe`` said of the data it was trained on.
        shared: Whether the weights are a supernet's.
    """

    network: SpikingNetwork
    data: Mapping[str, Any]
    shared: bool


def open_network(folder: str | Path, architecture: str | None = None) -> OpenedNetwork:
    """Opens one architecture: a network trained from scratch, or a path taken out of a supernet.

    Args:
        folder: What ``autosnn-ray train`` wrote.
        architecture: The path, for a supernet; a network of its own may leave it out.

    Returns:
        The network.

    Raises:
        CheckpointError: The folder holds neither, or damaged files.
        InvalidInputError: A supernet without an architecture, or a network of another one.
    """
    folder = Path(folder)
    if (folder / NETWORK_DESCRIPTION).exists() and not (folder / DESCRIPTION).exists():
        trained = TrainedNetwork.load(folder)
        if architecture is not None and trained.space.parse(architecture) != trained.architecture:
            held = "/".join(trained.architecture)
            raise InvalidInputError(f"{folder}: holds the network {held}, not {architecture}")
        return OpenedNetwork(trained.network, trained.data, shared=False)
    supernet = Supernet.load(folder)
    if architecture is None:
        raise InvalidInputError(f"{folder}: holds a supernet: give an architecture, such as a search's best")
    return OpenedNetwork(take_path(supernet.network, architecture), supernet.data, shared=True)


def take_path(supernet: SpikingNetwork, architecture: str | Architecture) -> SpikingNetwork:
    """Takes one path out of a supernet, as a network of its own that shares the supernet's memory."""
    description = {**describe_network(supernet), "architecture": supernet.space.parse(architecture)}
    network = build_on_meta(supernet.space, description)
    fill(network, path_weights(supernet.state_dict(), network), "supernet")
    return network
