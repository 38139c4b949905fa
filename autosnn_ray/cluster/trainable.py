"""The actor that evaluates candidates: set up once, then one candidate a trial."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace
from typing import Any

import ray
import torch
from ray import cloudpickle, tune

from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.cluster.overseer import GO, WAIT
from autosnn_ray.cluster.prefix_store import PrefixesOfAll
from autosnn_ray.cluster.resources import Resources
from autosnn_ray.cluster.store import SharedSupernet
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators import Evaluator, EvaluatorFactory
from autosnn_ray.evaluators.base import Repeating
from autosnn_ray.space import Architecture

OUTCOMES = "outcomes"
"""Key of a trial's result: for each candidate the evaluation, or why there is none, as JSON."""

_ASK_AGAIN_SECONDS = 0.05


class CandidateTrial(tune.Trainable):
    """Evaluates the candidates in its configuration, one after the other.

    Ray calls ``setup`` once an actor; a reused actor gets the next ones by ``reset_config``. An
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
        keep_freed_memory()
        self._shared = shared
        self._prefixes = PrefixesOfAll(overseer)
        self._evaluate = _make(evaluator, shared, resources, self._prefixes)
        self._seconds = resources.seconds
        self._overseer = overseer
        self._last_seconds = 0.0
        self._take(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Takes the next candidates."""
        self._take(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Evaluates the candidates."""
        outcomes = [self._evaluated(*candidate) for candidate in self._candidates]
        return {OUTCOMES: json.dumps(outcomes), "done": True}

    def _take(self, config: dict[str, Any]) -> None:
        self._candidates = [
            (int(index), tuple(architecture), int(generation))
            for index, architecture, generation in config["candidates"]
        ]

    def _evaluated(self, index: int, architecture: Architecture, generation: int) -> dict[str, Any]:
        if not self._may_begin(index):
            late = f"the evaluation took longer than {self._seconds:g} seconds and was ended"
            return {"failure": late, "late": True}
        started = time.perf_counter()
        outcome = self._outcome(architecture, generation)
        if self._seconds is not None:
            ray.get(self._overseer.end.remote(index))
        self._last_seconds = time.perf_counter() - started
        self._prefixes.took(self._last_seconds)
        return outcome

    def _may_begin(self, index: int) -> bool:
        actor = cloudpickle.dumps(ray.get_runtime_context().current_actor)
        while True:
            word = ray.get(self._overseer.begin.remote(index, actor, self._last_seconds))
            if word != WAIT:
                return bool(word == GO)
            time.sleep(_ASK_AGAIN_SECONDS)

    def _outcome(self, architecture: Architecture, generation: int) -> dict[str, Any]:
        try:
            started = time.perf_counter()
            if isinstance(self._evaluate, Repeating):
                evaluation = self._evaluate.repeat(architecture, generation)
            else:
                evaluation = self._evaluate(architecture)
            seconds = time.perf_counter() - started
            self._shared.check()
            return _report(replace(evaluation, seconds=seconds))
        except Exception as error:  # noqa: BLE001 - whatever an evaluator raises is its candidate's failure
            return {"failure": f"{type(error).__name__}: {error}"}


def _make(
    evaluator: EvaluatorFactory, shared: SharedSupernet, resources: Resources, prefixes: PrefixesOfAll
) -> Evaluator:
    """Makes the evaluator; one that cannot be made fails its candidates with the reason, which a dead actor lacks."""
    try:
        if resources.gpus and not torch.cuda.is_available():
            raise InvalidInputError(
                f"gpus_per_candidate: {resources.gpus:g} asked for, and torch {torch.__version__} sees no GPU on node "
                f"{socket.gethostname()}; install torch with CUDA there"
            )
        network, data = shared.open("cuda" if resources.gpus else "cpu")
        return evaluator(network, replace(data, prefixes=prefixes))
    except Exception as error:  # noqa: BLE001 - whatever an evaluator raises is its candidate's failure
        problem = error

    def fail(architecture: Architecture) -> Evaluation:
        raise problem

    return fail


def _report(evaluation: Evaluation) -> dict[str, Any]:
    if not evaluation.is_finite:
        return {"failure": f"not finite: accuracy {evaluation.accuracy}, spikes {evaluation.spikes}"}
    return {"evaluation": evaluation.to_dict()}
