"""A trained supernet: the network with all that must be known to search it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from autosnn_ray.data import load_described
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.data.mapped import as_tensor
from autosnn_ray.errors import AutoSNNError, CheckpointError, InvalidInputError
from autosnn_ray.files import write_atomically
from autosnn_ray.problem import Problem
from autosnn_ray.shown import Shown
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
    refuse_another,
)
from autosnn_ray.training.path_statistics import PathStatistics
from autosnn_ray.training.settings import TrainSettings


@dataclass(frozen=True, repr=False)
class Supernet(Shown):
    """A network that holds all choices of all slots, trained, with its description.

    Attributes:
        network: The weights; called as ``network(x, architecture)``.
        data: What ``Dataset.describe`` said of the data it was trained on.
        sampling: How paths were drawn.
        training: How it was trained.
        seed: What every draw came from.
        paths: How uniformly drawn paths do.
        weights_checksum: SHA-256 of the weights file.
        folder: Where it was loaded from; None for one that was trained in this process.
    """

    network: SpikingNetwork
    data: Mapping[str, Any]
    sampling: str
    training: TrainSettings
    seed: int
    paths: PathStatistics
    weights_checksum: str
    folder: Path | None = field(default=None, compare=False)

    def _about(self) -> dict[str, object]:
        known = {
            "space": self.space.name,
            "data": self.data.get("name"),
            "timesteps": self.timesteps,
            "seed": self.seed,
        }
        return {**known, "paths": self.paths.summary, "folder": self.folder}

    @property
    def space(self) -> SearchSpace:
        """The search space whose choices it holds."""
        return self.network.space

    @property
    def timesteps(self) -> int:
        """Simulation steps T."""
        return self.network.timesteps

    @property
    def neuron(self) -> NeuronSettings:
        """The neurons' settings."""
        return self.network.neuron

    @property
    def reference_spikes(self) -> float:
        """Mean spikes/sample over uniformly drawn paths, measured at the end of training."""
        return self.paths.spikes_mean

    def problem(self, data: Dataset | None = None, *, data_folder: str | Path | None = None) -> Problem:
        """Returns the problem that it was trained on.

        Args:
            data: The data set; loaded again where None.
            data_folder: Where its files are now, if they were moved.

        Raises:
            InvalidInputError: Other data, or data that cannot be found.
        """
        data = load_described(self.data, data_folder) if data is None else data
        problem = Problem(self.space, data, self.timesteps, self.neuron)
        self.check(problem)
        return problem

    def check(self, problem: Problem) -> None:
        """Refuses another problem than the one that it was trained on.

        Raises:
            InvalidInputError: The text says what differs.
        """
        known = self.data.get("checksum")
        if problem.data.checksum != known:
            raise InvalidInputError(
                f"data: expected {self.data.get('name')!r} with the split the supernet was trained on "
                f"(checksum {str(known)[:12]}…), got {problem.data.name!r} ({problem.data.checksum[:12]}…); "
                "validation samples may have been trained on"
            )
        for name, own, other in (
            ("space", self.space.checksum, problem.space.checksum),
            ("timesteps", self.timesteps, problem.timesteps),
            ("neuron", self.neuron, problem.neuron),
        ):
            if own != other:
                raise InvalidInputError(
                    f"supernet: expected one of the problem's {name}, got one that was trained for another; "
                    "supernet.problem() gives the problem that it is of"
                )

    def check_weights(self) -> None:
        """Holds the weights in memory against the checksum that a journal will name.

        Raises:
            InvalidInputError: They were changed since they were trained or loaded.
        """
        found = hashlib.sha256(pack(self.network)).hexdigest()
        if found != self.weights_checksum:
            raise InvalidInputError(
                f"supernet: expected the weights it was trained with (SHA-256 {self.weights_checksum[:12]}…), "
                f"got others ({found[:12]}…): they were changed in memory. Load it again; where the change is meant, "
                "make it a supernet of its own: dataclasses.replace(supernet, network=…, weights_checksum=…)"
            )

    def __reduce__(self) -> tuple[Any, ...]:
        # As arrays: Ray maps these from its object store into every process, where it would copy tensors.
        weights = {name: tensor.detach().cpu().numpy() for name, tensor in self.network.state_dict().items()}
        return _from_arrays, (self.describe(), weights, self.folder)

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
            "classes": self.network.classes,
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
        refuse_another(folder, (supernet.space, supernet.timesteps), (space, timesteps))
        return supernet


def _from_description(description: Mapping[str, Any], folder: Path) -> Supernet:
    paths = PathStatistics(**description["paths"])
    if not (math.isfinite(paths.spikes_mean) and paths.spikes_mean >= 0):
        raise CheckpointError(f"{folder / DESCRIPTION}: reference_spikes is {paths.spikes_mean}; train it again")
    weights = read_weights(folder / WEIGHTS, description["weights"]["sha256"])
    return _build(description, weights, folder, str(folder / WEIGHTS))


def _from_arrays(description: Mapping[str, Any], weights: Mapping[str, Any], folder: Path | None) -> Supernet:
    return _build(description, {name: as_tensor(array) for name, array in weights.items()}, folder, "shared memory")


def _build(description: Mapping[str, Any], weights: Mapping[str, Tensor], folder: Path | None, source: str) -> Supernet:
    network = build_on_meta(SearchSpace.from_dict(description["space"], source=source), description)
    fill(network, weights, source)
    return Supernet(
        network=network,
        data=dict(description["data"]),
        sampling=str(description["sampling"]),
        training=TrainSettings.from_dict(description["training"]),
        seed=int(description["seed"]),
        paths=PathStatistics(**description["paths"]),
        weights_checksum=str(description["weights"]["sha256"]),
        folder=folder,
    )
