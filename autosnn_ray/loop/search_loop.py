"""The state machine of one search: what is asked, written, evaluated somewhere, told, and tried again."""

from __future__ import annotations

import base64
import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from autosnn_ray.algorithms import AskTell, Candidate, OnResult
from autosnn_ray.errors import AutoSNNError, JournalError
from autosnn_ray.evaluations import Evaluation, Failure, Outcome
from autosnn_ray.journal import Journal, keep_correct
from autosnn_ray.loop.earlier import Earlier
from autosnn_ray.loop.losses import Losses
from autosnn_ray.objectives import Goal, SpikeAwareFitness

_LOGGER = logging.getLogger("autosnn_ray")
_DIED = "the evaluating process died, each time it was tried"


class SearchLoop:
    """Gives candidates away to be evaluated and takes what came of them; each event is in the journal before it counts.

    The order of calls, by whoever evaluates::

        while not loop.done:
            candidates = loop.take()             # empty: nothing until more has come back
            ...                                  # evaluate them, anywhere
            loop.finish(candidates, reports)     # or loop.lose(candidates), where their process died

    What goes wrong within, such as a full disk, ends the loop: it is then ``done``, and ``error`` says why.

    Args:
        algorithm: The algorithm's state; candidates asked but not told are given away first.
        journal: Where events are written; the driver alone writes.
        on_result: Is called with every candidate and its outcome, after it is in the journal.
        together: How many candidates are best evaluated by one process in a row, from a multiple of this number on;
            where they are lost, each is tried by itself.
        earlier: Evaluations of earlier runs: their candidates are told, and not given away.
        goal: What the search aims at, for whoever listens.

    Attributes:
        error: What ended the search from within; raised by the driver.
        goal: What the search aims at.
    """

    def __init__(
        self,
        algorithm: AskTell,
        journal: Journal,
        on_result: OnResult | None = None,
        together: int = 1,
        earlier: Earlier | None = None,
        goal: Goal | None = None,
    ) -> None:
        self._algorithm, self._journal = algorithm, journal
        self._listeners = [on_result] if on_result else []
        self.goal = goal or Goal((SpikeAwareFitness(),))
        self._again = list(algorithm.pending)
        self._together, self._earlier = together, earlier or Earlier()
        self._away = 0
        self._losses = Losses()
        self.error: AutoSNNError | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is left to be evaluated, or something ended it."""
        return self.error is not None or self._algorithm.done

    @property
    def remaining(self) -> int:
        """How many candidates are still to be told, at most."""
        return self._algorithm.budget - self._algorithm.told

    def reuse(self) -> None:
        """Tells what earlier runs hold, as far as to the first candidate that they do not; that one is given first."""
        if self.done or not self._earlier.found:
            return
        try:
            candidate = self._following()
        except AutoSNNError as error:
            self.error = error
            return
        if candidate is not None:
            self._again.insert(0, candidate)

    def listen(self, on_result: OnResult) -> None:
        """Has another function called with every candidate and its outcome, after it is in the journal."""
        self._listeners.append(on_result)

    def take(self) -> list[Candidate]:
        """Gives away the next candidates to be evaluated by one process; none until more has come back."""
        if self.done:
            return []
        try:
            candidates = self._next()
            if not candidates and not self._away:
                self._give_up(last=True)
                candidates = self._next()
        except AutoSNNError as error:
            self.error = error
            return []
        self._away += len(candidates)
        return candidates

    def finish(self, candidates: Sequence[Candidate], reports: Sequence[Mapping[str, Any]]) -> None:
        """Takes what came of candidates that were given away.

        Args:
            candidates: What ``take`` gave.
            reports: One for each, as ``report_of`` and ``report_failure`` make them.
        """
        self._away -= len(candidates)
        if self.error is not None:
            return
        try:
            self._losses.works()
            for candidate, report in zip(candidates, reports, strict=True):
                # A start that only learned that an earlier one had run out of time was no attempt.
                attempts = max(1, self._losses.attempts(candidate.index) - bool(report.get("late")))
                self._tell(candidate, _outcome(report, attempts), attempts)
                self._keep_correct(candidate, report)
            self._give_up()
        except AutoSNNError as error:
            self.error = error

    def lose(self, candidates: Sequence[Candidate]) -> None:
        """Takes candidates back whose process died: they are tried again, or failed after the last try."""
        self._away -= len(candidates)
        if self.error is not None:
            return
        try:
            self._losses.add(candidates)
            numbers = ", ".join(str(candidate.index) for candidate in candidates)
            _LOGGER.warning("the process that evaluated candidate %s died, or its node; see ray.log", numbers)
            self._give_up()
        except AutoSNNError as error:
            self.error = error

    def abandon(self, candidates: Sequence[Candidate]) -> None:
        """Takes candidates back that nobody will evaluate; they stay pending until the run is resumed."""
        self._away -= len(candidates)

    def _next(self) -> list[Candidate]:
        """Takes the first that is to be tried by itself; else what is left of the next block of candidates."""
        lost = self._losses.again()
        if lost is not None:
            return [lost]
        first = self._following()
        found = [] if first is None else [first]
        while found and (following := self._again[0].index if self._again else self._algorithm.asked) % self._together:
            if following // self._together != found[0].index // self._together:
                break
            candidate = self._following()
            if candidate is None:
                break
            found.append(candidate)
        return found

    def _following(self) -> Candidate | None:
        """Takes the next candidate that is to be evaluated; what earlier runs hold of those before it is told."""
        while (candidate := self._again.pop(0) if self._again else self._ask()) is not None:
            known = self._earlier.of(candidate)
            if known is None:
                break
            evaluation, run = known
            self._tell(candidate, evaluation, 1, reused_from=run)
            self._keep_correct(candidate, report_of(evaluation))
        return candidate

    def _ask(self) -> Candidate | None:
        candidate = self._algorithm.ask()
        if candidate is not None:
            repeated = {"repeated": list(candidate.repeated)} if candidate.repeated else {}
            self._journal.write(
                "ask",
                index=candidate.index,
                architecture=list(candidate.architecture),
                origin=candidate.origin,
                parents=list(candidate.parents),
                generation=candidate.generation,
                repetition=candidate.repetition,
                **repeated,
            )
        return candidate

    def _give_up(self, *, last: bool = False) -> None:
        for candidate, attempts in self._losses.failed(last=last):
            self._tell(candidate, Failure(_DIED, attempts), attempts)

    def _keep_correct(self, candidate: Candidate, report: Mapping[str, Any]) -> None:
        if "correct" not in report:
            return
        samples, correct = report["evaluation"]["measures"]["accuracy"]["samples"], base64.b64decode(report["correct"])
        try:
            keep_correct(self._journal.path.parent, candidate.index, samples, correct)
        except OSError as error:
            raise JournalError(f"{self._journal.path.parent}: cannot be written: {error.strerror or error}") from error

    def _tell(self, candidate: Candidate, outcome: Outcome, attempts: int, **further: str) -> None:
        if isinstance(outcome, Evaluation):
            told = {"evaluation": outcome.to_dict(), "attempts": attempts, **further}
            self._journal.write("tell", index=candidate.index, **told)
        else:
            self._journal.write("fail", index=candidate.index, reason=outcome.reason, attempts=attempts)
        self._algorithm.tell(candidate.index, outcome)
        for listener in self._listeners:
            listener(candidate, outcome)


def report_of(evaluation: Evaluation) -> dict[str, Any]:
    """Makes the report of an evaluation, as plain values; one that is no number, or cannot be, is a failure."""
    if not evaluation.is_finite:
        found = ", ".join(f"{name} {measure.value}" for name, measure in evaluation.measures.items())
        layers = [f"{name} {count}" for name, count in evaluation.layer_spikes.items() if not math.isfinite(count)]
        return {"failure": f"not finite: {', '.join([found, *layers])}"}
    if not 0 <= evaluation.get("accuracy", 0.0) <= 1:
        return {
            "failure": f"accuracy: expected a share from 0 to 1, got {evaluation.accuracy}; divide a percentage by 100"
        }
    if evaluation.get("spikes", 0.0) < 0:
        return {"failure": f"spikes: expected spikes/sample, 0 or more, got {evaluation.spikes}"}
    report: dict[str, Any] = {"evaluation": evaluation.to_dict()}
    if evaluation.correct is not None and evaluation.samples:
        report["correct"] = base64.b64encode(evaluation.correct).decode("ascii")
    return report


def report_failure(reason: str, *, late: bool = False) -> dict[str, Any]:
    """Makes the report of a candidate that could not be evaluated.

    Args:
        reason: One line for people.
        late: Its time was up in an earlier attempt; this one did not begin.
    """
    return {"failure": reason, "late": late}


def _outcome(report: Mapping[str, Any], attempts: int) -> Outcome:
    if "evaluation" in report:
        return Evaluation.from_dict(report["evaluation"])
    return Failure(str(report["failure"]), attempts)
