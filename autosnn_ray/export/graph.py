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
    """

    def __init__(self, dt: float) -> None:
        self._nir = import_nir()
        self._dt = dt
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
        node = self._nir.Linear(weight=module.weight.detach().cpu().numpy())
        return self._add(name, node, (module.out_features,), place)

    def flatten(self, name: str, place: Place) -> Place:
        """Adds a flattening of channels and pixels; NIR's shapes know no batch."""
        node = self._nir.Flatten(input_type={"input": np.array(place.shape)}, start_dim=0, end_dim=-1)
        return self._add(name, node, (int(np.prod(place.shape)),), place)

    def average(self, name: str, place: Place, kernel: tuple[int, ...]) -> Place:
        """Adds an average over windows side by side."""
        node = self._nir.AvgPool2d(kernel_size=np.array(kernel), stride=np.array(kernel), padding=np.array((0, 0)))
        channels, height, width = place.shape
        return self._add(name, node, (channels, height // kernel[0], width // kernel[1]), place)

    def max_pool(self, name: str, place: Place) -> Place:
        """Adds a 2x2 maximum of spikes: their sum, and a spike where it is above a half."""
        channels, height, width = place.shape
        shape = (channels, height // 2, width // 2)
        two, zero = np.array((2, 2)), np.array((0, 0))
        place = self._add(f"{name}.sum", self._nir.SumPool2d(kernel_size=two, stride=two, padding=zero), shape, place)
        return self._add(name, self._nir.Threshold(threshold=np.full(shape, 0.5, dtype=np.float32)), shape, place)

    def neuron(self, name: str, module: SpikingNeuron, *sources: Place) -> Place:
        """Adds a layer of neurons that is fed the sum of what the sources give."""
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
            node = self._nir.LIF(
                tau=full(self._dt / decay),
                r=full(1.0 if settings.decay_input else 1 / decay),
                v_leak=full(settings.v_reset),
                v_threshold=threshold,
                v_reset=full(settings.v_reset),
            )
        return self._add(name, node, shape, *sources)

    def build(self, metadata: Mapping[str, Any]) -> Any:
        """Returns the graph; NIR checks that all shapes fit."""
        return self._nir.NIRGraph(nodes=self._nodes, edges=self._edges, metadata=dict(metadata))
