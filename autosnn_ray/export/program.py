"""A network as an exported program of PyTorch: for deployment without this toolkit."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from autosnn_ray.data.dataset import Split
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.files import write_atomically
from autosnn_ray.spiking.network import SpikingNetwork

_SAMPLES = 3
"""Samples of the batch the program is traced with; any other than 1, which would be taken for the only size."""


class _Deployed(nn.Module):
    """Gives what a deployed network needs to give, as tensors."""

    def __init__(self, network: SpikingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        output = self.network(x)
        return output.logits, output.spikes


def to_program(network: SpikingNetwork, *, over_time: bool | None = None) -> Any:
    """Translates a network into an exported program.

    The program maps frames, ``(N, C, H, W)``, or ``(N, T, C, H, W)``, of floating-point numbers to votes
    ``(N, classes)`` summed over time, and spikes ``(N,)`` of each sample. It runs where PyTorch does, for any number of
    samples.

    Args:
        network: A network of its own; it is not changed.
        over_time: Whether a sample has a frame for each time step; where None, that of an event stem has.

    Returns:
        A ``torch.export.ExportedProgram``.

    Raises:
        InvalidInputError: A supernet.
    """
    if network.architecture is None:
        raise InvalidInputError("program: expected a network of its own, got a supernet; take a path out of it")
    parameter = next(network.parameters())
    has_steps = network.space.stem == "event" if over_time is None else over_time
    steps = (network.timesteps,) if has_steps else ()
    x = torch.zeros(
        _SAMPLES, *steps, network.in_channels, *network.input_size, dtype=parameter.dtype, device=parameter.device
    )
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            return torch.export.export(_Deployed(network), (x,), dynamic_shapes=({0: torch.export.Dim.AUTO},))
    finally:
        network.train(was_training)


def write_program(network: SpikingNetwork, path: str | Path, *, over_time: bool | None = None) -> Path:
    """Writes a network as a program file, which ``torch.export.load`` reads.

    Args:
        network: A network of its own.
        path: Where to; by custom it ends in ``.pt2``.
        over_time: As in ``to_program``.

    Returns:
        The path.

    Raises:
        InvalidInputError: As ``to_program``.
    """
    buffer = io.BytesIO()
    torch.export.save(to_program(network, over_time=over_time), buffer)
    write_atomically(Path(path), buffer.getvalue())
    return Path(path)


@dataclass(frozen=True)
class ProgramComparison:
    """How far a program does as its original.

    Attributes:
        samples: Samples both were run on.
        predictions: Samples that both put into the same class.
        votes: Largest difference of a vote.
        spikes: Largest difference of a sample's spikes.
    """

    samples: int
    predictions: int
    votes: float
    spikes: float


def compare_program(
    network: SpikingNetwork, path: str | Path, split: Split, *, batch_size: int = 64
) -> ProgramComparison:
    """Reads a program back and runs it beside its original on the same samples.

    Args:
        network: The original, a network of its own.
        path: What ``write_program`` wrote; a file of one's own, for PyTorch may run what a foreign one holds.
        split: Samples, such as validation.
        batch_size: Samples a forward pass.
    """
    return compare_deployed(network, torch.export.load(str(path)).module(), split, batch_size)


@torch.inference_mode()
def compare_deployed(
    network: SpikingNetwork, deployed: Callable[[Tensor], tuple[Tensor, Tensor]], split: Split, batch_size: int
) -> ProgramComparison:
    """Runs what was deployed beside its original on the same samples.

    Args:
        network: The original, a network of its own.
        deployed: From samples, in the numbers of the network's weights, to votes and spikes.
        split: Samples, such as validation; counts of events as they are kept, too.
        batch_size: Samples a forward pass.
    """
    original, numbers = _Deployed(network), next(network.parameters()).dtype
    was_training = network.training
    network.eval()
    predictions, votes, spikes = 0, 0.0, 0.0
    try:
        for part in split.x.split(batch_size):
            x = part.to(numbers)  # a program takes no bytes
            (expected, expected_spikes), (given, given_spikes) = original(x), deployed(x)
            predictions += int((expected.argmax(dim=1) == given.argmax(dim=1)).sum())
            votes = max(votes, float((expected - given).abs().max()))
            spikes = max(spikes, float((expected_spikes - given_spikes).abs().max()))
    finally:
        network.train(was_training)
    return ProgramComparison(len(split), predictions, votes, spikes)
