"""Ray Tune's view of a search: a thin adapter over ask/tell and the journal."""

from __future__ import annotations

import json
from typing import Any

from ray.tune.search import Searcher

from autosnn_ray.algorithms import AskTell, Candidate, OnTold
from autosnn_ray.cluster.losses import Losses
from autosnn_ray.cluster.trainable import OUTCOMES
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.evaluations import Evaluation, Failure, Outcome
from autosnn_ray.journal import Journal

_FINISHED: str = Searcher.FINISHED
_DIED = "the evaluating process died, each time it was tried"


class AskTellSearcher(Searcher):
    """Suggests candidates of an algorithm, and writes each event to the journal before it takes effect.

    Args:
        algorithm: The algorithm's state; candidates asked but not told are suggested first.
        journal: Where events are written; the driver alone writes.
        on_told: Told of every outcome, after it is in the journal.
        together: How many candidates make a trial, from a multiple of this number on; where a trial is lost, each of
            its candidates is tried by itself.

    Attributes:
        error: What ended the search from within, such as a full disk; raised by the driver.
    """

    def __init__(self, algorithm: AskTell, journal: Journal, on_told: OnTold | None = None, together: int = 1) -> None:
        super().__init__()
        self._algorithm, self._journal, self._on_told = algorithm, journal, on_told
        self._again = list(algorithm.pending)
        self._together = together
        self._running: dict[str, list[Candidate]] = {}
        self._losses = Losses()
        self.error: AutoSNNError | None = None

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Returns the next candidates' configuration, None for not now, or FINISHED."""
        if self.error is not None or (self._algorithm.done and not self._again):
            return _FINISHED
        try:
            candidates = self._next()
            if not candidates and not self._running:
                self._give_up(last=True)
        except AutoSNNError as error:
            self.error = error
            return _FINISHED
        if not candidates:
            return _FINISHED if self._algorithm.done else None
        self._running[trial_id] = candidates
        return {
            "index": candidates[0].index,
            "candidates": [[one.index, list(one.architecture), one.generation] for one in candidates],
        }

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Tells the algorithm what came of a trial's candidates."""
        candidates = self._running.pop(trial_id, [])
        reports = json.loads(result.get(OUTCOMES, "[]")) if result and not error else []
        if self.error is not None:
            return
        try:
            if reports:
                self._losses.works()
            else:
                self._losses.add(candidates)
                candidates = []
            for candidate, report in zip(candidates, reports, strict=True):
                # A start that only learned that an earlier one had run out of time was no attempt.
                attempts = max(1, self._losses.attempts(candidate.index) - bool(report.get("late")))
                self._tell(candidate, _outcome(report, attempts), attempts)
            self._give_up()
        except AutoSNNError as problem:
            self.error = problem

    def set_max_concurrency(self, max_concurrent: int) -> bool:
        """Leaves the limit to Tune's number of pending trials."""
        return True

    def save(self, checkpoint_path: str) -> None:
        """Saves nothing: a search is rebuilt from its journal."""

    def restore(self, checkpoint_path: str) -> None:
        """Restores nothing: a search is rebuilt from its journal."""

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its whole configuration; the journal's open file stays with the driver.
        return {"_metric": None, "_mode": None}

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
        return self._again.pop(0) if self._again else self._ask()

    def _ask(self) -> Candidate | None:
        candidate = self._algorithm.ask()
        if candidate is not None:
            self._journal.write(
                "ask",
                index=candidate.index,
                architecture=list(candidate.architecture),
                origin=candidate.origin,
                parents=list(candidate.parents),
                generation=candidate.generation,
            )
        return candidate

    def _give_up(self, *, last: bool = False) -> None:
        for candidate, attempts in self._losses.failed(last=last):
            self._tell(candidate, Failure(_DIED, attempts), attempts)

    def _tell(self, candidate: Candidate, outcome: Outcome, attempts: int) -> None:
        if isinstance(outcome, Evaluation):
            self._journal.write("tell", index=candidate.index, evaluation=outcome.to_dict(), attempts=attempts)
        else:
            self._journal.write("fail", index=candidate.index, reason=outcome.reason, attempts=attempts)
        self._algorithm.tell(candidate.index, outcome)
        if self._on_told:
            self._on_told(candidate, outcome)


def _outcome(report: dict[str, Any], attempts: int) -> Outcome:
    if "evaluation" in report:
        return Evaluation.from_dict(report["evaluation"])
    return Failure(report["failure"], attempts)
