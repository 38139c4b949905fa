"""Holds an exported network against the one it came from, spike by spike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from autosnn_ray.data.dataset import Split
from autosnn_ray.export.from_nir import NirNetwork
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import SpikingNeuron


@dataclass(frozen=True)
class Comparison:
    """How far an exported network spikes as its original.

    Attributes:
        samples: Samples both were run on.
        spikes: Spikes of the original's neurons over all samples, max pools not among them.
        differing: Neurons and time steps at which only one of the two spikes.
        by_layer: The same by layer, where there are any.
        predictions: Samples that both put into the same class.
    """

    samples: int
    spikes: int
    differing: int
    by_layer: Mapping[str, int] = field(default_factory=dict)
    predictions: int = 0

    @property
    def share(self) -> float:
        """Differing spikes as a share of the original's."""
        return self.differing / max(self.spikes, 1)


@torch.inference_mode()
def compare(network: SpikingNetwork, exported: NirNetwork, split: Split, *, batch_size: int = 64) -> Comparison:
    """Runs both on the same samples.

    Args:
        network: The original, a network of its own.
        exported: What was read back.
        split: Samples, such as validation.
        batch_size: Samples a forward pass.

    Returns:
        The comparison.
    """
    seen: dict[str, Tensor] = {}
    neurons = [module for module in network.modules() if isinstance(module, SpikingNeuron)]
    handles = [
        module.register_forward_hook(lambda module, _, spikes: seen.update({module.layer_name: spikes}))
        for module in neurons
    ]
    spikes, predictions = 0, 0
    by_layer: dict[str, int] = {}
    was_training = network.training
    network.eval()
    try:
        for x in split.x.split(batch_size):
            classes = network(x, count_spikes=False).logits.argmax(dim=1)
            frames = network.as_frames(x)
            frames = frames if x.dim() == 5 else frames.expand(network.timesteps, *x.shape)
            given = exported.run(frames)
            for name, expected in seen.items():
                spikes += int(expected.sum())
                by_layer[name] = by_layer.get(name, 0) + int((given[name].reshape(expected.shape) != expected).sum())
            votes = given["output"].sum(dim=0).flatten(1).unflatten(1, (network.classes, -1)).sum(dim=2)
            predictions += int((votes.argmax(dim=1) == classes).sum())
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    differing = {name: count for name, count in by_layer.items() if count}
    return Comparison(len(split), spikes, sum(differing.values()), differing, predictions)
