"""The contract of a search algorithm: settings apart from state, and a state machine of ask and tell.

The order of calls::

    state = AutoSNN(seed=0).start(space, candidates=400, goal=SpikeAwareFitness())
    while not state.done:
        candidate = state.ask()          # None: nothing until more is told
        ...                              # evaluate it, anywhere, in any order
        state.tell(candidate.index, evaluation_or_failure)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from autosnn_ray.algorithms.candidate import Candidate, OnResult
from autosnn_ray.algorithms.draws import Admits, Draws
from autosnn_ray.checks import check_whole
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation, Outcome
from autosnn_ray.objectives import Goal, Objective
from autosnn_ray.space import Architecture, SearchSpace

__all__ = ["Algorithm", "AskTell", "Candidate", "OnResult"]


@dataclass(frozen=True)
class Algorithm(ABC):
    """An algorithm's settings.

    Attributes:
        name: Its key in ``ALGORITHMS``.
        summary: What it is, in one line.
        order_matters: Whether the order in which results come in changes what is proposed.
        is_search: Whether it looks for what is good, rather than going through a list or a sample.
        seed: What every random draw comes from.

    Raises:
        InvalidInputError: The seed is no whole number of at least 0.
    """

    name: ClassVar[str]
    summary: ClassVar[str] = "an algorithm of one's own"
    order_matters: ClassVar[bool] = False
    is_search: ClassVar[bool] = True
    seed: int = 0

    def __post_init__(self) -> None:
        check_whole("seed", self.seed, 0)

    @abstractmethod
    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins a search.

        Args:
            space: Where candidates are drawn from.
            candidates: How many to propose at most.
            goal: What it aims at; an algorithm that learns from no result does without.

        Raises:
            InvalidInputError: Fewer than one candidate.
        """

    def together(self, space: SearchSpace) -> int:
        """Says how many candidates, from a multiple of this number on, are best evaluated by one process in a row."""
        return 1

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the measures that it looks at beside those of the goal."""
        return ()

    @property
    def resumes(self) -> str:
        """How it goes on with a journal: ``exactly``, or ``statistically``, from all that was told by other draws."""
        return "exactly"

    @property
    def packages(self) -> tuple[str, ...]:
        """Further packages whose versions decide what it proposes: they are written into the journal's start."""
        return ()

    def to_dict(self) -> dict[str, Any]:
        """Returns name and settings as plain values."""
        return {"name": self.name, "settings": asdict(self)}


class AskTell(Draws, ABC):
    """The state of a search.

    Pure: the same seed and outcomes give the same candidates. No architecture is proposed twice: all come through
    ``take_new`` or ``draw_new``, which leave out what ``restrict`` leaves out. An outcome that
    failed or is not finite ranks below everything: ``learn`` gets None in its place.

    Args:
        space: Where candidates are drawn from.
        candidates: How many to propose at most.
        rng: What every random draw comes from.
        needs_slots: Whether a space in which nothing is to be decided is refused.

    Attributes:
        takes_given: Whether a search can begin with architectures that are given.
    """

    takes_given: ClassVar[bool] = True

    def __init__(
        self,
        space: SearchSpace,
        candidates: int,
        rng: np.random.Generator,
        *,
        needs_slots: bool = True,
    ) -> None:
        if isinstance(candidates, bool) or not isinstance(candidates, int | np.integer) or candidates < 1:
            raise InvalidInputError(f"candidates: expected a whole number of at least 1, got {candidates!r}")
        if needs_slots:
            space.require_slots("a search")
        super().__init__(space, rng)
        self.budget = min(int(candidates), space.size)
        self._wanted = int(candidates)
        self._pending: dict[int, Candidate] = {}
        self._asked = 0

    def begin_with(self, architectures: Iterable[Architecture]) -> None:
        """Has these proposed first, before any of its own; what comes of them is learned from like all else.

        Args:
            architectures: Each once.

        Raises:
            InvalidInputError: One stands there twice, or more than it may propose; or it proposes none but its own.
        """
        if not self.takes_given:
            raise InvalidInputError("begin_with: the algorithm proposes a list of its own, and no others first")
        self.take_first(architectures, self.budget)

    def restrict(self, admits: Admits) -> None:
        """Leaves architectures out of the search, before the first ask; see ``Draws.restrict``.

        The budget is then of what is admitted, where the space can be listed; else it ends when draws find none. What
        was given to begin with is evaluated all the same.
        """
        super().restrict(admits)
        self.budget = min(self._wanted, self.asked + self.left)

    @property
    def left(self) -> int:
        """How many architectures there are to draw that were not proposed yet."""
        return self.size + self.beyond - self.asked

    @property
    def asked(self) -> int:
        """How many candidates were proposed."""
        return self._asked

    @property
    def told(self) -> int:
        """Of how many candidates the outcome is known."""
        return self._asked - len(self._pending)

    @property
    def done(self) -> bool:
        """Whether all candidates are proposed and told."""
        return self._asked >= self.budget and not self._pending

    @property
    def exhausted(self) -> bool:
        """Whether the search ends because the space, or the part of it that is admitted, holds no more."""
        return self.done and self._wanted > self.budget

    @property
    def pending(self) -> tuple[Candidate, ...]:
        """Candidates asked but not told, in order."""
        return tuple(self._pending.values())

    def ask(self, written: Candidate | None = None) -> Candidate | None:
        """Proposes the next candidate (``written``: as a journal holds it); None until more is told, or at the end."""
        candidate, before = None, self.rng.bit_generator.state
        if self._first:
            candidate = Candidate(self._asked, self._first.pop(0), "given")
        elif self._asked < self.budget:
            candidate = self.propose() if written is None else self.take_up(written)
        if candidate is not None:
            self._asked += 1
            self._pending[candidate.index] = candidate
        else:
            self.rng.bit_generator.state = before  # no journal holds that it was asked: nothing was drawn
            if self.restricted and not self._pending:
                self.budget = self._asked  # nothing will be told that could change what is proposed
        return candidate

    def tell(self, index: int, outcome: Outcome) -> None:
        """Takes the outcome of a candidate.

        Args:
            index: The candidate's number.
            outcome: Its evaluation, or its failure.

        Raises:
            InvalidInputError: The candidate was never asked, or is already told.
        """
        if index not in self._pending:
            why = "is already told" if 0 <= index < self._asked else "was never asked"
            raise InvalidInputError(f"tell({index}): expected a candidate that is pending, but it {why}")
        candidate = self._pending.pop(index)
        is_known = isinstance(outcome, Evaluation) and outcome.is_finite
        self.learn(candidate, outcome if isinstance(outcome, Evaluation) and is_known else None)

    @abstractmethod
    def propose(self) -> Candidate | None:
        """Makes the next candidate, with ``index`` equal to ``asked``; None where more must be told first."""

    def take_up(self, written: Candidate) -> Candidate | None:
        """Makes the candidate that a journal holds, as it was drawn; one that is another is refused by ``replay``."""
        return self.propose()

    def learn(self, candidate: Candidate, evaluation: Evaluation | None) -> None:
        """Takes note of an outcome; ``evaluation`` is None for one that failed or is not finite."""
