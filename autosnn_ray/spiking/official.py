"""Reads checkpoints of the original AutoSNN implementation (nabk89/AutoSNN), by its own names."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from autosnn_ray.errors import CheckpointError, unknown_name
from autosnn_ray.space import BLOCKS, STEMS, SearchSpace
from autosnn_ray.space.layers import STEM_REDUCTION
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import NeuronSettings

_MODULES = {
    "conv_stem.0": "stem.conv1",
    "conv_stem.1": "stem.norm1",
    "spike_neuron_stem": "stem.neuron1",
    "ImageNet_conv.0": "stem.conv2",
    "ImageNet_conv.1": "stem.norm2",
    "ImageNet_conv.2": "stem.neuron2",
    "DVS_conv_1.0": "stem.conv2",
    "DVS_conv_1.1": "stem.norm2",
    "DVS_conv_1.2": "stem.neuron2",
    "avgpool.1": "head.pool_neuron",
    "fc.1": "head.linear",
    "fc.2": "head.neuron",
}
_IN_BLOCKS = (
    (re.compile(r"^bn(\d?)\."), r"norm\1."),
    (re.compile(r"^spike_neuron_(\d)\."), r"neuron\1."),
    (re.compile(r"^spike_neuron\."), "neuron."),
    (re.compile(r"^conv_(\d)\."), r"conv\1."),
    (re.compile(r"^downsample\."), "shortcut."),
)
_IN_LAYER = re.compile(r"^layers\.(\d+)\.(?:blocks\.(\d+)\.)?(.+)$")
_FRAME_SIZE = {"static": 32, "event": 128, "tiny_imagenet": 64}


def load_official_state(
    state: Mapping[str, Tensor] | str | Path,
    space: SearchSpace | str,
    *,
    num_classes: int,
    timesteps: int,
    architecture: str | Sequence[str] | None = None,
    stem: str = "static",
    decay_input: bool = True,
) -> SpikingNetwork:
    """Builds a network from the weights of the original implementation.

    Args:
        state: The original's names with their tensors, or a file: safetensors, or a ``.pth.tar`` that is
            opened with ``weights_only``. A checkpoint's ``state_dict`` or ``model`` is found by itself.
        space: The search space, or the name of one.
        num_classes: Classes to tell apart.
        timesteps: Simulation steps T.
        architecture: Choices in our names or the original's, for a retrained network; None for a supernet.
        stem: Key of ``STEMS``; takes the place of the space's own.
        decay_input: Which PLIF convention the weights were trained with.

    Returns:
        The network in evaluation mode, in the float type of the state. It takes frames ``(N, C, H, W)``,
        events ``(N, T, C, H, W)``.

    Raises:
        InvalidInputError: Unknown space, stem or choice.
        CheckpointError: The file cannot be read safely, or names are unknown or missing: all are listed.
    """
    if stem not in STEMS:
        raise unknown_name("stem", stem, STEMS)
    if isinstance(space, str):
        from autosnn_ray.own_packages import search_spaces

        space = search_spaces.load(space)
    tensors = {name.removeprefix("module."): tensor for name, tensor in _read(state).items()}
    path = None if architecture is None else space.parse(_our_names(architecture))
    network = _build(replace(space, stem=stem), tensors, path, num_classes, timesteps, decay_input)
    ours, unknown = _translate(tensors, network)
    _fill(network, ours, unknown)
    return network.eval()


def _read(state: Mapping[str, Tensor] | str | Path) -> Mapping[str, Tensor]:
    if isinstance(state, Mapping):
        return _unwrap(state, "state")
    path = Path(state)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return _unwrap(torch.load(path, map_location="cpu", weights_only=True), str(path))
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: no such file") from error
    except SafetensorError as error:
        raise CheckpointError(f"{path}: not a safetensors file: {error}") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, KeyError) as error:
        raise CheckpointError(
            f"{path}: cannot be read as weights alone, and is never unpickled further: {str(error).splitlines()[0]} "
            "Save its state_dict with safetensors, or with torch.save of tensors only"
        ) from error


def _unwrap(content: Any, source: str) -> Mapping[str, Tensor]:
    if isinstance(content, Mapping):
        for key in ("state_dict", "model"):
            if isinstance(content.get(key), Mapping):
                content = content[key]
        if content and all(isinstance(value, Tensor) for value in content.values()):
            return dict(content)
    raise CheckpointError(f"{source}: expected a mapping of names to tensors, or a checkpoint with a state_dict in it")


def _our_names(architecture: str | Sequence[str]) -> list[str]:
    ours = {block.official: name for name, block in BLOCKS.items() if block.official}
    parts = architecture.strip().split("/") if isinstance(architecture, str) else architecture
    return [ours.get(part, part) for part in parts]


def _build(
    space: SearchSpace,
    tensors: Mapping[str, Tensor],
    path: Sequence[str] | None,
    classes: int,
    timesteps: int,
    decay_input: bool,
) -> SpikingNetwork:
    stem_weight, classifier = tensors.get("conv_stem.0.weight"), tensors.get("fc.1.weight")
    missing = [name for name in ("conv_stem.0.weight", "fc.1.weight") if name not in tensors]
    if stem_weight is None or classifier is None:
        raise CheckpointError(f"state: not of the original's networks: {', '.join(missing)} missing")
    dtypes = {tensor.dtype for tensor in tensors.values() if tensor.is_floating_point()}
    network = SpikingNetwork(
        space,
        classes=classes,
        timesteps=timesteps,
        neuron=NeuronSettings(decay_input=decay_input),
        architecture=None if path is None else tuple(path),
        in_channels=int(stem_weight.shape[1]),
        input_size=_frame_size(space, int(classifier.shape[-1])),
    )
    return network.to(stem_weight.dtype if len(dtypes) > 1 else dtypes.pop())


def _frame_size(space: SearchSpace, features: int) -> tuple[int, int]:
    """Infers the side of square frames from the columns of the classifier; the original's own first."""
    usual = _FRAME_SIZE[space.stem]
    if space.head == "global_average":
        return usual, usual
    step = STEM_REDUCTION[space.stem]
    for side in (usual, space.input_size[0], *range(step, 513)):
        height, width = replace(space, input_size=(side, side)).feature_size
        if space.layers[-1].channels * height * width == features:
            return side, side
    return usual, usual


