"""A space that was evaluated whole, as a table to try algorithms on: a search of it takes milliseconds."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autosnn_ray.algorithms.base import Algorithm, Candidate
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation, Failure, Outcome
from autosnn_ray.journal import read_journal
from autosnn_ray.objectives import Goal
from autosnn_ray.own_code import own_code_of
from autosnn_ray.space import Architecture, SearchSpace, format_architecture

_UNKNOWN = Failure("not in the table: its evaluation failed")


@dataclass(frozen=True)
class Table:
    """What is known of every architecture of a space.

    Attributes:
        space: The space.
        goal: What the run that evaluated it aimed at.
        evaluations: The evaluations by architecture; one that failed has none.
    """

    space: SearchSpace
    goal: Goal
    evaluations: Mapping[Architecture, Evaluation]

    @classmethod
    def read(cls, run: str | Path) -> Table:
        """Reads the run of ``autosnn-ray enumerate``, or any other that has told all candidates of its space.

        Args:
            run: The run's folder.

        Raises:
            JournalError: There is no journal, or it is damaged.
            InvalidInputError: The run has not told the whole space.
        """
        contents = read_journal(run)
        config = contents.config
        with own_code_of(config):
            entries = config.get("problem", {}).get("space", {})
            space = SearchSpace.from_dict(entries, source=f"{run}: journal")
            goal = Goal.from_dict(config["goal"])
        if not contents.stopped or config["candidates"] < space.size or config.get("filters"):
            raise InvalidInputError(
                f"{run}: expected a run that holds all {space.size:,} architectures of {space.name!r}, got "
                f"{len(contents.evaluations):,} evaluations; make one with autosnn-ray enumerate, or go on with it: "
                f"autosnn-ray resume {shlex.quote(str(run))} --candidates {space.size}"
            )
        found = {architecture: told[0] for architecture, told in contents.evaluations.items()}
        return cls(space, goal, found)

    def search(self, algorithm: Algorithm, candidates: int = 400) -> list[tuple[Candidate, Outcome]]:
        """Runs an algorithm on the table, one candidate told after the other.

        Args:
            algorithm: Its settings.
            candidates: How many to propose at most.

        Returns:
            The candidates and what is known of them, in the order in which they were proposed.

        Raises:
            InvalidInputError: Fewer than one candidate.
        """
        state, found = algorithm.start(self.space, candidates, self.goal), []
        while (candidate := state.ask()) is not None:
            outcome: Outcome = self.evaluations.get(candidate.architecture, _UNKNOWN)
            state.tell(candidate.index, outcome)
            found.append((candidate, outcome))
        return found

    def best(self, found: list[tuple[Candidate, Outcome]] | None = None) -> tuple[str, float]:
        """Returns the best architecture and its first objective: of a search, or of the table where None.

        Raises:
            InvalidInputError: There is no evaluation.
        """
        known = (
            self.evaluations.items()
            if found is None
            else [(candidate.architecture, outcome) for candidate, outcome in found if isinstance(outcome, Evaluation)]
        )
        if not known:
            raise InvalidInputError("best: expected evaluations, got none")
        architecture, evaluation = min(known, key=lambda one: self.goal.judge(one[1]).key)
        return format_architecture(architecture), self.goal.objectives[0](evaluation)
