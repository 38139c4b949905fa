"""The one builder: a supernet with all choices of all slots, or one architecture as a network of its own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from torch import Tensor, nn

from autosnn_ray.errors import InvalidInputError, SilentNeuronWarning
from autosnn_ray.space import Architecture, SearchSpace, format_architecture
from autosnn_ray.spiking.blocks import MaxPool, build_block
from autosnn_ray.spiking.heads import Head
from autosnn_ray.spiking.meter import SpikeMeter
from autosnn_ray.spiking.neurons import NeuronSettings, SpikingNeuron
from autosnn_ray.spiking.prefixes import Prefixes
from autosnn_ray.spiking.stems import Stem


@dataclass(frozen=True)
class NetworkOutput:
    """What a forward pass gives; everything stays on the device.

    Attributes:
        logits: Votes for each class summed over T, shape ``(N, classes)``; over T they are firing rates.
        spikes: Spikes of each sample over all layers and steps, shape ``(N,)``; None where not counted.
        layer_spikes: The same by layer, in the order of the network.
    """

    logits: Tensor
    spikes: Tensor | None
    layer_spikes: dict[str, Tensor]


class SpikingNetwork(nn.Module):
    """A spiking network over a search space: each layer holds the blocks that can stand there.

    Without ``architecture`` it is a supernet and runs the path it is called with; with one, each slot holds
    that choice alone. Names of weights are the same in both: a path's weights are a part of the supernet's.

    Args:
        space: The search space.
        classes: Classes to tell apart.
        timesteps: Simulation steps T.
        neuron: The neurons' settings; AutoSNN's PLIF where None.
        architecture: The one choice for each slot; None for a supernet, and where the space has no slots.
        in_channels: Channels of a frame; the space's where None.
        input_size: Height and width of a frame, pixels; the space's where None.

    Warns:
        SilentNeuronWarning: Some layer of neurons can never fire.

    Example:
        >>> import search_spaces, torch
        >>> net = SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=4)
        >>> output = net.eval()(torch.rand(2, 1, 8, 8), ("srb_k5", "skip", "skip", "scb_k3", "skip"))
        >>> output.logits.shape, output.spikes.shape
        (torch.Size([2, 10]), torch.Size([2]))
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        classes: int,
        timesteps: int,
        neuron: NeuronSettings | None = None,
        architecture: str | Sequence[str] | None = None,
        in_channels: int | None = None,
        input_size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        for name, value in (("classes", classes), ("timesteps", timesteps)):
            if value < 1:
                raise InvalidInputError(f"{name}: expected at least 1, got {value!r}")
        size = input_size or space.input_size
        self.space = replace(space, in_channels=in_channels or space.in_channels, input_size=(size[0], size[1]))
        self.space.check_sizes()
        self.classes, self.timesteps = classes, timesteps
        self.neuron = neuron or NeuronSettings()
        if architecture is None and not space.slots:
            architecture = ()  # nothing to decide: the space is a network of its own
        self.architecture: Architecture | None = None if architecture is None else space.parse(architecture)
        self.stem = Stem(space.stem, self.in_channels, space.channels, self.neuron)
        self.layers = nn.ModuleList(self._build_layers())
        channels = space.layers[-1].channels
        self.head = Head(self.space, channels, classes, self.neuron)
        self._name_counted_layers()
        self._warn_if_silent()

    @property
    def in_channels(self) -> int:
        """Channels of a frame."""
        return self.space.in_channels

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of a frame, pixels."""
        return self.space.input_size

    def forward(
        self,
        x: Tensor,
        architecture: Sequence[str] | str | None = None,
        *,
        count_spikes: bool = True,
        prefixes: Prefixes | None = None,
    ) -> NetworkOutput:
        """Runs one path over all time steps, from zero state.

        Args:
            x: Static frames ``(N, C, H, W)``, shown at every step, or one frame a step ``(N, T, C, H, W)``; floats, or
                whole numbers such as counts of events.
            architecture: The path; a network of its own may leave it out.
            count_spikes: Whether to count; leave it off in training.
            prefixes: Beginnings of paths that this very batch has run before; what is found there is not computed
                again. In evaluation mode only, and only with counting.

        Returns:
            Votes and spikes.

        Raises:
            InvalidInputError: No path where one is needed, another one than the network's, frames of
                another shape, or prefixes in training.
        """
        path = self._path(architecture)
        self._check_input(x)
        meter = SpikeMeter() if count_spikes else None
        position, spikes = self._begin(x, path, meter, prefixes)
        slot = sum(layer.is_slot for layer in self.space.layers[:position])
        for number, layer in enumerate(self.space.layers[position:], start=position):
            if layer.is_slot and prefixes is not None and meter is not None:
                prefixes.keep(path[:slot], number, spikes, meter)
            choice = path[slot] if layer.is_slot else layer.kind
            slot += layer.is_slot
            spikes = cast(nn.ModuleDict, self.layers[number])[choice](spikes, meter)
        logits = self.head(spikes, meter)
        if meter is None:
            return NetworkOutput(logits, None, {})
        return NetworkOutput(logits, meter.total, meter.layers)

    def parts(self, path: Architecture) -> list[nn.Module]:
        """Returns what a path runs: stem, the block of each layer, head."""
        choices = iter(path)
        layers = zip(self.space.layers, self.layers, strict=True)
        blocks = [cast(nn.ModuleDict, one)[next(choices) if layer.is_slot else layer.kind] for layer, one in layers]
        return [self.stem, *blocks, self.head]

    def _begin(
        self, x: Tensor, path: Architecture, meter: SpikeMeter | None, prefixes: Prefixes | None
    ) -> tuple[int, Tensor]:
        """Returns how many layers are done, and the spikes there: after the stem, or as far as was run before."""
        if prefixes is not None:
            if meter is None or self.training:
                raise InvalidInputError(
                    "prefixes: expected evaluation mode with spikes counted; leave them out to train"
                )
            known = prefixes.longest(path)
            if known is not None:
                prefix, spikes = known
                meter.layers.update(prefix.counts)
                return prefix.position, spikes
        return 0, self.stem(self.as_frames(x), self.timesteps, meter)

    def as_frames(self, x: Tensor) -> Tensor:
        """Returns what the stem takes: time first where there is time, counts of events as numbers of its type."""
        x = x if x.is_floating_point() else x.to(self.head.linear.weight.dtype)
        return x.transpose(0, 1) if x.dim() == 5 else x

    def _build_layers(self) -> list[nn.ModuleDict]:
        built, channels, slot = [], self.space.channels, 0
        for layer in self.space.layers:
            names = layer.blocks
            if layer.is_slot and self.architecture is not None:
                names, slot = (self.architecture[slot],), slot + 1
            blocks: dict[str, nn.Module] = {
                name: build_block(name, channels, layer.channels, layer.stride, self.neuron) for name in names
            }
            built.append(nn.ModuleDict(blocks))
            channels = layer.channels
        return built

    def _name_counted_layers(self) -> None:
        for name, module in self.named_modules():
            if isinstance(module, SpikingNeuron | MaxPool):
                module.layer_name = name

    def _path(self, architecture: Sequence[str] | str | None) -> Architecture:
        if architecture is None:
            if self.architecture is None:
                raise InvalidInputError(f"a supernet of {self.space.name!r} runs one path: give an architecture")
            return self.architecture
        path = architecture if isinstance(architecture, tuple) else self.space.parse(architecture)
        if self.architecture is not None and path != self.architecture:
            raise InvalidInputError(
                f"this network is {format_architecture(self.architecture)}; it cannot run {format_architecture(path)}"
            )
        return self.space.parse(path)

    def _check_input(self, x: Tensor) -> None:
        frame = (self.in_channels, *self.input_size)
        if x.dim() == 4 and tuple(x.shape[1:]) == frame and self.space.stem != "event":
            return
        if x.dim() == 5 and tuple(x.shape[1:]) == (self.timesteps, *frame):
            return
        wanted = f"(N, {self.timesteps}, {', '.join(map(str, frame))})"
        if self.space.stem != "event":
            wanted = f"(N, {', '.join(map(str, frame))}) or {wanted}"
        raise InvalidInputError(f"input: expected shape {wanted}, got {tuple(x.shape)}")

    def _warn_if_silent(self) -> None:
        if not self.neuron.is_silent_on_averages:
            return
        layers = [cast(nn.ModuleDict, blocks) for blocks in self.layers]
        silent = [f"layer {position} (avg_pool)" for position, blocks in enumerate(layers) if "avg_pool" in blocks]
        if self.space.head == "global_average":
            silent.append("head (global average)")
        if silent:
            warnings.warn(
                f"neurons of {', '.join(silent)} in {self.space.name!r} can never fire: an average of spikes never "
                f"exceeds 1, and with decay_input=True the voltage only approaches it, below the threshold "
                f"{self.neuron.threshold:g}. Set decay_input=False, or a lower threshold",
                SilentNeuronWarning,
                stacklevel=3,
            )


def count_parameters(network: nn.Module) -> int:
    """Returns how many numbers of a network are trained."""
    return sum(parameter.numel() for parameter in network.parameters())
