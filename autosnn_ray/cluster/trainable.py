"""The actor that evaluates candidates: set up once, then some candidates a trial."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import ray
import torch
from ray import cloudpickle, tune

from autosnn_ray.algorithms import Candidate
from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.cluster.executor import Ray
from autosnn_ray.cluster.overseer import GO, WAIT
from autosnn_ray.cluster.prefix_store import PrefixesOfAll
from autosnn_ray.evaluators.task import Task, Worker
from autosnn_ray.loop import report_failure

REPORTS = "reports"
"""Key of a trial's result: for each candidate what came of it, as JSON."""

_ASK_AGAIN_SECONDS = 0.05


class CandidateTrial(tune.Trainable):
    """Evaluates the candidates in its configuration, one after the other.

    Ray calls ``setup`` once an actor; a reused actor gets the next ones by ``reset_config``. An evaluator is started
    when its first candidate comes, and kept. One that raises fails its candidate, not the actor: only a process that
    dies is tried again.
    """

    _overseer: Any

    def setup(
        self,
        config: dict[str, Any],
        tasks: tuple[Task, ...] = (),
        settings: Ray | None = None,
        overseer: Any = None,
    ) -> None:
        """Maps samples and weights from the object store."""
        if not tasks or settings is None:
            raise TypeError("CandidateTrial needs tasks and settings: use tune.with_parameters")
        # One actor, its share of the cores: actors with a thread for every core fight for them.
        torch.set_num_threads(settings.threads)
        keep_freed_memory()
        self._tasks, self._settings, self._overseer = tasks, settings, overseer
        self._workers: dict[int, tuple[Worker, PrefixesOfAll]] = {}
        self._last_seconds = 0.0
        self._take(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Takes the next candidates."""
        self._take(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Evaluates the candidates."""
        return {REPORTS: json.dumps([self._evaluated(one) for one in self._candidates]), "done": True}

    def _take(self, config: dict[str, Any]) -> None:
        self._task, self._first = int(config["task"]), int(config["order"])
        self._candidates = [
            Candidate(int(index), tuple(architecture), "", repetition=int(repetition))
            for index, architecture, repetition in config["candidates"]
        ]

    def _evaluated(self, candidate: Candidate) -> dict[str, Any]:
        order = self._first + candidate.index - self._candidates[0].index
        report = self._late(order) or self._worker(candidate)
        self._ended(order)
        return report

    def _late(self, order: int) -> dict[str, Any] | None:
        """Waits for the word to begin; where it is too late for that, returns the report."""
        if self._may_begin(order):
            return None
        seconds = self._settings.seconds
        return report_failure(f"the evaluation took longer than {seconds:g} seconds and was ended", late=True)

    def _worker(self, candidate: Candidate) -> dict[str, Any]:
        if self._task not in self._workers:
            self._workers[self._task] = self._start(self._task)
        worker, prefixes = self._workers[self._task]
        started = time.perf_counter()
        report = worker(candidate)
        self._last_seconds = time.perf_counter() - started
        prefixes.took(self._last_seconds)
        return report

    def _ended(self, order: int) -> None:
        if self._settings.seconds is not None:
            ray.get(self._overseer.end.remote(order))

    def _start(self, number: int) -> tuple[Worker, PrefixesOfAll]:
        prefixes = PrefixesOfAll(self._overseer, number)
        if self._settings.gpus and not torch.cuda.is_available():
            reason = (
                f"gpus: {self._settings.gpus:g} asked for, and torch {torch.__version__} sees no GPU on node "
                f"{socket.gethostname()}; install torch with CUDA there"
            )
            return (lambda _: report_failure(reason)), prefixes
        return self._tasks[number].start("cuda" if self._settings.gpus else "cpu", prefixes), prefixes

    def _may_begin(self, order: int) -> bool:
        actor = cloudpickle.dumps(ray.get_runtime_context().current_actor)
        while True:
            word = ray.get(self._overseer.begin.remote(order, actor, self._last_seconds))
            if word != WAIT:
                return bool(word == GO)
            time.sleep(_ASK_AGAIN_SECONDS)
