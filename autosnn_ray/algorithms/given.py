"""Architectures that are given, each evaluated once or several times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from autosnn_ray.algorithms.base import Algorithm, AskTell, Candidate
from autosnn_ray.algorithms.draws import Admits
from autosnn_ray.checks import check_whole
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.objectives import Goal, Objective
from autosnn_ray.space import SearchSpace


@dataclass(frozen=True)
class Given(Algorithm):
    """Proposes the architectures it is given, in order, then all of them again for each further repetition.

    Whoever gives them wants to know of them: those that break a constraint are evaluated too, and marked infeasible.

    Attributes:
        seed: Draws nothing.
        architectures: As ``srb_k5/skip/…``.
        repetitions: How often each is evaluated: such as to be trained with several seeds.

    Raises:
        InvalidInputError: No architecture, one that stands there twice, or less than one repetition.

    Example:
        >>> import search_spaces
        >>> given = Given(architectures=("skip/skip/skip/skip/skip",), repetitions=2)
        >>> state = given.start(search_spaces.load("digits_16"), 2)
        >>> state.ask().repetition, state.ask().repetition
        (0, 1)
    """

    name: ClassVar[str] = "given"
    summary: ClassVar[str] = "architectures that are listed in its settings, each once or several times"
    is_search: ClassVar[bool] = False
    architectures: tuple[str, ...] = ()
    repetitions: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("repetitions", self.repetitions)
        given: Any = self.architectures
        if isinstance(given, str) or not isinstance(given, Sequence):
            raise InvalidInputError(f"architectures: expected a list of texts such as 'srb_k5/skip', got {given!r}")
        # A journal gives lists back.
        object.__setattr__(self, "architectures", tuple(map(str, given)))
        if not self.architectures or len(set(self.architectures)) < len(self.architectures):
            raise InvalidInputError(
                f"architectures: expected at least one, each once, got {', '.join(self.architectures) or 'none'}"
            )

    def start(self, space: SearchSpace, candidates: int, goal: Goal | Objective | None = None) -> AskTell:
        """Begins; see ``Algorithm.start``. One that is not of the space is refused."""
        return _GivenState(space, candidates, self)


class _GivenState(AskTell):
    takes_given: ClassVar[bool] = False

    def __init__(self, space: SearchSpace, candidates: int, settings: Given) -> None:
        super().__init__(space, candidates, np.random.default_rng(settings.seed), needs_slots=False)
        self._given = [space.parse(architecture) for architecture in settings.architectures]
        self.budget = min(int(candidates), len(self._given) * settings.repetitions)

    def restrict(self, admits: Admits) -> None:
        """Leaves none out."""

    def propose(self) -> Candidate | None:
        repetition, position = divmod(self.asked, len(self._given))
        return Candidate(self.asked, self._given[position], "given", repetition=repetition)
