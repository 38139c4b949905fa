"""What every architecture of a space costs, known of the shapes alone: nothing is run but shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.spiking.blocks import MaxPool
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
    """Looks at the shapes that go through a network's layers."""

    def __init__(self, network: nn.Module) -> None:
        self._costs: dict[int, Cost] = {}
        kinds = nn.Conv2d | nn.Linear | nn.AvgPool2d | nn.AdaptiveAvgPool2d | SpikingNeuron | MaxPool
        for module in network.modules():
            if isinstance(module, kinds):
                module.register_forward_hook(self._look, with_kwargs=True)

    def _look(self, module: nn.Module, inputs: tuple[Any, ...], given: dict[str, Any], output: Tensor) -> None:
        frames = len(output) if isinstance(module, nn.Conv2d) else output.shape[:-1].numel()
        held = [*inputs, *given.values(), output]
        size = sum(one.numel() for one in held if isinstance(one, Tensor))
        self._costs[id(module)] = Cost(macs=macs_of(module, output) * frames, activation_bytes=_BYTES * size)

    def own(self, module: nn.Module) -> Cost:
        """Returns what was seen of a module, the parts of it aside."""
        return self._costs.get(id(module), Cost())

    def cost(self, block: nn.Module) -> Cost:
        """Returns what was seen of a block and all parts of it."""
        return sum(map(self.own, block.modules()), Cost())


def _weights(module: nn.Module) -> Cost:
    def numbers() -> Iterator[Tensor]:
        yield from module.parameters()
        yield from module.buffers()

    parameters = sum(one.numel() for one in module.parameters())
    return Cost(parameters, sum(one.numel() * one.element_size() for one in numbers()))
