"""The state of a training that can be cut off at any instant and gone on with."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from autosnn_ray.errors import CheckpointError
from autosnn_ray.files import require_writable, write_atomically
from autosnn_ray.spiking.network import SpikingNetwork

STATE_FILE = "training.safetensors"


def pack_training(
    network: SpikingNetwork, optimizer: torch.optim.Optimizer, metadata: dict[str, str] | None = None
) -> bytes:
    """Returns weights, statistics and optimiser as the content of a safetensors file."""
    tensors: dict[str, Tensor] = {f"network/{name}": tensor for name, tensor in network.state_dict().items()}
    for name, parameter in network.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer/{name}/{key}"] = value
    return save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)


def unpack_training(tensors: Mapping[str, Tensor], network: SpikingNetwork, optimizer: torch.optim.Optimizer) -> None:
    """Puts what ``pack_training`` packed into a network and its optimiser."""
    network.load_state_dict({n.removeprefix("network/"): t for n, t in tensors.items() if n.startswith("network/")})
    for name, parameter in network.named_parameters():
        start = f"optimizer/{name}/"
        own = {n.removeprefix(start): t.to(parameter.device) for n, t in tensors.items() if n.startswith(start)}
        if own:
            optimizer.state[parameter] = own


class TrainingState:
    """Saves weights, optimiser and epoch into one file of a folder, whole or not at all.

    Args:
        folder: Where the file is kept.
        identity: What makes this training the one it is (space, data, settings, seed); a saved state of
            another one is refused.
        every_seconds: How long to wait between two saves; the last epoch is always saved.

    Raises:
        InvalidInputError: The folder cannot be written to: said here, not when the training is done.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any], *, every_seconds: float = 10.0) -> None:
        require_writable(folder)
        self._path = folder / STATE_FILE
        self._identity = json.loads(json.dumps(dict(identity)))
        self._every_seconds = every_seconds
        self._saved_at = time.monotonic()

    def save(self, network: SpikingNetwork, optimizer: torch.optim.Optimizer, epoch: int, *, last: bool) -> None:
        """Saves the state after an epoch, when it is time or the epoch is the last."""
        if not last and time.monotonic() - self._saved_at < self._every_seconds:
            return
        metadata = {"epoch": str(epoch), "identity": json.dumps(self._identity)}
        write_atomically(self._path, pack_training(network, optimizer, metadata))
        self._saved_at = time.monotonic()

    def restore(self, network: SpikingNetwork, optimizer: torch.optim.Optimizer) -> int:
        """Loads the saved state into network and optimiser.

        Returns:
            Epochs that are done; 0 where nothing was saved.

        Raises:
            CheckpointError: The file is damaged, or belongs to another training.
        """
        if not self._path.exists():
            return 0
        try:
            with safe_open(str(self._path), framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
            epoch, identity = int(metadata["epoch"]), json.loads(metadata["identity"])
        except (SafetensorError, KeyError, ValueError, OSError) as error:
            raise CheckpointError(f"{self._path}: not a training state of this program: {error}") from error
        self._refuse_other(identity)
        unpack_training(tensors, network, optimizer)
        return epoch

    def discard(self) -> None:
        """Removes the saved state, when the training has ended and its result is safe."""
        self._path.unlink(missing_ok=True)

    def _refuse_other(self, identity: Mapping[str, Any]) -> None:
        keys = {*identity, *self._identity}
        differing = sorted(key for key in keys if identity.get(key) != self._identity.get(key))
        if differing:
            said = "; ".join(
                f"{key}: {identity.get(key)!r} there, {self._identity.get(key)!r} now" for key in differing
            )
            raise CheckpointError(
                f"{self._path}: holds an unfinished training of another kind ({said}); "
                "give another folder, or remove the file to start anew"
            )
