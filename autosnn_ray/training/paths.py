"""Which paths of the supernet a training step runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autosnn_ray.space import Architecture, SearchSpace

PathSampler = Callable[[SearchSpace, np.random.Generator], list[Architecture]]


def uniform_path(space: SearchSpace, rng: np.random.Generator) -> list[Architecture]:
    """Draws one path uniformly (single-path one-shot; AutoSNN's training).

    Example:
        >>> import search_spaces
        >>> len(uniform_path(search_spaces.load("digits_16"), np.random.default_rng(0)))
        1
    """
    return [space.sample(rng)]


def strictly_fair_paths(space: SearchSpace, rng: np.random.Generator) -> list[Architecture]:
    """Draws as many paths as a slot has choices, so that each choice of each slot is run equally often.

    Gradients of the paths are added before one update. Source: FairNAS (Chu et al., ICCV 2021), strict fairness.

    Example:
        >>> import search_spaces
        >>> paths = strictly_fair_paths(search_spaces.load("digits_16"), np.random.default_rng(0))
        >>> len(paths), len({path[0] for path in paths})
        (5, 5)
    """
    return space.sample_balanced(rng)


PATH_SAMPLERS: dict[str, PathSampler] = {
    "uniform": uniform_path,
    "strict": strictly_fair_paths,
}
"""Every way to draw a step's paths, by name."""
