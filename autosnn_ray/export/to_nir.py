"""A network as a graph of the Neuromorphic Intermediate Representation (Pedersen et al., 2024)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.export.clients import client_for
from autosnn_ray.export.graph import GraphBuilder, Place, import_nir
from autosnn_ray.files import write_atomically
from autosnn_ray.space import format_architecture
from autosnn_ray.spiking import blocks
from autosnn_ray.spiking.heads import Hidden
from autosnn_ray.spiking.layer_parts import conv
from autosnn_ray.spiking.network import SpikingNetwork

DEFAULT_DT = 1e-3
"""Seconds a time step: NIR's time constants are in seconds, a network's in steps."""


def to_nir(network: SpikingNetwork, *, dt: float | None = None, client: str | None = None) -> Any:
    """Translates a network into a NIR graph.

    Batch norm is folded into the convolution before it. Neurons become ``LIF`` or ``IF`` nodes with the names their
    layers have here. NIR has no max pool: on spikes, summing and a neuron that fires at one is the same. The two
    shifted convolutions of a reducing skip become one of 3x3 with most weights zero. The output are the spikes of the
    classifier's neurons: who reads them adds them up over time and over the ``voters`` of each class, which the
    graph's metadata gives.

    NIR's neurons fire above their threshold, ours at it too (with Norse's own surrogates above it): the threshold is
    written a millionth lower (higher), so that rounding elsewhere does not decide.

    Args:
        network: A network of its own, trained; it is not changed.
        dt: Seconds a time step; ``DEFAULT_DT``, or what the client assumes, where None.
        client: Key of ``CLIENTS``: for whose importer the nodes are chosen; by NIR's specification alone where None.

    Returns:
        A ``nir.NIRGraph``.

    Raises:
        InvalidInputError: A supernet, a block without an exporter, a step of neurons that is not ours, a client that
            cannot run this network, or a time step that is not positive or not the client's.
    """
    if network.architecture is None:
        raise InvalidInputError("NIR: expected a network of its own, got a supernet; take a path out of it")
    if dt is not None and not 0 < dt < float("inf"):
        raise InvalidInputError(f"dt: expected seconds above 0, got {dt!r}")
    chosen = None if client is None else client_for(client, network, dt)
    dt = dt or (chosen.dt if chosen else DEFAULT_DT)
    graph = GraphBuilder(dt, chosen)
    place = _stem(graph, network, graph.start((network.in_channels, *network.input_size)))
    for position, (choices, layer) in enumerate(zip(network.layers, network.space.layers, strict=True)):
        (block,) = cast(nn.ModuleDict, choices).items()
        name, module = block
        if type(module) not in EXPORTERS:
            raise InvalidInputError(
                f"NIR: expected blocks that have an exporter, got {name!r} ({type(module).__name__}) in "
                f"layers.{position}; give it one, asr.register(…, nir=…), or take a program or an ONNX file "
                "(--program, --onnx), which hold any block"
            )
        place = EXPORTERS[type(module)](graph, f"layers.{position}.{name}", module, place, layer.stride)
    _head(graph, network, place)
    return graph.build(
        {
            "space": network.space.name,
            "architecture": format_architecture(network.architecture) or "-",
            "classes": network.classes,
            "voters": network.space.voters,
            "timesteps": network.timesteps,
            "dt": dt,
            "client": client or "-",
            "event_input": int(network.space.stem == "event"),
        }
    )


def write_nir(network: SpikingNetwork, path: str | Path, *, dt: float | None = None, client: str | None = None) -> Path:
    """Writes a network as a NIR file, which is HDF5.

    Args:
        network: A network of its own.
        path: Where to.
        dt: As in ``to_nir``.
        client: As in ``to_nir``.

    Returns:
        The path.

    Raises:
        InvalidInputError: As ``to_nir``.
    """
    buffer = io.BytesIO()
    import_nir().write(buffer, to_nir(network, dt=dt, client=client))
    write_atomically(Path(path), buffer.getvalue())
    return Path(path)


Folded = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


def fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> Folded:
    """Returns weight and bias of the convolution that does what both do in evaluation mode."""
    if norm.running_mean is None or norm.running_var is None:
        raise InvalidInputError("NIR: expected batch norm with running statistics, to be folded")
    # In double precision: folding then adds no rounding beyond the one to the file's floats.
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    weight = conv.weight.double() * scale[:, None, None, None]
    bias = norm.bias.double() - norm.running_mean.double() * scale
    dtype = conv.weight.dtype
    return weight.to(dtype).detach().cpu().numpy(), bias.to(dtype).detach().cpu().numpy()


def _stem(graph: GraphBuilder, network: SpikingNetwork, place: Place) -> Place:
    stem = network.stem
    place = graph.conv("stem.conv1", fold(stem.conv1, stem.norm1), stem.conv1, place)
    place = graph.neuron("stem.neuron1", stem.neuron1, place)
    if stem.pool1 is not None and stem.conv2 is not None and stem.norm2 is not None and stem.neuron2 is not None:
        place = graph.max_pool("stem.pool1", place)
        place = graph.conv("stem.conv2", fold(stem.conv2, stem.norm2), stem.conv2, place)
        place = graph.neuron("stem.neuron2", stem.neuron2, place)
    return place if stem.pool2 is None else graph.max_pool("stem.pool2", place)


def _head(graph: GraphBuilder, network: SpikingNetwork, place: Place) -> None:
    head = network.head
    if head.pool_neuron is not None:
        place = graph.average("head.pool", place, place.shape[1:])
        place = graph.neuron("head.pool_neuron", head.pool_neuron, place)
    place = graph.flatten("head.flatten", place)
    for position, layer in enumerate(cast(list[Hidden], head.hidden)):
        place = graph.linear(f"head.hidden.{position}.linear", layer.linear, place)
        place = graph.neuron(f"head.hidden.{position}.neuron", layer.neuron, place)
    place = graph.neuron("head.neuron", head.neuron, graph.linear("head.linear", head.linear, place))
    graph.end(place)


def _shortcut(graph: GraphBuilder, name: str, module: nn.Module | None, place: Place) -> tuple[Place, ...]:
    if module is None:
        return ()
    if isinstance(module, nn.Identity):
        return (place,)
    conv, norm = cast(tuple[nn.Conv2d, nn.BatchNorm2d], tuple(cast(nn.Sequential, module)))
    return (graph.conv(f"{name}.shortcut", fold(conv, norm), conv, place),)


def _identity(graph: GraphBuilder, name: str, module: nn.Module, place: Place, stride: int) -> Place:
    return place


def _single(graph: GraphBuilder, name: str, module: blocks.SingleConv, place: Place, stride: int) -> Place:
    place = graph.conv(f"{name}.conv", fold(module.conv, module.norm), module.conv, place)
    return graph.neuron(f"{name}.neuron", module.neuron, place)


def _reduce(graph: GraphBuilder, name: str, module: blocks.FactorisedReduce, place: Place, stride: int) -> Place:
    first, second = module.conv1, module.conv2
    both = conv(first.in_channels, first.out_channels + second.out_channels, 3, 2).to(first.weight)
    with torch.no_grad():
        both.weight.zero_()
        both.weight[: first.out_channels, :, 1, 1] = first.weight[:, :, 0, 0]
        both.weight[first.out_channels :, :, 2, 2] = second.weight[:, :, 0, 0]  # the pixel one on
    place = graph.conv(f"{name}.conv", fold(both, module.norm), both, place)
    return graph.neuron(f"{name}.neuron", module.neuron, place)


def _block(graph: GraphBuilder, name: str, module: blocks.ConvBlock, place: Place, stride: int) -> Place:
    inner = graph.conv(f"{name}.conv1", fold(module.conv1, module.norm1), module.conv1, place)
    inner = graph.neuron(f"{name}.neuron1", module.neuron1, inner)
    inner = graph.conv(f"{name}.conv2", fold(module.conv2, module.norm2), module.conv2, inner)
    return graph.neuron(f"{name}.neuron2", module.neuron2, inner, *_shortcut(graph, name, module.shortcut, place))


def _bottleneck(graph: GraphBuilder, name: str, module: blocks.InvertedBottleneck, place: Place, stride: int) -> Place:
    inner = graph.conv(f"{name}.conv1", fold(module.conv1, module.norm1), module.conv1, place)
    inner = graph.neuron(f"{name}.neuron1", module.neuron1, inner)
    inner = graph.conv(f"{name}.conv2", fold(module.conv2, module.norm2), module.conv2, inner)
    inner = graph.neuron(f"{name}.neuron2", module.neuron2, inner)
    inner = graph.conv(f"{name}.conv3", fold(module.conv3, module.norm3), module.conv3, inner)
    return graph.neuron(f"{name}.neuron3", module.neuron3, inner, *_shortcut(graph, name, module.shortcut, place))


def _max_pool(graph: GraphBuilder, name: str, module: nn.Module, place: Place, stride: int) -> Place:
    return graph.max_pool(name, place)


def _avg_pool(graph: GraphBuilder, name: str, module: blocks.AvgPool, place: Place, stride: int) -> Place:
    return graph.neuron(f"{name}.neuron", module.neuron, graph.average(f"{name}.pool", place, (2, 2)))


EXPORTERS: dict[type[nn.Module], Callable[[GraphBuilder, str, Any, Place, int], Place]] = {
    blocks.Identity: _identity,
    blocks.SingleConv: _single,
    blocks.FactorisedReduce: _reduce,
    blocks.ConvBlock: _block,
    blocks.InvertedBottleneck: _bottleneck,
    blocks.MaxPool: _max_pool,
    blocks.AvgPool: _avg_pool,
}
"""How each kind of block is translated, from graph, name, module and what comes in to what goes out."""
