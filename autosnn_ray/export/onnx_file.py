"""A network as an ONNX file: for any runtime that reads them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autosnn_ray.data.dataset import Split
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.export.program import ProgramComparison, compare_deployed, to_program
from autosnn_ray.files import write_atomically
from autosnn_ray.spiking.network import SpikingNetwork

_MISSING = "ONNX is not installed: pip install 'autosnn-ray[onnx]'"


def to_onnx(network: SpikingNetwork, *, over_time: bool | None = None) -> Any:
    """Translates a network into an ONNX model, out of the program that PyTorch traces.

    Its input ``x`` are frames, ``(N, C, H, W)``, or ``(N, T, C, H, W)``, of floating-point numbers; its outputs are
    ``votes``, ``(N, classes)``, summed over time, and ``spikes``, ``(N,)``, of each sample. N is any number.

    Args:
        network: A network of its own; it is not changed.
        over_time: As in ``to_program``.

    Returns:
        An ``onnx.ModelProto``.

    Raises:
        InvalidInputError: A supernet, or ONNX is not installed.
    """
    program = to_program(network, over_time=over_time)
    try:
        import onnxscript  # noqa: F401 - what PyTorch translates with
    except ImportError as error:
        raise InvalidInputError(_MISSING) from error
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    made: Any = torch.onnx.export(
        program, input_names=["x"], output_names=["votes", "spikes"], dynamo=True, verbose=False
    )
    return made.model_proto


def write_onnx(network: SpikingNetwork, path: str | Path, *, over_time: bool | None = None) -> Path:
    """Writes a network as an ONNX file.

    Args:
        network: A network of its own.
        path: Where to; by custom it ends in ``.onnx``.
        over_time: As in ``to_program``.

    Returns:
        The path.

    Raises:
        InvalidInputError: As ``to_onnx``.
    """
    write_atomically(Path(path), to_onnx(network, over_time=over_time).SerializeToString())
    return Path(path)


def compare_onnx(network: SpikingNetwork, path: str | Path, split: Split, *, batch_size: int = 64) -> ProgramComparison:
    """Reads an ONNX file back and runs it by ONNX Runtime beside its original on the same samples.

    Args:
        network: The original, a network of its own.
        path: What ``write_onnx`` wrote.
        split: Samples, such as validation.
        batch_size: Samples a forward pass.

    Raises:
        InvalidInputError: ONNX Runtime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise InvalidInputError(_MISSING) from error
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def run(x: Tensor) -> tuple[Tensor, Tensor]:
        votes, spikes = session.run(["votes", "spikes"], {"x": x.cpu().numpy()})
        return torch.from_numpy(votes).to(x.device), torch.from_numpy(spikes).to(x.device)

    return compare_deployed(network, run, split, batch_size)
