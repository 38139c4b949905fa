"""The two files of a supernet, or of a network of its own: weights in safetensors, description in JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from autosnn_ray.errors import CheckpointError
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import NeuronSettings

WEIGHTS = "supernet.safetensors"
DESCRIPTION = "supernet.json"
NETWORK_WEIGHTS = "network.safetensors"
NETWORK_DESCRIPTION = "network.json"
FORMAT = 1


def pack(network: SpikingNetwork) -> bytes:
    """Returns all weights and statistics of a network as the content of a safetensors file."""
    return save({name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()})


def read_description(folder: Path, name: str = DESCRIPTION) -> dict[str, Any]:
    """Reads the description of a supernet, or of a network of its own.

    Args:
        folder: The folder that holds it.
        name: ``DESCRIPTION`` or ``NETWORK_DESCRIPTION``.

    Raises:
        CheckpointError: No folder, no such file, not JSON, or of another format.
    """
    if not folder.is_dir():
        raise CheckpointError(
            f"{folder}: expected a folder that holds {Path(name).stem}.safetensors and {name}, as "
            "`autosnn-ray train` writes it; "
            "other checkpoints, pickles among them, are not opened"
        )
    path = folder / name
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: no such file; is the training finished, and is this its folder?") from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: expected JSON that can be read: {error}") from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        given = description.get("format") if isinstance(description, dict) else type(description).__name__
        raise CheckpointError(f"{path}: expected the description of a {path.stem}, format {FORMAT}, got {given!r}")
    return description


def build_on_meta(space: SearchSpace, description: Mapping[str, Any]) -> SpikingNetwork:
    """Builds a supernet, or a network of its own, without memory for its weights, from its description.

    Raises:
        CheckpointError: Sizes that no network can have.
    """
    height, width = description["input_size"]
    architecture = description.get("architecture")
    try:
        with torch.device("meta"):
            return SpikingNetwork(
                space,
                classes=int(description["classes"]),
                timesteps=int(description["timesteps"]),
                neuron=NeuronSettings.from_dict(description["neuron"]),
                architecture=None if architecture is None else tuple(architecture),
                in_channels=int(description["in_channels"]),
                input_size=(int(height), int(width)),
            )
    except (RuntimeError, OverflowError) as error:
        raise CheckpointError(f"expected the description of a network, got impossible sizes: {error}") from error


def describe_network(network: SpikingNetwork) -> dict[str, Any]:
    """Returns what ``build_described`` needs to build a network again, as plain values."""
    return {
        "space": network.space.to_dict(),
        "classes": network.classes,
        "timesteps": network.timesteps,
        "neuron": network.neuron.to_dict(),
        "in_channels": network.in_channels,
        "input_size": list(network.input_size),
        "architecture": None if network.architecture is None else list(network.architecture),
    }


def build_described(description: Mapping[str, Any]) -> SpikingNetwork:
    """Builds a network that ``describe_network`` described, without memory for its weights."""
    return build_on_meta(SearchSpace.from_dict(description["space"], source="another process"), description)


def read_weights(path: Path, checksum: str) -> dict[str, Tensor]:
    """Reads a weights file and holds it against its checksum and against NaN.

    Raises:
        CheckpointError: The file is missing, truncated, changed, no safetensors file, or holds values that
            are not finite.
    """
    try:
        content = path.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != checksum:
            raise CheckpointError(
                f"{path}: the file is truncated or was changed: SHA-256 {found[:12]}…, expected {checksum[:12]}…; "
                "copy it again or train it again"
            )
        tensors = load(content)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error
    except SafetensorError as error:
        raise CheckpointError(f"{path}: not a safetensors file ({error}); other formats are not opened") from error
    bad = [name for name, tensor in tensors.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    if bad:
        raise CheckpointError(f"{path}: {len(bad)} tensors hold NaN or infinite values ({', '.join(bad[:3])} …)")
    return tensors


def fill(network: SpikingNetwork, tensors: Mapping[str, Tensor], source: str) -> None:
    """Lets a network's parameters be the given tensors, without a copy, and puts it into evaluation mode.

    Raises:
        CheckpointError: Names or shapes are not those of the network.
    """
    try:
        network.load_state_dict(dict(tensors), strict=True, assign=True)
    except RuntimeError as error:
        raise CheckpointError(f"{source}: the weights are not of space {network.space.name!r}: {error}") from error
    network.eval().requires_grad_(False)


def refuse_another(
    folder: Path, found: tuple[SearchSpace, int], expected: tuple[SearchSpace | None, int | None]
) -> None:
    """Refuses a supernet of another space or T than expected, each where that is given.

    Raises:
        CheckpointError: It is of another.
    """
    (space, timesteps), (wanted, steps) = found, expected
    if wanted is not None and wanted.checksum != space.checksum:
        raise CheckpointError(
            f"{folder}: a supernet of space {space.name!r}, expected {wanted.name!r}; "
            "train one for this space, or search the space it was trained for"
        )
    if steps is not None and steps != timesteps:
        raise CheckpointError(f"{folder}: a supernet with T={timesteps}, expected T={steps}; train another")
