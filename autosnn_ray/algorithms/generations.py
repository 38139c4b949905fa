"""Generations: a barrier between them, and the first filled up from what was given."""

from __future__ import annotations

from abc import abstractmethod

from autosnn_ray.algorithms.base import AskTell
from autosnn_ray.algorithms.breeding import Proposal
from autosnn_ray.algorithms.candidate import Candidate


class Generations(AskTell):
    """A search in generations; one is folded in when it is complete, whatever order its results came in.

    Attributes:
        population: Candidates a generation.
    """

    population: int
    _generation = -1
    _queue: tuple[Candidate, ...] = ()

    def propose(self) -> Candidate | None:
        """Takes the next of the generation; None where the one before it is not told."""
        if not self._queue:
            if self._pending and not self._begins:
                return None
            self._breed()
        first, self._queue = (self._queue[0], self._queue[1:]) if self._queue else (None, ())
        return first

    @property
    def _begins(self) -> bool:
        """Whether the next generation is the first, and drawn: those that were given do not fill it."""
        return self._generation < 0 and self.given < self.population

    def _breed(self) -> None:
        begins = self._begins
        if not begins:
            self._fold_in()
        # Bred whole even where the budget cuts it short: a run that is extended later then proposes what a run
        # of the larger budget would have proposed.
        wanted = min(self.population - (self.given if begins else 0), self.left)
        self._queue = tuple(
            Candidate(self.asked + place, *proposal, self._generation + 1)
            for place, proposal in enumerate(self._bred(wanted))
        )
        self._generation += bool(self._queue)  # that found nothing is no generation yet

    @abstractmethod
    def _fold_in(self) -> None:
        """Takes up what was told of the last generation, in the order of its candidates."""

    @abstractmethod
    def _bred(self, wanted: int) -> list[Proposal]:
        """Breeds the next generation, of up to so many that were never seen."""
