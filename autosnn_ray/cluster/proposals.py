"""What a searcher of Tune's has proposed and been told, by trial: enough to be rebuilt from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from autosnn_ray.algorithms import Algorithm
from autosnn_ray.errors import CheckpointError, InvalidInputError
from autosnn_ray.evaluations import Evaluation, Failure, Measure, Outcome
from autosnn_ray.objectives import Goal
from autosnn_ray.space import Architecture, SearchSpace, format_architecture


class Proposals:
    """An algorithm's ask and tell by the names of trials, after architectures that are given.

    Args:
        space: Where architectures come from.
        algorithm: How they are proposed.
        candidates: How many the algorithm proposes at most.
        goal: What it aims at.
        given: Proposed first; the algorithm is told of one when it proposes it itself.

    Attributes:
        events: What was proposed and told, as plain values; ``replay`` takes them.
    """

    def __init__(
        self, space: SearchSpace, algorithm: Algorithm, candidates: int, goal: Goal, given: Sequence[Architecture]
    ) -> None:
        self._state = algorithm.start(space, candidates, goal)
        self._left = list(given)
        self._running: dict[str, tuple[Architecture, int | None]] = {}
        self._known: dict[Architecture, Outcome] = {}
        self._awaited: dict[Architecture, int] = {}
        self.events: list[list[Any]] = []

    @property
    def running(self) -> int:
        """How many were proposed and not told."""
        return len(self._running)

    @property
    def done(self) -> bool:
        """Whether nothing more will be proposed."""
        return self._state.done and not self._left

    def __contains__(self, trial_id: object) -> bool:
        return trial_id in self._running

    def ask(self, trial_id: str) -> Architecture | None:
        """Proposes the next architecture, to this trial; None where more must be told first, or all is proposed."""
        found = (self._left.pop(0), None) if self._left else self._ask()
        if found is None:
            return None
        self._running[trial_id] = found
        self.events.append(["ask", trial_id, format_architecture(found[0])])
        return found[0]

    def _ask(self) -> tuple[Architecture, int | None] | None:
        under_way = {architecture for architecture, index in self._running.values() if index is None}
        while (candidate := self._state.ask()) is not None:
            architecture = candidate.architecture
            if architecture in self._known:
                self._state.tell(candidate.index, self._known[architecture])
            elif architecture in under_way:
                self._awaited[architecture] = candidate.index
            else:
                return architecture, candidate.index
        return None

    def tell(self, trial_id: str, outcome: Outcome) -> None:
        """Tells the algorithm what came of a trial."""
        told = outcome.reason if isinstance(outcome, Failure) else {name: outcome[name] for name in outcome}
        self.events.append(["tell", trial_id, told])
        architecture, index = self._running.pop(trial_id)
        if index is None:
            self._known[architecture] = outcome
            index = self._awaited.pop(architecture, None)
        if index is not None:
            self._state.tell(index, outcome)

    def replay(self, events: Sequence[Sequence[Any]], source: str) -> None:
        """Brings a fresh state to where the events end.

        Raises:
            CheckpointError: They are damaged, or the algorithm proposes something else.
        """
        for number, event in enumerate(events, start=1):
            try:
                kind, trial_id, what = event
                if kind == "tell":
                    self.tell(trial_id, Failure(what) if isinstance(what, str) else Evaluation.given(what))
                    continue
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise CheckpointError(f"{source}: event {number} is damaged: {error!r}") from error
            found = self.ask(trial_id)
            if found is None or format_architecture(found) != what:
                now = "nothing" if found is None else format_architecture(found)
                raise CheckpointError(
                    f"{source}: event {number}: the algorithm proposes {now}, then it proposed {what}; it was saved by "
                    "another version of the algorithm"
                )


def outcome_of(result: Mapping[str, Any] | None, goal: Goal, names: Mapping[str, str] | None = None) -> Outcome:
    """Reads a trial's last result; one that cannot be ranked is a failure.

    Args:
        result: What the trial reported; None where it ended in error.
        goal: What the search aims at.
        names: Which measure each of these metrics is; all numbers, by their own names, where None.
    """
    if result is None:
        return Failure("the trial ended in error")
    given = {str(name): value for name, value in result.items() if _is_finite(value)}
    if names is not None:
        lacking = [metric for metric in names if metric not in given]
        if lacking:
            return Failure(f"{lacking[0]} is missing or not finite: {result.get(lacking[0])!r}")
        given = {measure: given[metric] for metric, measure in names.items()}
    found = Evaluation({name: Measure(float(value)) for name, value in given.items()})
    try:
        is_fine = goal.judge(found).is_finite
    except InvalidInputError as error:  # a measure that a constraint bounds is missing
        return Failure(str(error))
    return found if is_fine else Failure("a measure that the search aims at is missing or not finite")


def _is_finite(value: object) -> bool:
    try:
        return not isinstance(value, bool | str) and math.isfinite(value)  # type: ignore[arg-type]
    except TypeError:
        return False
