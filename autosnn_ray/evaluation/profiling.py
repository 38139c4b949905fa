"""Looks into a network while it runs: what each layer costs, how it fires, which channels do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autosnn_ray.data.dataset import Split
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation.batches import fitting_batch
from autosnn_ray.profiles import EnergyModel, LayerProfile, Profile
from autosnn_ray.space import format_architecture
from autosnn_ray.spiking.blocks import MaxPool
from autosnn_ray.spiking.costs import macs_of
from autosnn_ray.spiking.network import SpikingNetwork, count_parameters
from autosnn_ray.spiking.neurons import SpikingNeuron

SATURATED_FROM = 0.99
"""Spikes per neuron and time step from which a channel counts as saturated: it carries no information."""


@torch.inference_mode()
def profile(
    network: SpikingNetwork,
    split: Split,
    *,
    energy_model: EnergyModel | None = None,
    saturated_from: float = SATURATED_FROM,
    batch_size: int | None = None,
) -> Profile:
    """Measures a network layer by layer.

    A layer is a layer of neurons with the convolutions, linear layers and averages that feed it, shortcuts with
    weights included, or a max pool, which costs nothing here. An identity shortcut costs nothing either.
    Synaptic operations are counted spike by spike: a spike at the edge reaches fewer neurons than one inside.

    Args:
        network: A network of its own.
        split: Samples to look at; validation, not test.
        energy_model: Energy of the operations; the field's 45 nm figures where None.
        saturated_from: Spikes per neuron and time step from which a channel counts as saturated.
        batch_size: Samples a forward pass, ``fitting_batch`` where None; does not change the result.

    Returns:
        The profile; the network is left in the mode it was found in.

    Raises:
        InvalidInputError: A supernet, or no samples.

    Example:
        >>> import autosnn_ray as asr, search_spaces
        >>> data = asr.load_dataset("digits")
        >>> path = "skip/scb_k3/skip/skip/skip"
        >>> net = SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=4, architecture=path)
        >>> found = profile(net, data.validation.head(8))
        >>> found.layers[0].name, found.layers[0].shape, found.layers[0].macs  # 3x3 on one channel, to 16 of 8x8
        ('stem.neuron1', (16, 8, 8), 9216)
    """
    if network.architecture is None:
        raise InvalidInputError("profile: expected a network of its own, got a supernet; take a path out of it")
    if len(split) == 0:
        raise InvalidInputError("profile: expected samples to look at, got none")
    was_training = network.training
    network.eval()
    watch = _Watch()
    try:
        with watch.watching(network):
            for x in split.x.split(batch_size or fitting_batch(network, split)):
                network(x, count_spikes=False)
    finally:
        network.train(was_training)
    model = energy_model or EnergyModel()
    layers = [
        _layer(name, found, network.timesteps, len(split), model, saturated_from)
        for name, found in watch.layers.items()
    ]
    return Profile(
        architecture=format_architecture(network.architecture),
        space=network.space.name,
        timesteps=network.timesteps,
        samples=len(split),
        energy_model=model,
        layers=tuple(layers),
        footprint=sum(tensor.numel() * tensor.element_size() for tensor in (*network.parameters(), *network.buffers())),
    )


@dataclass
class _Synapses:
    """What was seen of a module that feeds a layer: sums over all samples stay on the device."""

    module: nn.Module
    macs: int = 0
    passes: int = 0
    operations: Tensor | float = 0.0
    real: Tensor | bool = False


@dataclass
class _Found:
    """What was seen of a layer."""

    module: nn.Module
    synapses: dict[nn.Module, _Synapses] = field(default_factory=dict)
    parameters: int = 0
    shape: tuple[int, ...] = ()
    by_channel: Tensor | float = 0.0


class _Watch:
    """Follows a forward pass: modules with weights belong to the layer of neurons that comes after them."""

    def __init__(self) -> None:
        self.layers: dict[str, _Found] = {}
        self._seen: dict[nn.Module, _Synapses] = {}
        self._waiting: list[nn.Module] = []

    @contextmanager
    def watching(self, network: SpikingNetwork) -> Iterator[None]:
        """Looks on for the while of the block."""
        handles = []
        neurons = {part for one in network.modules() if isinstance(one, SpikingNeuron) for part in one.modules()}
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear | nn.AvgPool2d | nn.AdaptiveAvgPool2d):
                handles.append(module.register_forward_hook(self._synapses))
            elif isinstance(module, SpikingNeuron | MaxPool):
                handles.append(module.register_forward_hook(self._fired, with_kwargs=True))
            elif module not in neurons and any(True for _ in module.parameters(recurse=False)):
                # What a block of one's own runs itself: batch norms, parameters of its own.
                handles.append(module.register_forward_pre_hook(lambda part, _: self._waiting.append(part)))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _synapses(self, module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        self._waiting.append(module)
        x: Tensor = inputs[0]
        seen = self._seen.setdefault(module, _Synapses(module))
        merged = 1 if isinstance(module, nn.Conv2d | nn.AvgPool2d | nn.AdaptiveAvgPool2d) else 2
        seen.passes += x.shape[:merged].numel()
        seen.macs = macs_of(module, output)
        seen.operations = seen.operations + _synaptic_operations(module, x)
        seen.real = seen.real | ((x != 0) & (x != 1)).any()

    def _fired(self, module: nn.Module, inputs: tuple[Any, ...], given: dict[str, Any], spikes: Tensor) -> None:
        # Neurons run the batch norm before them.
        self._waiting += [given[name] for name in ("norm", "shortcut_norm") if given.get(name) is not None]
        found = self.layers.setdefault(str(module.layer_name), _Found(module))
        if not found.shape:
            found.shape = tuple(spikes.shape[2:])
            own = (p for part in dict.fromkeys(self._waiting) for p in part.parameters(recurse=False))
            found.parameters = sum(p.numel() for p in own) + count_parameters(module)
        for part in self._waiting:
            if part in self._seen:
                found.synapses[part] = self._seen[part]
        self._waiting.clear()
        found.by_channel = found.by_channel + spikes.movedim(2, 0).flatten(1).sum(dim=1, dtype=torch.float64)


def _synaptic_operations(module: nn.Module, x: Tensor) -> Tensor:
    """Counts, for each input that is not zero, the neurons it reaches, over all samples and steps."""
    active = (x != 0).to(x.dtype)
    if isinstance(module, nn.Conv2d):
        by_pixel = active.sum(dim=1, keepdim=True)
        kernel = torch.ones(1, 1, *module.kernel_size, dtype=x.dtype, device=x.device)
        reached = F.conv2d(by_pixel, kernel, stride=module.stride, padding=module.padding)
        return reached.sum(dtype=torch.float64) * (module.out_channels // module.groups)
    fan_out = module.out_features if isinstance(module, nn.Linear) else 1
    return active.sum(dtype=torch.float64) * fan_out


def _layer(
    name: str, found: _Found, timesteps: int, samples: int, model: EnergyModel, saturated_from: float
) -> LayerProfile:
    by_channel = torch.as_tensor(found.by_channel).cpu()
    size = torch.Size(found.shape).numel()
    chances = samples * timesteps * size / found.shape[0]
    real = any(bool(part.real) for part in found.synapses.values())
    operations = energy = effective = 0.0
    for part in found.synapses.values():
        # A static frame passes the stem once, whatever T; what was really done is counted.
        done = part.macs * part.passes if part.real else float(part.operations)
        operations += done / samples
        effective += float(part.operations) / samples if part.real else 0.0
        energy += done / samples * (model.multiply_accumulate if part.real else model.accumulate)
    tau = None
    if isinstance(found.module, SpikingNeuron):
        decay = float(found.module.decay())
        tau = 1 / decay if decay > 0 else None
    return LayerProfile(
        name=name,
        shape=found.shape,
        parameters=found.parameters,
        macs=sum(part.macs * part.passes for part in found.synapses.values()) // samples,
        rate=float(by_channel.sum()) / (samples * timesteps * size),
        spikes=float(by_channel.sum()) / samples,
        dead=int((by_channel == 0).sum()),
        saturated=int((by_channel >= saturated_from * chances).sum()),
        tau=tau,
        real_input=real,
        operations=operations,
        energy=energy,
        effective_macs=effective,
        is_pool=isinstance(found.module, MaxPool),
    )
