"""A Ray that is up, and the Tune run that evaluates on it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray
from ray import tune

from autosnn_ray.cluster.asha import EpochTrial, StopWeak
from autosnn_ray.cluster.by_value import own_code_by_value
from autosnn_ray.cluster.logs import logged
from autosnn_ray.cluster.messages import messages_in
from autosnn_ray.cluster.overseer import start_overseer
from autosnn_ray.cluster.pool import KeepActors
from autosnn_ray.cluster.private import remembered
from autosnn_ray.cluster.searcher import LoopSearcher
from autosnn_ray.cluster.slots import slots
from autosnn_ray.cluster.trainable import CandidateTrial
from autosnn_ray.evaluators import Evaluator
from autosnn_ray.evaluators.by_epoch import ByEpoch
from autosnn_ray.evaluators.task import Task
from autosnn_ray.loop import SearchLoop
from autosnn_ray.objectives import Goal

if TYPE_CHECKING:
    from autosnn_ray.cluster.executor import Ray


class OpenRay:
    """Evaluates on a Ray that is up. The jobs of one call share their actors; see ``Executor``.

    Args:
        settings: What each candidate may use.
    """

    def __init__(self, settings: Ray) -> None:
        self._settings = settings

    def open(self, size_bytes: int = 0) -> AbstractContextManager[OpenRay]:
        """Returns itself: it is open already, and stays so."""
        return nullcontext(self)

    def check(self, evaluator: Evaluator, goal: Goal) -> None:
        """Refuses what it cannot evaluate."""
        self._settings.check(evaluator, goal)

    def to_dict(self) -> dict[str, Any]:
        """Returns what a run is resumed with, as plain values."""
        return self._settings.to_dict()

    def run(self, jobs: Sequence[tuple[SearchLoop, Task]]) -> None:
        """Evaluates until every loop is done, or somebody asks to stop."""
        own = self._settings
        room = own.concurrent or slots(own.cpus, own.gpus)
        # Twice as many as fit now: the next candidate is there when one ends, and nodes may join.
        limit = own.concurrent or 2 * room
        overseer = start_overseer(min(room, sum(loop.remaining for loop, _ in jobs)), own.seconds)
        try:
            with logged(own.callbacks, jobs):
                _run_tune(jobs, replace(own, callbacks=()), overseer, limit)  # loggers stay with the driver
        finally:
            # Tune holds on to a trainable's parameters, this actor among them, for as long as Ray lives.
            ray.kill(overseer)


def _run_tune(jobs: Sequence[tuple[SearchLoop, Task]], settings: Ray, overseer: Any, limit: int) -> None:
    # Samples and weights that several tasks share are one object in the store.
    tasks = tuple(task for _, task in jobs)
    cls, scheduler = CandidateTrial, KeepActors(overseer, settings, limit)
    if settings.asha is not None:
        cls, scheduler = EpochTrial, StopWeak(overseer, settings, limit, jobs)
        tasks = tuple(replace(task, evaluator=ByEpoch(task.evaluator)) for task in tasks)
    with own_code_by_value():
        trainable = tune.with_resources(
            tune.with_parameters(cls, tasks=tasks, settings=settings, overseer=overseer),
            {"cpu": settings.cpus, "gpu": settings.gpus},
        )
    with (
        remembered(),
        messages_in(tasks[0].context.home),
        tempfile.TemporaryDirectory(prefix="autosnn-ray-", ignore_cleanup_errors=True) as folder,
    ):
        tune.Tuner(
            trainable,
            param_space={"order": -1},
            tune_config=tune.TuneConfig(
                search_alg=LoopSearcher([loop for loop, _ in jobs]),
                scheduler=scheduler,
                num_samples=-1,
                max_concurrent_trials=limit,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="search",
                storage_path=Path(folder).as_posix(),
                verbose=0,
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        ).fit()
