"""What a look into a network finds, layer by layer, as plain values: read without torch."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from autosnn_ray.checks import check_types
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.files import write_atomically

FORMAT = 3
_OF_A_STEP = 2
"""The format of profiles whose multiply-accumulates were those of one time step."""
_MISSED_LAYERS = 1
"""The format of profiles that missed layers of colour and event networks."""

_FIRST = "stem.neuron1"
"""The layer that frames go into."""


@dataclass(frozen=True)
class EnergyModel:
    """Energy of an operation, joules: 45 nm, 32-bit floats (Horowitz, ISSCC 2014). Data movement is not in it.

    Attributes:
        multiply_accumulate: Energy of one multiply-accumulate, where inputs are real numbers.
        accumulate: Energy of one accumulate, where inputs are spikes.
    """

    multiply_accumulate: float = 4.6e-12
    accumulate: float = 0.9e-12

    def __post_init__(self) -> None:
        check_types(self)
        for name, value in vars(self).items():
            if not 0 <= value < float("inf"):
                raise InvalidInputError(f"{name}: expected joules of at least 0, got {value!r}")


@dataclass(frozen=True)
class LayerProfile:
    """A layer of neurons, or a max pool, with the weights that feed it.

    Attributes:
        name: The layer's name, as in an evaluation's ``layer_spikes``.
        shape: Channels, height, width that leave it; features alone where it is fully connected.
        parameters: Trainable numbers: weights that feed it, batch norm, time constant.
        macs: For one sample, over all time steps: dense multiply-accumulates, padding included. A static frame passes
            the stem's first convolution once.
        rate: Spikes per neuron and time step, 0 to 1.
        spikes: Spikes/sample over all time steps.
        dead: Channels that did not fire once on any sample.
        saturated: Channels that fired nearly always.
        tau: Membrane time constant, time steps; None where there is none.
        real_input: Whether what comes in are real numbers, not spikes.
        operations: For one sample, over all time steps: multiply-accumulates where the input is real, else
            synaptic operations (for each input spike the neurons it reaches).
        energy: Energy of the operations for one sample, joules.
        effective_macs: For one sample, over all time steps: multiply-accumulates whose input is not zero, padding left
            out, where the input is real; 0 where it is spikes, whose effective accumulates are ``operations``.
        is_pool: Whether it is a max pool, which has no neurons.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int
    macs: int
    rate: float
    spikes: float
    dead: int
    saturated: int
    tau: float | None
    real_input: bool
    operations: float
    energy: float
    effective_macs: float = 0.0
    is_pool: bool = False

    @property
    def channels(self) -> int:
        """Channels, or features, that leave the layer."""
        return self.shape[0]


@dataclass(frozen=True)
class Profile:
    """A network layer by layer, measured on samples.

    Attributes:
        architecture: One choice for each slot, written with ``/``.
        space: The space's name.
        timesteps: Simulation steps T.
        samples: How many samples were looked at.
        energy_model: Energy of the operations.
        layers: From stem to head.
        footprint: Memory of all parameters and buffers, bytes, as NeuroBench defines it.
    """

    architecture: str
    space: str
    timesteps: int
    samples: int
    energy_model: EnergyModel
    layers: tuple[LayerProfile, ...]
    footprint: int = 0

    def total(self, name: str) -> float:
        """Adds up a number of all layers, such as ``parameters``, ``macs``, ``spikes``, ``energy``."""
        return float(sum(getattr(layer, name) for layer in self.layers))

    @property
    def synaptic_operations(self) -> float:
        """Synaptic operations of one sample: the accumulates of all layers fed by spikes."""
        return sum(layer.operations for layer in self.layers if not layer.real_input)

    @property
    def sparsity(self) -> float:
        """Share of neurons and time steps without a spike, max pools left out: NeuroBench's activation sparsity."""
        layers = [layer for layer in self.layers if not layer.is_pool]
        chances = self.timesteps * sum(math.prod(layer.shape) for layer in layers)
        return 1 - sum(layer.spikes for layer in layers) / chances

    @property
    def neurobench(self) -> str:
        """What NeuroBench reports besides synaptic operations (Yik et al., 2025), as a text."""
        return (
            f"activation sparsity {self.sparsity:.2%}, footprint {self.footprint:,} bytes, "
            f"{self.total('effective_macs'):,.0f} effective MACs a sample"
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the profile as plain values."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Profile:
        """Builds the profile that ``to_dict`` wrote.

        Raises:
            InvalidInputError: A profile of another format.
        """
        if values["format"] not in (FORMAT, _OF_A_STEP) or is_outdated(values):
            raise InvalidInputError(
                f"expected a profile of format {FORMAT}, got {values['format']!r} (format {_MISSED_LAYERS} missed "
                f"layers of colour and event networks, and format {_OF_A_STEP} does not say how often frames of zeros "
                "and ones passed the stem: write it anew with `autosnn-ray inspect`)"
            )
        layers = [LayerProfile(**{**layer, "shape": tuple(layer["shape"])}) for layer in values["layers"]]
        timesteps = int(values["timesteps"])
        if values["format"] == _OF_A_STEP:
            layers = [replace(layer, macs=_of_a_sample(layer, timesteps)) for layer in layers]
        return cls(
            architecture=str(values["architecture"]),
            space=str(values["space"]),
            timesteps=timesteps,
            samples=int(values["samples"]),
            energy_model=EnergyModel(**values["energy_model"]),
            layers=tuple(layers),
            footprint=int(values["footprint"]),
        )

    def save(self, path: str | Path) -> Path:
        """Writes the profile as JSON."""
        path = Path(path)
        write_atomically(path, f"{json.dumps(self.to_dict(), indent=2)}\n".encode())
        return path

    @classmethod
    def load(cls, path: str | Path) -> Profile:
        """Reads a profile that ``save`` wrote.

        Raises:
            InvalidInputError: No such file, or not a profile of this format.
        """
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls.from_dict(values)
        except OSError as error:
            raise InvalidInputError(f"{path}: expected a profile that can be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, InvalidInputError):
                raise InvalidInputError(f"{path}: {error}") from error
            wanted = "a profile, as `autosnn-ray inspect` writes it"
            raise InvalidInputError(f"{path}: expected {wanted}: {error!r}") from error


def is_outdated(values: Mapping[str, Any]) -> bool:
    """Says whether a profile is of an older format and cannot be converted: it is to be measured anew."""
    if values["format"] == _OF_A_STEP:
        return not all(layer["real_input"] for layer in values["layers"] if layer["name"] == _FIRST)
    return bool(values["format"] == _MISSED_LAYERS)


def _of_a_sample(layer: LayerProfile, timesteps: int) -> int:
    """Returns a sample's multiply-accumulates of a layer whose ``macs`` are those of one time step."""
    # Those of real frames are what was done: one that stands still passes the first convolution once.
    return round(layer.operations) if layer.name == _FIRST else layer.macs * timesteps
