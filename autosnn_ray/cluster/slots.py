"""How many candidates fit on the cluster side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping

import ray

from autosnn_ray.errors import InvalidInputError


def slots(cpus: float, gpus: float) -> int:
    """Returns how many candidates fit on the cluster, as it is now.

    Args:
        cpus: CPUs that each takes.
        gpus: GPUs that each takes.

    Raises:
        InvalidInputError: No node has room for even one.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    found = sum(_fit(node, cpus, gpus) for node in nodes)
    if found < 1:
        have = "; ".join(f"{node.get('CPU', 0):g} CPUs, {node.get('GPU', 0):g} GPUs" for node in nodes)
        raise InvalidInputError(
            f"cpus, gpus: {cpus:g} CPUs and {gpus:g} GPUs asked for each candidate, "
            f"and no node has as much: {have}. Ask for less, or say with `concurrent` how many shall run on a "
            "cluster that grows on demand"
        )
    return found


def _fit(node: Mapping[str, float], cpus: float, gpus: float) -> int:
    # The sums of a binary fraction may end just below a whole number.
    fit = node.get("CPU", 0.0) / cpus
    if gpus:
        fit = min(fit, node.get("GPU", 0.0) / gpus)
    return math.floor(fit + 1e-6)
