"""The one evaluation: a pass over a split, with one transfer from the device at its end."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from autosnn_ray.data.dataset import Split
from autosnn_ray.evaluation.batches import fitting_batch
from autosnn_ray.evaluation.losses import LOSSES
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.prefixes import Prefixes, SharedPrefixes


def prefixes_for(
    network: SpikingNetwork,
    split: Split,
    budget_bytes: int,
    batch_size: int | None = None,
    shared: SharedPrefixes | None = None,
) -> list[Prefixes]:
    """Makes what ``evaluate`` needs to share the beginnings of paths: one a batch, with an equal part of the budget.

    Args:
        network: The supernet.
        split: The samples.
        budget_bytes: How much packed spikes may take in all.
        batch_size: Samples a forward pass, as given to ``evaluate``.
        shared: What other processes have run on the very same batches of the same network.
    """
    batches = -(-len(split) // (batch_size or fitting_batch(network, split)))
    return [Prefixes(budget_bytes // batches, shared, number) for number in range(batches)]


@torch.inference_mode()
def evaluate(
    network: SpikingNetwork,
    split: Split,
    architecture: Architecture | None = None,
    *,
    loss: str = "mse",
    batch_size: int | None = None,
    prefixes: Sequence[Prefixes] | None = None,
) -> Evaluation:
    """Measures accuracy, spikes and loss of a network, or of one path of a supernet.

    Args:
        network: A supernet, or a network of its own.
        split: The samples, on the network's device.
        architecture: The path to run; None for a network of its own.
        loss: Key of ``LOSSES``.
        batch_size: Samples a forward pass, ``fitting_batch`` where None; does not change the result.
        prefixes: One for each batch of the split, to share the beginnings of paths between calls; does not change
            the result either. ``prefixes_for`` makes them.

    Returns:
        The evaluation; the network is left in the mode it was found in.
    """
    started = time.perf_counter()
    was_training = network.training
    # A network with all choices has hundreds of modules: to set their mode takes as long as a short last slot.
    evaluates = not any(module.training for module in network.modules())
    if not evaluates:
        network.eval()
    try:
        sums, layers, right = _sum_over_batches(
            network, split, architecture, loss, batch_size or fitting_batch(network, split), prefixes
        )
    finally:
        if not evaluates:
            network.train(was_training)
    values = torch.stack([*sums, *layers.values()]).tolist()
    correct, spikes, loss_sum, *by_layer = (value / len(split) for value in values)
    return Evaluation.measured(
        accuracy=correct,
        spikes=spikes,
        loss=loss_sum,
        samples=len(split),
        layer_spikes=dict(zip(layers, by_layer, strict=True)),
        seconds=time.perf_counter() - started,
        correct=np.packbits(right.cpu().numpy()).tobytes(),
    )


def _sum_over_batches(
    network: SpikingNetwork,
    split: Split,
    architecture: Architecture | None,
    loss: str,
    batch_size: int,
    prefixes: Sequence[Prefixes] | None,
) -> tuple[tuple[Tensor, Tensor, Tensor], dict[str, Tensor], Tensor]:
    zero = torch.zeros((), dtype=torch.float64, device=split.x.device)
    spikes, losses = zero, zero
    right: list[Tensor] = []
    layers: dict[str, Tensor] = {}
    xs, ys = split.x.split(batch_size), split.y.split(batch_size)
    sharing: Sequence[Prefixes | None] = prefixes or [None] * len(xs)
    for x, y, shared in zip(xs, ys, sharing, strict=True):
        output = network(x, architecture, prefixes=shared)
        rate = output.logits / network.timesteps
        right.append(output.logits.argmax(dim=1) == y)
        spikes = spikes + output.spikes.double().sum()
        losses = losses + LOSSES[loss](rate, y).double().sum()
        for name, count in output.layer_spikes.items():
            layers[name] = layers.get(name, zero) + count.double().sum()
    all_right = torch.cat(right)
    return (all_right.sum().double(), spikes, losses), layers, all_right
