"""Which paths of the supernet a training step runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from autosnn_ray.space import Architecture, Layer, SearchSpace, find_block
from autosnn_ray.space.blocks import POOLS

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


def sandwich_paths(space: SearchSpace, rng: np.random.Generator) -> list[Architecture]:
    """Takes the largest path, the smallest, and one drawn uniformly; the largest comes first, as the others' teacher.

    Size is told by the kernels: wider ones, then more channels inside, then those with a shortcut. Choices are not
    run equally often. Source: Yu and Huang, ICCV 2019 (universally slimmable networks), the sandwich rule.

    Example:
        >>> import search_spaces
        >>> paths = sandwich_paths(search_spaces.load("digits_16"), np.random.default_rng(0))
        >>> paths[0][0], paths[1][0], len(paths)
        ('srb_k5', 'skip', 3)
    """
    largest = tuple(max(slot.choices, key=partial(_size, slot)) for slot in space.slots)
    smallest = tuple(min(slot.choices, key=partial(_size, slot)) for slot in space.slots)
    return [largest, smallest, space.sample(rng)]


def _size(slot: Layer, choice: str) -> tuple[int, int, int, int]:
    block = find_block(choice)
    # A pool's window holds no weights.
    kernel = 0 if choice in POOLS else block.kernel
    return block.expansion, kernel, block.width or slot.channels, int(block.family == "srb")


PATH_SAMPLERS: dict[str, PathSampler] = {
    "uniform": uniform_path,
    "strict": strictly_fair_paths,
    "sandwich": sandwich_paths,
}
"""Every way to draw a step's paths, by name."""
