"""An algorithm, and what it is held against its laws on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from autosnn_ray.algorithms import Algorithm, AskTell
from autosnn_ray.objectives import Goal
from autosnn_ray.space import SearchSpace
from autosnn_ray.testing.searches import FITNESS, small_space, space_of_five_slots

Make = Callable[[SearchSpace, int, int], Algorithm]
"""Makes an algorithm for a space, a number of candidates and a seed."""


@dataclass(frozen=True)
class AlgorithmCase:
    """An algorithm, and what it is held against the laws on.

    Attributes:
        make: Makes it.
        goal: What searches aim at.
        draws: Whether its proposals depend on the seed.
        space: A space of many architectures.
        small: One of 32.
        most: Searches of more candidates are left out; asks of an algorithm that learns from all of its history grow
            with it.
    """

    make: Make
    goal: Goal = FITNESS
    draws: bool = True
    space: SearchSpace = field(default_factory=space_of_five_slots)
    small: SearchSpace = field(default_factory=small_space)
    most: int = 10_000

    @classmethod
    def of(
        cls, given: Algorithm | type[Algorithm] | Make, goal: Goal = FITNESS, *, draws: bool = True
    ) -> AlgorithmCase:
        """Takes settings, their class, or what makes them."""
        if isinstance(given, Algorithm):
            settings = given
            return cls(lambda _, __, seed: replace(settings, seed=seed), goal, draws)
        if isinstance(given, type):
            kind: Callable[..., Algorithm] = given
            return cls(lambda _, __, seed: kind(seed=seed), goal, draws)
        return cls(given, goal, draws)

    def start(self, candidates: int, seed: int = 0, space: SearchSpace | None = None) -> AskTell:
        """Begins a search."""
        where = space or self.space
        return self.make(where, candidates, seed).start(where, candidates, self.goal)
