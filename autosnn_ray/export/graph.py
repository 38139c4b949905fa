"""Builds a NIR graph node by node, with the shape at each place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.export.clients import Client
from autosnn_ray.spiking.neurons import SpikingNeuron
from autosnn_ray.spiking.surrogates import find_surrogate


def import_nir() -> Any:
    """Imports NIR, which is an extra.

    Raises:
        InvalidInputError: It is not installed.
    """
    try:
        import nir
    except ImportError as error:
        raise InvalidInputError("NIR is not installed: pip install 'autosnn-ray[nir]'") from error
    if "v_reset" not in nir.LIF.__dataclass_fields__:
        raise InvalidInputError("NIR: expected version 1.0.7 or newer (neurons with a v_reset): pip install -U nir")
    return nir


TIE = 1e-6
"""By what share of threshold minus reset a written threshold is off ours, so that a voltage exactly at it falls on the
same side in spite of rounding. Such ties are common: averages of spikes are round numbers."""


@dataclass(frozen=True)
class Place:
    """Where the graph has come to.

    Attributes:
        node: The node whose output this is.
        shape: Channels, height, width; or features alone.
    """

    node: str
    shape: tuple[int, ...]


class GraphBuilder:
    """Collects nodes and edges.

    Args:
        dt: Seconds a time step.
        client: For whose importer the nodes are chosen; NIR's own where None.
    """

    def __init__(self, dt: float, client: Client | None = None) -> None:
        self._nir = import_nir()
        self._dt = dt
        self._client = client or Client("NIR", dt, "")
        self._nodes: dict[str, Any] = {}
        self._edges: list[tuple[str, str]] = []

    def _add(self, name: str, node: Any, shape: tuple[int, ...], *sources: Place) -> Place:
        self._nodes[name] = node
        self._edges += [(source.node, name) for source in sources]
        return Place(name, shape)

    def start(self, shape: tuple[int, ...]) -> Place:
        """Adds the input: one frame a time step."""
        return self._add("input", self._nir.Input(input_type={"input": np.array(shape)}), shape)

    def end(self, place: Place) -> None:
        """Adds the output."""
        node = self._nir.Output(output_type={"output": np.array(place.shape)})
        self._add("output", node, place.shape, place)

    def conv(
        self, name: str, weights: tuple[npt.NDArray[Any], npt.NDArray[Any]], module: nn.Conv2d, place: Place
    ) -> Place:
        """Adds a convolution with weight and bias as given, all else as the module has it."""
        stride, padding, kernel = module.stride, module.padding, module.kernel_size
        if isinstance(padding, str):
            raise InvalidInputError(f"{name}: expected padding in pixels, got {padding!r}")
        node = self._nir.Conv2d(
            input_shape=place.shape[1:],
            weight=weights[0],
            stride=stride,
            padding=padding,
            dilation=module.dilation,
            groups=module.groups,
            bias=weights[1],
        )
        size = [
            (side + 2 * p - k) // s + 1 for side, p, k, s in zip(place.shape[1:], padding, kernel, stride, strict=True)
        ]
        return self._add(name, node, (module.out_channels, *size), place)

    def linear(self, name: str, module: nn.Linear, place: Place) -> Place:
        """Adds a linear layer without bias."""
        if self._client.linear_as_convolution:
            shape = place.shape if len(place.shape) == 3 else (*place.shape, 1, 1)
            weight = module.weight.detach().cpu().numpy().reshape(-1, *shape)
            return self._convolution(name, weight, place, 1)
        node = self._nir.Linear(weight=module.weight.detach().cpu().numpy())
        return self._add(name, node, (module.out_features,), place)

    def flatten(self, name: str, place: Place) -> Place:
        """Adds a flattening of channels and pixels; NIR's shapes know no batch."""
        if self._client.linear_as_convolution:
            return place
        node = self._nir.Flatten(input_type={"input": np.array(place.shape)}, start_dim=0, end_dim=-1)
        return self._add(name, node, (int(np.prod(place.shape)),), place)

    def average(self, name: str, place: Place, kernel: tuple[int, ...]) -> Place:
        """Adds an average over windows side by side."""
        if "average" in self._client.pools_as_convolutions:
            return self._each_channel(name, place, kernel, 1 / float(np.prod(kernel)))
        node = self._nir.AvgPool2d(kernel_size=np.array(kernel), stride=np.array(kernel), padding=np.array((0, 0)))
        channels, height, width = place.shape
        return self._add(name, node, (channels, height // kernel[0], width // kernel[1]), place)

    def max_pool(self, name: str, place: Place) -> Place:
        """Adds a 2x2 maximum of spikes: their sum, and a neuron that one spike fires and that keeps nothing.

        The neuron's voltage goes half of the way to the sum, so to a half or more, or stays 0.
        """
        if "sum" in self._client.pools_as_convolutions:
            place = self._each_channel(f"{name}.sum", place, (2, 2), 1.0)
        else:
            channels, height, width = place.shape
            two, zero = np.array((2, 2)), np.array((0, 0))
            node = self._nir.SumPool2d(kernel_size=two, stride=two, padding=zero)
            place = self._add(f"{name}.sum", node, (channels, height // 2, width // 2), place)

        def full(value: float) -> npt.NDArray[Any]:
            return np.full(place.shape, value, dtype=np.float32)

        half_way = self._nir.LIF(
            tau=full(2 * self._dt), r=full(1.0), v_leak=full(0.0), v_threshold=full(0.25), v_reset=full(0.0)
        )
        return self._add(name, half_way, place.shape, place)

    def _each_channel(self, name: str, place: Place, kernel: tuple[int, ...], value: float) -> Place:
        """Adds a convolution of windows side by side that has one value in each channel of its own."""
        channels = place.shape[0]
        weight = np.zeros((channels, channels, *kernel), dtype=np.float32)
        weight[np.arange(channels), np.arange(channels)] = value
        return self._convolution(name, weight, place, kernel)

    def _convolution(self, name: str, weight: npt.NDArray[Any], place: Place, stride: int | tuple[int, ...]) -> Place:
        steps = (stride, stride) if isinstance(stride, int) else stride
        shape = place.shape if len(place.shape) == 3 else (*place.shape, 1, 1)
        node = self._nir.Conv2d(
            input_shape=shape[1:], weight=weight, stride=steps, padding=(0, 0), dilation=(1, 1), groups=1,
            bias=np.zeros(len(weight), dtype=weight.dtype),
        )  # fmt: skip
        size = [(side - k) // s + 1 for side, k, s in zip(shape[1:], weight.shape[2:], steps, strict=True)]
        return self._add(name, node, (len(weight), *size), place)

    def neuron(self, name: str, module: SpikingNeuron, *sources: Place) -> Place:
        """Adds a layer of neurons that is fed the sum of what the sources give."""
        if module.has_own_step:
            raise InvalidInputError(
                f"NIR: expected a step of this toolkit, which NIR has a node for, got {module.settings.model!r} in "
                f"{name}; a program or an ONNX file (--program, --onnx) holds any step"
            )
        settings, shape = module.settings, sources[0].shape
        dtype = (
            torch.empty((), dtype=module.w.dtype if module.w is not None else torch.get_default_dtype()).numpy().dtype
        )

        def full(value: float) -> npt.NDArray[Any]:
            return np.full(shape, value, dtype=dtype)

        margin = TIE * (settings.threshold - settings.v_reset)
        fires_at = find_surrogate(settings.surrogate).at_threshold
        threshold = full(settings.threshold - margin if fires_at else settings.threshold + margin)
        decay = float(module.decay())
        if settings.model == "if":
            node = self._nir.IF(r=full(1 / self._dt), v_threshold=threshold, v_reset=full(settings.v_reset))
        else:
            r = 1.0 if settings.decay_input else 1 / decay
            if self._client.r_in_weights:
                sources, r = tuple(self._scaled(name, source, r) for source in sources), 1.0
            node = self._nir.LIF(
                tau=full(self._dt / decay),
                r=full(r),
                v_leak=full(settings.v_reset),
                v_threshold=threshold,
                v_reset=full(settings.v_reset),
            )
        return self._add(name, node, shape, *sources)

    def _scaled(self, name: str, source: Place, factor: float) -> Place:
        """Multiplies what comes from a source: in its weights, or by a convolution where it has none."""
        if factor == 1:
            return source
        node = self._nodes[source.node]
        if not isinstance(node, self._nir.Conv2d):
            return self._each_channel(f"{name}.scale", source, (1, 1), factor)
        node.weight, node.bias = node.weight * node.weight.dtype.type(factor), node.bias * node.bias.dtype.type(factor)
        return source

    def build(self, metadata: Mapping[str, Any]) -> Any:
        """Returns the graph; NIR checks that all shapes fit."""
        return self._nir.NIRGraph(nodes=self._nodes, edges=self._edges, metadata=dict(metadata))
