"""A candidate: an architecture that a search proposes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autosnn_ray.evaluations import Outcome
from autosnn_ray.space import Architecture


@dataclass(frozen=True)
class Candidate:
    """An architecture proposed by a search.

    Attributes:
        index: Its number: 0, 1, 2 …
        architecture: One choice for each slot.
        origin: How it came about: random, mutation, crossover.
        parents: Indices of the candidates it was bred from.
        generation: The round it belongs to, from 0.
        repetition: The so-manieth evaluation of the same architecture, from 0: to be trained with several seeds.
        repeated: Indices of candidates that a sampler proposed once more before this one; it was told again what is
            known of them, and they were not evaluated again.
    """

    index: int
    architecture: Architecture
    origin: str
    parents: tuple[int, ...] = ()
    generation: int = 0
    repetition: int = 0
    repeated: tuple[int, ...] = ()


OnResult = Callable[[Candidate, Outcome], None]
"""Is called with a candidate and what came of it."""
