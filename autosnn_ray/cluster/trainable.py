"""The actor that evaluates candidates: set up once, then one candidate a trial."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import ray
import torch
from ray import tune

from autosnn_ray.cluster.resources import Resources
from autosnn_ray.cluster.store import SharedSupernet
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators import Evaluator, EvaluatorFactory

OUTCOME = "outcome"
"""Key of a trial's result: the evaluation, or why there is none, as JSON."""

_LONGEST_WAIT_SECONDS = 20.0


class CandidateTrial(tune.Trainable):
    """Evaluates the architecture in its configuration.

    Ray calls ``setup`` once an actor; a reused actor gets the next candidate by ``reset_config``. An
    evaluator that raises fails its candidate, not the actor: only a process that dies is tried again.
    """

    _evaluate: Evaluator
    _overseer: Any

    def setup(
        self,
        config: dict[str, Any],
        shared: SharedSupernet | None = None,
        evaluator: EvaluatorFactory | None = None,
        resources: Resources | None = None,
        overseer: Any = None,
    ) -> None:
        """Maps the supernet from the object store and makes the evaluator."""
        if shared is None or evaluator is None or resources is None:
            raise TypeError("CandidateTrial needs supernet, evaluator and resources: use tune.with_parameters")
        # One actor, its share of the cores: actors with a thread for every core fight for them.
        torch.set_num_threads(resources.threads)
        self._shared = shared
        self._evaluate = evaluator(*shared.open("cuda" if resources.gpus else "cpu"))
        self._seconds = resources.seconds
        self._overseer = overseer
        self._others_are_up = False
        self._take(config)
        ray.get(overseer.arrive.remote())

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Takes the next candidate."""
        self._take(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Evaluates the candidate."""
        self._wait_for_the_others()
        outcome = self._within_time() if self._seconds is not None else self._outcome()
        return {OUTCOME: json.dumps(outcome), "done": True}

    def _take(self, config: dict[str, Any]) -> None:
        self._index, self._architecture = int(config["index"]), tuple(config["architecture"])

    def _within_time(self) -> dict[str, Any]:
        actor = ray.get_runtime_context().current_actor
        if not ray.get(self._overseer.begin.remote(self._index, actor)):
            return {"failure": f"the evaluation took longer than {self._seconds:g} seconds and was ended", "late": True}
        outcome = self._outcome()
        ray.get(self._overseer.end.remote(self._index))
        return outcome

    def _outcome(self) -> dict[str, Any]:
        try:
            started = time.perf_counter()
            evaluation = self._evaluate(self._architecture)
            seconds = time.perf_counter() - started
            self._shared.check()
            return _report(replace(evaluation, seconds=seconds))
        except Exception as error:  # noqa: BLE001 - whatever an evaluator raises is its candidate's failure
            return {"failure": f"{type(error).__name__}: {error}"}

    def _wait_for_the_others(self) -> None:
        """Holds the first candidate back until all actors are up.

        Ray gives a trial to an idle actor rather than start another; where candidates take less time than
        an actor's start, the pool would never grow.
        """
        if self._others_are_up:
            return
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while time.monotonic() < deadline and not ray.get(self._overseer.complete.remote()):
            time.sleep(0.05)
        self._others_are_up = True


def _report(evaluation: Evaluation) -> dict[str, Any]:
    if not evaluation.is_finite:
        return {"failure": f"not finite: accuracy {evaluation.accuracy}, spikes {evaluation.spikes}"}
    return {"evaluation": evaluation.to_dict()}
