"""What is searched, before anything of it is trained: a space, data, time steps and neurons, fitted to each other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch

from autosnn_ray.checks import check_whole
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.shown import Shown
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.spiking.costs import Costs, count_costs
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import NeuronSettings
from autosnn_ray.spiking.weights import new_network

DEFAULT_TIMESTEPS = 4


@dataclass(frozen=True, repr=False)
class Problem(Shown):
    """A search space, a data set, T and the neurons' settings, fitted to each other once.

    The space's input channels and size give way to the data's frames.

    Attributes:
        space: Where architectures come from; without a slot it is one network.
        data: The data set.
        timesteps: Simulation steps T.
        neuron: The neurons' settings; AutoSNN's PLIF by default.

    Raises:
        InvalidInputError: Less than one time step, frames too small for the space's layers, or recordings cut into
            another number of frames than T.

    Example:
        >>> import search_spaces
        >>> from autosnn_ray.data import load_dataset
        >>> problem = Problem(search_spaces.load("autosnn_16"), load_dataset("digits"))
        >>> problem.space.in_channels, problem.space.input_size, problem.timesteps
        (1, (8, 8), 4)
        >>> problem.parameters(problem.space.at(0))
        9332
    """

    space: SearchSpace
    data: Dataset
    timesteps: int = DEFAULT_TIMESTEPS
    neuron: NeuronSettings = field(default_factory=NeuronSettings)

    def __post_init__(self) -> None:
        steps = self.timesteps
        check_whole("timesteps", steps)
        if self.data.train.x.ndim == 5 and self.data.train.x.shape[1] != steps:
            raise InvalidInputError(
                f"timesteps: expected {self.data.train.x.shape[1]}, the frames that a sample of {self.data.name!r} "
                f"has, one a step; got {steps}"
            )
        fitted = replace(self.space, in_channels=self.data.in_channels, input_size=self.data.input_size)
        fitted.check_sizes()
        object.__setattr__(self, "space", fitted)

    def _about(self) -> dict[str, object]:
        data = self.data
        return {
            "space": f"{self.space.name} ({self.space.size:,} architectures)",
            "data": f"{data.name} ({len(data.train):,} training, {len(data.validation):,} validation samples)",
            "timesteps": self.timesteps,
            "neuron": self.neuron.model,
        }

    @property
    def classes(self) -> int:
        """How many classes are told apart."""
        return self.data.classes

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over everything that decides what a training gives, its settings aside."""
        entries: list[object] = [self.space.checksum, self.data.checksum, self.timesteps, self.neuron.to_dict()]
        entries += [self.data.augmented] if self.data.augmented else []
        return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()

    @property
    def parts(self) -> dict[str, Any]:
        """What decides how its networks train, settings aside, each part by its name, as plain values."""
        return {
            "space": self.space.checksum,
            "data": self.data.checksum,
            **self.data.augmented,
            "timesteps": self.timesteps,
            "neuron": self.neuron.to_dict(),
        }

    def network(self, generator: torch.Generator, architecture: Architecture | None = None) -> SpikingNetwork:
        """Builds a network with weights from a generator and nothing else.

        Args:
            generator: What every draw comes from.
            architecture: One choice for each slot; None for a supernet with all choices.
        """
        return new_network(generator, self.space, architecture=architecture, **self._shape)

    def parameters(self, architecture: Architecture) -> int:
        """Counts the trainable numbers of an architecture; nothing of it is built."""
        return self.costs.of(architecture).parameters

    @cached_property
    def costs(self) -> Costs:
        """What architectures cost: parameters, multiply-accumulates, memory. Counted once, in the shapes alone."""
        static = self.data.train.x.ndim == 4 and self.space.stem != "event"
        return count_costs(self.space, static=static, **self._shape)

    def with_space(self, space: SearchSpace) -> Problem:
        """Returns the same problem over another space, such as a hand-made network."""
        return replace(self, space=space)

    def without_test(self) -> Problem:
        """Returns the problem with no test samples in it, for whoever is to choose."""
        found = replace(self, data=self.data.without_test())
        if "costs" in vars(self):
            vars(found)["costs"] = self.costs  # samples have no part in them
        return found

    def on(self, device: str) -> Problem:
        """Returns the problem with its training and validation samples on a device, ``cpu`` or ``cuda``."""
        data = self.data
        return replace(self, data=replace(data, train=data.train.to(device), validation=data.validation.to(device)))

    def describe(self) -> dict[str, Any]:
        """Returns space, data, T and neurons as plain values, as a journal holds them."""
        return {
            "space": self.space.to_dict(),
            "data": self.data.describe(),
            "timesteps": self.timesteps,
            "neuron": self.neuron.to_dict(),
        }

    @property
    def _shape(self) -> Mapping[str, Any]:
        return {"classes": self.classes, "timesteps": self.timesteps, "neuron": self.neuron}
