"""Which classes a network takes for which."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from autosnn_ray.data.dataset import Split
from autosnn_ray.evaluation.batches import fitting_batch
from autosnn_ray.space import Architecture
from autosnn_ray.spiking.network import SpikingNetwork


@torch.inference_mode()
def confusion_matrix(
    network: SpikingNetwork, split: Split, architecture: Architecture | None = None
) -> npt.NDArray[np.int64]:
    """Counts what a network, or one path of a supernet, takes the samples of each class for.

    Args:
        network: A supernet, or a network of its own.
        split: The samples, on the network's device.
        architecture: The path to run; None for a network of its own.

    Returns:
        Samples by class and prediction, shape ``(classes, classes)``: a row sums up to the samples of its class.
    """
    was_training = network.training
    network.eval()
    try:
        predicted = torch.cat(
            [
                network(x, architecture, count_spikes=False).logits.argmax(dim=1)
                for x in split.x.split(fitting_batch(network, split))
            ]
        )
    finally:
        network.train(was_training)
    pairs = torch.bincount(split.y * network.classes + predicted, minlength=network.classes**2)
    counts: npt.NDArray[np.int64] = pairs.reshape(network.classes, network.classes).cpu().numpy()
    return counts
