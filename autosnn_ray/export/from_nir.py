"""Runs NIR graphs on Norse's neurons: feed-forward graphs of the nodes that spiking convolutional networks need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.export.graph import import_nir
from autosnn_ray.spiking.layer_parts import over_time
from autosnn_ray.spiking.norse import SNN, LIFBoxFeedForwardState, LIFBoxParameters, lif_box_feed_forward_step

Run = Callable[[Any, Tensor, float], Tensor]


def _tensor(values: Any, like: Tensor) -> Tensor:
    return torch.as_tensor(np.asarray(values)).to(like)


def _pair(values: Any) -> tuple[int, int]:
    first, second = np.broadcast_to(np.asarray(values), (2,)).tolist()
    return int(first), int(second)


def _conv(node: Any, x: Tensor, dt: float) -> Tensor:
    def run(merged: Tensor) -> Tensor:
        return F.conv2d(
            merged,
            _tensor(node.weight, x),
            _tensor(node.bias, x),
            _pair(node.stride),
            _pair(node.padding),
            _pair(node.dilation),
            int(node.groups),
        )

    return over_time(run, x)


def _linear(node: Any, x: Tensor, dt: float) -> Tensor:
    return F.linear(x, _tensor(node.weight, x))


def _affine(node: Any, x: Tensor, dt: float) -> Tensor:
    return F.linear(x, _tensor(node.weight, x), _tensor(node.bias, x))


def _flatten(node: Any, x: Tensor, dt: float) -> Tensor:
    return x.flatten(2)


def _sum_pool(node: Any, x: Tensor, dt: float) -> Tensor:
    kernel, stride, padding = _pair(node.kernel_size), _pair(node.stride), _pair(node.padding)
    return over_time(lambda merged: F.avg_pool2d(merged, kernel, stride, padding, divisor_override=1), x)


def _avg_pool(node: Any, x: Tensor, dt: float) -> Tensor:
    kernel, stride, padding = _pair(node.kernel_size), _pair(node.stride), _pair(node.padding)
    return over_time(lambda merged: F.avg_pool2d(merged, kernel, stride, padding), x)


def _threshold(node: Any, x: Tensor, dt: float) -> Tensor:
    return (x > _tensor(node.threshold, x)).to(x.dtype)


def _lif(node: Any, x: Tensor, dt: float) -> Tensor:
    parameters = LIFBoxParameters(
        tau_mem_inv=1 / _tensor(node.tau, x),
        v_leak=_tensor(node.v_leak, x),
        v_th=_tensor(node.v_threshold, x),
        v_reset=_tensor(node.v_reset, x),
    )
    return _over_steps(lif_box_feed_forward_step, parameters, _tensor(node.r, x) * x, dt)


def _if(node: Any, x: Tensor, dt: float) -> Tensor:
    threshold, reset = _tensor(node.v_threshold, x), _tensor(node.v_reset, x)

    def step(x: Tensor, state: LIFBoxFeedForwardState, p: LIFBoxParameters, dt: float) -> tuple[Tensor, Any]:
        v = state.v + x
        spikes = (v > threshold).to(x.dtype)
        return spikes, LIFBoxFeedForwardState(v=torch.where(spikes > 0, reset, v))

    return _over_steps(step, LIFBoxParameters(v_reset=reset), dt * _tensor(node.r, x) * x, dt)


def _over_steps(step: Callable[..., Any], parameters: LIFBoxParameters, x: Tensor, dt: float) -> Tensor:
    def start(inputs: Tensor) -> LIFBoxFeedForwardState:
        return LIFBoxFeedForwardState(v=parameters.v_reset.expand(inputs.shape[1:]).clone())

    spikes: Tensor = SNN(step, start, parameters, dt=dt)(x)[0]
    return spikes


RUNNERS: dict[str, Run] = {
    "Conv2d": _conv,
    "Linear": _linear,
    "Affine": _affine,
    "Flatten": _flatten,
    "SumPool2d": _sum_pool,
    "AvgPool2d": _avg_pool,
    "Threshold": _threshold,
    "LIF": _lif,
    "IF": _if,
}
"""How each kind of node maps ``(T, N, …)``, from node, input and seconds a step. No node's text is ever evaluated."""


class NirNetwork:
    """A NIR graph that can be run.

    Args:
        graph: A ``nir.NIRGraph`` without loops.
        dt: Seconds a time step; the graph's metadata says it where None.

    Raises:
        InvalidInputError: A loop, a node that is not understood, not one input and one output, or no time step.
    """

    def __init__(self, graph: Any, dt: float | None = None) -> None:
        self.metadata: Mapping[str, Any] = dict(graph.metadata)
        given = dt if dt is not None else self.metadata.get("dt")
        if given is None:
            raise InvalidInputError("NIR graph: its metadata names no dt: give the seconds a time step")
        self.dt = float(np.asarray(given))
        self._nodes: dict[str, Any] = dict(graph.nodes)
        self._sources: dict[str, list[str]] = {name: [] for name in self._nodes}
        for source, target in graph.edges:
            self._sources[target].append(source)
        kinds = {name: type(node).__name__ for name, node in self._nodes.items()}
        for name, kind in kinds.items():
            if kind not in (*RUNNERS, "Input", "Output"):
                raise InvalidInputError(f"NIR graph: node {name!r} is {kind}; understood are {', '.join(RUNNERS)}")
        if sorted(kind for kind in kinds.values() if kind in ("Input", "Output")) != ["Input", "Output"]:
            raise InvalidInputError("NIR graph: expected one input and one output")
        try:
            self._order = list(TopologicalSorter(self._sources).static_order())
        except CycleError as error:
            raise InvalidInputError(f"NIR graph: expected no loops, got {error.args[1]}") from error

    @torch.inference_mode()
    def run(self, x: Tensor) -> dict[str, Tensor]:
        """Runs the graph from zero state.

        Args:
            x: One frame a time step, shape ``(T, N, C, H, W)``.

        Returns:
            What each node gives, ``(T, N, …)``, by its name; ``output`` holds the classifier's spikes.
        """
        given: dict[str, Tensor] = {}
        for name in self._order:
            node, kind = self._nodes[name], type(self._nodes[name]).__name__
            inputs = [given[source] for source in self._sources[name]]
            total = x if kind == "Input" else torch.stack(inputs).sum(dim=0) if len(inputs) > 1 else inputs[0]
            given[name] = total if kind in ("Input", "Output") else RUNNERS[kind](node, total, self.dt)
        return given


def read_nir(path: str | Path, dt: float | None = None) -> NirNetwork:
    """Reads a NIR file.

    Args:
        path: The file.
        dt: Seconds a time step; the file's metadata says it where None.

    Returns:
        The network it describes.

    Raises:
        InvalidInputError: No such file, no NIR file, or a graph that is not understood.
    """
    nir = import_nir()
    try:
        graph = nir.read(str(path))
    except (OSError, KeyError, ValueError, TypeError, AttributeError, AssertionError) as error:
        raise InvalidInputError(f"{path}: expected a NIR file that can be read: {error}") from error
    return NirNetwork(graph, dt)
