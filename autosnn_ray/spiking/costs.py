"""What every architecture of a space costs, known of the shapes alone: nothing is run but shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.spiking.blocks import FactorisedReduce, MaxPool
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import NeuronSettings, SpikingNeuron

_BYTES = 4
"""Of a number of an activation: 32-bit."""


@dataclass(frozen=True)
class Cost:
    """What a part of a network costs.

    Attributes:
        parameters: Trainable numbers.
        weight_bytes: Parameters and buffers, bytes.
        macs: Dense multiply-accumulates of one sample over all time steps, padding included. A static frame passes
            the stem's first convolution once.
        activation_bytes: Of all layers, the largest sum of what one reads and writes: one sample, all time steps,
            32-bit numbers.
    """

    parameters: int = 0
    weight_bytes: int = 0
    macs: int = 0
    activation_bytes: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.parameters + other.parameters,
            self.weight_bytes + other.weight_bytes,
            self.macs + other.macs,
            max(self.activation_bytes, other.activation_bytes),  # one layer runs after the other
        )


@dataclass(frozen=True)
class Costs:
    """What architectures of a space cost.

    Attributes:
        fixed: All that is in every architecture.
        slots: For each slot what each choice adds.
    """

    fixed: Cost
    slots: tuple[dict[str, Cost], ...]

    def of(self, architecture: Architecture) -> Cost:
        """Adds up what an architecture costs; nothing is built."""
        parts = [self.fixed, *(costs[choice] for costs, choice in zip(self.slots, architecture, strict=True))]
        return Cost(
            sum([part.parameters for part in parts]),
            sum([part.weight_bytes for part in parts]),
            sum([part.macs for part in parts]),
            max([part.activation_bytes for part in parts]),
        )


def macs_of(module: nn.Module, output: Tensor) -> int:
    """Returns multiply-accumulates of one frame: neurons times fan-in, padding included; averages have none.

    Args:
        module: A convolution or a linear layer, or another module.
        output: What it returned.
    """
    if isinstance(module, nn.Conv2d):
        fan_in = module.in_channels // module.groups * module.kernel_size[0] * module.kernel_size[1]
        return output.shape[1:].numel() * fan_in
    return module.in_features * module.out_features if isinstance(module, nn.Linear) else 0


def count_costs(space: SearchSpace, *, classes: int, timesteps: int, neuron: NeuronSettings, static: bool) -> Costs:
    """Counts what architectures cost, each choice of each slot once; on PyTorch's meta device, without memory.

    Args:
        space: The search space, fitted to the data.
        classes: Classes to tell apart.
        timesteps: Simulation steps T.
        neuron: The neurons' settings.
        static: Whether a sample is one frame, the same at every step.
    """
    with torch.device("meta"):
        whole = SpikingNetwork(space, classes=classes, timesteps=timesteps, neuron=neuron)
        # Shapes are the same whatever the neurons; a step of one's own may look at values, of which there are none.
        plain = NeuronSettings(model="if", decay_input=False)
        shapes = SpikingNetwork(space, classes=classes, timesteps=timesteps, neuron=plain).eval()
        frame = (space.in_channels, *space.input_size)
        x = torch.empty(1, *frame) if static else torch.empty(1, timesteps, *frame)
    shapes.head.forward = shapes.head.fire  # type: ignore[method-assign]  # votes cost nothing, see _Seen
    seen = _Seen(shapes)
    for number in range(max((len(slot.choices) for slot in space.slots), default=1)):
        path = tuple(slot.choices[number % len(slot.choices)] for slot in space.slots)
        with torch.inference_mode():
            shapes(x, path, count_spikes=False)
    slots = []
    blocks: set[int] = set()
    for layer, held, run in zip(space.layers, whole.layers, shapes.layers, strict=True):
        if layer.is_slot:
            mine, ran = cast(nn.ModuleDict, held), cast(nn.ModuleDict, run)
            slots.append({choice: _weights(mine[choice]) + seen.cost(ran[choice]) for choice in layer.choices})
            blocks |= {id(part) for choice in layer.choices for part in ran[choice].modules()}
    everything = _weights(whole)
    fixed = Cost(
        everything.parameters - sum(cost.parameters for costs in slots for cost in costs.values()),
        everything.weight_bytes - sum(cost.weight_bytes for costs in slots for cost in costs.values()),
    )
    rest = (part for part in shapes.modules() if id(part) not in blocks)
    return Costs(sum((seen.own(part) for part in rest), fixed), tuple(slots))


class _Seen:
    """Has a network's layers give tensors of the right shape in place of computing, and notes what they cost.

    PyTorch's meta device would give the shapes of most of them too, and load modules for seconds for that.
    """

    def __init__(self, network: nn.Module) -> None:
        self._costs: dict[int, Cost] = {}
        for module in network.modules():
            shape = next((found for kind, found in _SHAPES.items() if isinstance(module, kind)), None)
            if shape is not None:
                module.forward = partial(self._give, module, shape)
            elif isinstance(module, FactorisedReduce):
                module._reduce = partial(_reduced, module)  # type: ignore[method-assign]

    def _give(self, module: Any, shape: Callable[..., Sequence[int]], x: Tensor, *others: Any, **given: Any) -> Tensor:
        output = x.new_empty(tuple(shape(module, x, **given)))
        frames = len(output) if isinstance(module, nn.Conv2d) else output.shape[:-1].numel()
        held = [x, *others, *given.values(), output]
        size = sum(one.numel() for one in held if isinstance(one, Tensor))
        self._costs[id(module)] = Cost(macs=macs_of(module, output) * frames, activation_bytes=_BYTES * size)
        return output

    def own(self, module: nn.Module) -> Cost:
        """Returns what was seen of a module, the parts of it aside."""
        return self._costs.get(id(module), Cost())

    def cost(self, block: nn.Module) -> Cost:
        """Returns what was seen of a block and all parts of it."""
        return sum(map(self.own, block.modules()), Cost())


def _convolved(module: nn.Conv2d, x: Tensor) -> list[int]:
    pads = module._reversed_padding_repeated_twice[::-2]
    sides = zip(x.shape[2:], pads, module.dilation, module.kernel_size, module.stride, strict=True)
    size = [(side + 2 * pad - gap * (kernel - 1) - 1) // stride + 1 for side, pad, gap, kernel, stride in sides]
    return [len(x), module.out_channels, *size]


def _reduced(module: FactorisedReduce, merged: Tensor) -> Tensor:
    height, width = merged.shape[-2:]
    shifted = merged.new_empty((*merged.shape[:2], height + height % 2 - 1, width + width % 2 - 1))
    halves = module.conv1(merged), module.conv2(shifted)
    return merged.new_empty((len(merged), sum(half.shape[1] for half in halves), *halves[0].shape[2:]))


def _connected(module: nn.Linear, x: Tensor) -> list[int]:
    return [*x.shape[:-1], module.out_features]


def _fired(module: SpikingNeuron, x: Tensor, timesteps: int | None = None, **given: Any) -> list[int]:
    return [timesteps or len(x), *x.shape[1:]]


def _averaged(module: nn.Module, x: Tensor) -> list[int]:
    return [*x.shape[:-2], 1, 1]


def _halved(module: nn.Module, x: Tensor) -> list[int]:
    return [*x.shape[:-2], x.shape[-2] // 2, x.shape[-1] // 2]


_SHAPES: dict[type[nn.Module], Callable[..., Sequence[int]]] = {
    nn.Conv2d: _convolved,
    nn.Linear: _connected,
    SpikingNeuron: _fired,
    MaxPool: _halved,
    nn.AvgPool2d: _halved,
    nn.AdaptiveAvgPool2d: _averaged,
}
"""The shape of what comes out of a layer, where it is not worked out by running it."""


def _weights(module: nn.Module) -> Cost:
    def numbers() -> Iterator[Tensor]:
        yield from module.parameters()
        yield from module.buffers()

    parameters = sum(one.numel() for one in module.parameters())
    return Cost(parameters, sum(one.numel() * one.element_size() for one in numbers()))
