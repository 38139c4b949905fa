"""Ends weak trainings early, by Ray Tune's ASHA: the trial that trains an epoch a step, and the scheduler."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import AsyncHyperBandScheduler

from autosnn_ray.cluster.executor import Ray
from autosnn_ray.cluster.pool import KeepActors
from autosnn_ray.cluster.trainable import REPORTS, CandidateTrial
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.by_epoch import CUT, EPOCHS
from autosnn_ray.evaluators.task import Task
from autosnn_ray.loop import SearchLoop
from autosnn_ray.objectives import Goal

_WORTH = "worth"
_INFEASIBLE = -1e30
"""Worth of one that is infeasible, times its violation and 1: below all that are feasible."""


class EpochTrial(CandidateTrial):
    """Trains the one candidate in its configuration, an epoch a step."""

    _report: dict[str, Any] | None = None

    def step(self) -> dict[str, Any]:
        """Trains the next epoch and reports the candidate as it is then: it may be asked for no other."""
        candidate, before = self._candidates[0], self._report
        if before is None and (late := self._late(self._first)):
            return {REPORTS: json.dumps([late]), "done": True}
        report = self._worker(candidate)
        evaluation = report.get("evaluation")
        if evaluation is not None and before is not None:
            evaluation["seconds"] += before["evaluation"]["seconds"]
        self._report = report
        is_done = evaluation is None or not evaluation["measures"][CUT]["value"]
        if is_done:
            self._ended(self._first)
        epochs = evaluation["measures"][EPOCHS]["value"] if evaluation else 0
        return {REPORTS: json.dumps([report]), EPOCHS: int(epochs), "done": is_done}

    def _take(self, config: dict[str, Any]) -> None:
        if self._report is not None:  # of one that was cut short, nobody has stopped the clock
            self._ended(self._first)
        self._report = None
        super()._take(config)


class StopWeak(KeepActors):
    """Runs trials as ``KeepActors`` does, and stops those that ASHA takes for weak.

    Args:
        overseer: Who holds candidates back while actors are starting.
        settings: What a candidate uses, and how trainings are cut short.
        limit: How many there may be.
        jobs: The searches; each has rungs of its own.
    """

    def __init__(self, overseer: Any, settings: Ray, limit: int, jobs: Sequence[tuple[SearchLoop, Task]]) -> None:
        super().__init__(overseer, settings, limit)
        asha = settings.asha
        if asha is None:
            raise TypeError("StopWeak needs settings with asha")
        self._goals = [loop.goal for loop, _ in jobs]
        self._schedulers = [
            AsyncHyperBandScheduler(
                time_attr=EPOCHS,
                metric=_WORTH,
                mode="max",
                max_t=task.evaluator.most_epochs or asha.grace,
                grace_period=asha.grace,
                reduction_factor=asha.factor,
            )
            for _, task in jobs
        ]

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """Begins to follow a trial."""
        super().on_trial_add(tune_controller, trial)
        self._of(trial).on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Says whether a training goes on."""
        return str(self._of(trial).on_trial_result(tune_controller, trial, self._judged(trial, result)))

    def on_trial_complete(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> None:
        """Takes note of a training that is at its end."""
        self._of(trial).on_trial_complete(tune_controller, trial, self._judged(trial, result))

    def _of(self, trial: Trial) -> AsyncHyperBandScheduler:
        return self._schedulers[int(trial.config["task"])]

    def _judged(self, trial: Trial, result: dict[str, Any]) -> dict[str, Any]:
        report = json.loads(result[REPORTS])[0] if REPORTS in result else {}
        if "evaluation" not in report:
            return {}
        worth = worth_of(Evaluation.from_dict(report["evaluation"]), self._goals[int(trial.config["task"])])
        return {EPOCHS: result[EPOCHS], _WORTH: worth}


def worth_of(evaluation: Evaluation, goal: Goal) -> float:
    """Returns one number to compare trainings by: the objective, or less than any of it for one that is infeasible."""
    judgement = goal.judge(evaluation)
    return judgement.values[0] if judgement.is_feasible else _INFEASIBLE * (1 + judgement.violation)
