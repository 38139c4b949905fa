"""What the training of a supernet took."""

from __future__ import annotations

import numpy as np

from autosnn_ray.passes import Passes
from autosnn_ray.training.paths import PATH_SAMPLERS
from autosnn_ray.training.supernet import Supernet


def passes_of_supernet(supernet: Supernet) -> Passes | None:
    """Counts what a supernet's training took: every training sample by each path of a step, in every epoch.

    The paths that were evaluated in the end, for the reference spikes, are among the forward passes.

    Returns:
        The passes; None where its description does not say of how many samples, or how paths were drawn.
    """
    sampler, training = PATH_SAMPLERS.get(supernet.sampling), supernet.data.get("train")
    if sampler is None or training is None:
        return None
    paths = len(sampler(supernet.space, np.random.default_rng(0)))
    measured = supernet.paths.count * int(supernet.data.get("validation", 0))
    return Passes(supernet.training.epochs * int(training) * paths, measured)