def _translate(tensors: Mapping[str, Tensor], network: SpikingNetwork) -> tuple[dict[str, Tensor], list[str]]:
    ours: dict[str, Tensor] = {}
    unknown = []
    for name, tensor in tensors.items():
        translated = _our_name(name, network)
        if translated is None:
            unknown.append(name)
        else:
            ours[translated] = tensor
    return ours, unknown


def _our_name(name: str, network: SpikingNetwork) -> str | None:
    if match := _IN_LAYER.match(name):
        position, choice, rest = int(match[1]), match[2], match[3]
        if position >= len(network.layers):
            return None
        blocks = list(network.layers[position])  # type: ignore[call-overload]
        if choice is not None and int(choice) >= len(blocks):
            return None
        for pattern, replacement in _IN_BLOCKS:
            rest = pattern.sub(replacement, rest)
        return f"layers.{position}.{blocks[int(choice or 0)]}.{rest}"
    module, _, leaf = name.rpartition(".")
    return f"{_MODULES[module]}.{leaf}" if module in _MODULES else None


def _fill(network: SpikingNetwork, ours: Mapping[str, Tensor], unknown: list[str]) -> None:
    expected = network.state_dict()
    unknown = unknown + sorted(name for name in ours if name not in expected)
    missing = sorted(name for name in expected if name not in ours and not name.endswith("num_batches_tracked"))
    shapes = [
        f"{name} {tuple(ours[name].shape)} for {tuple(expected[name].shape)}"
        for name in expected
        if name in ours and ours[name].shape != expected[name].shape
    ]
    problems = {"unknown": unknown, "missing": missing, "of another shape": shapes}
    said = "; ".join(f"{what}: {', '.join(names)}" for what, names in problems.items() if names)
    if said:
        raise CheckpointError(f"state: does not fit a network of space {network.space.name!r}: {said}")
    network.load_state_dict({**expected, **ours})
