"""The actor that evaluates candidates: set up once, then one candidate a trial."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import ray
import torch
from ray import tune

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

    _network_data: SharedSupernet
    _evaluate: Evaluator
    _meeting: Any

    def setup(
        self,
        config: dict[str, Any],
        shared: SharedSupernet | None = None,
        evaluator: EvaluatorFactory | None = None,
        threads: int = 1,
        meeting: Any = None,
    ) -> None:
        """Maps the supernet from the object store and makes the evaluator."""
        if shared is None or evaluator is None:
            raise TypeError("CandidateTrial needs the shared supernet and an evaluator: use tune.with_parameters")
        # One actor, its share of the cores: actors with a thread for every core fight for them.
        torch.set_num_threads(threads)
        self._shared = shared
        self._evaluate = evaluator(*shared.open())
        self._architecture = tuple(config["architecture"])
        self._meeting = meeting
        ray.get(meeting.arrive.remote())

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Takes the next candidate."""
        self._architecture = tuple(new_config["architecture"])
        return True

    def step(self) -> dict[str, Any]:
        """Evaluates the candidate."""
        self._wait_for_the_others()
        started = time.perf_counter()
        outcome: dict[str, Any]
        try:
            evaluation = self._evaluate(self._architecture)
            seconds = time.perf_counter() - started
            self._shared.check()
            outcome = _report(replace(evaluation, seconds=seconds))
        except Exception as error:  # noqa: BLE001 - whatever an evaluator raises is its candidate's failure
            outcome = {"failure": f"{type(error).__name__}: {error}"}
        return {OUTCOME: json.dumps(outcome), "done": True}

    def _wait_for_the_others(self) -> None:
        """Holds the first candidate back until all actors are up.

        Ray gives a trial to an idle actor rather than start another; where candidates take less time than
        an actor's start, the pool would never grow.
        """
        if self._meeting is None:
            return
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while time.monotonic() < deadline and not ray.get(self._meeting.complete.remote()):
            time.sleep(0.05)
        self._meeting = None


class Meeting:
    """Counts the actors that are set up.

    Args:
        expected: How many there will be.
    """

    def __init__(self, expected: int) -> None:
        self._missing = expected

    def arrive(self) -> None:
        """Counts one more."""
        self._missing -= 1

    def complete(self) -> bool:
        """Says whether all are there."""
        return self._missing <= 0


def _report(evaluation: Evaluation) -> dict[str, Any]:
    if not evaluation.is_finite:
        return {"failure": f"not finite: accuracy {evaluation.accuracy}, spikes {evaluation.spikes}"}
    return {"evaluation": evaluation.to_dict()}
