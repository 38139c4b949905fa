"""Keeps the pool of actors whole: over the barrier between generations, after a death, when nodes join."""

from __future__ import annotations

import time
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler

from autosnn_ray.cluster.executor import Ray
from autosnn_ray.cluster.private import actors_of, keep_idle_actors
from autosnn_ray.cluster.slots import slots
from autosnn_ray.errors import InvalidInputError

_LOOK_EVERY_SECONDS = 2.0


class KeepActors(FIFOScheduler):
    """Runs trials in order, keeps idle actors for those to come, and says how many actors are starting.

    Where no trial waits, Tune 2.60 keeps one idle actor and ends the rest; with a barrier between
    generations the pool shrinks to one and, candidates being shorter than an actor's start, stays so.

    Args:
        overseer: Who holds candidates back while actors are starting.
        settings: What a candidate uses.
        limit: How many there may be.
    """

    def __init__(self, overseer: Any, settings: Ray, limit: int) -> None:
        super().__init__()
        self._overseer, self._settings = overseer, settings
        self._limit, self._room = limit, 0
        self._look_at = 0.0
        self._starting: int | None = None
        self._keeps = False

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        """Raises the limit of Tune's cache of idle actors when the first trial comes."""
        super().on_trial_add(tune_controller, trial)
        if not self._keeps:
            keep_idle_actors(tune_controller, trial.placement_group_factory, self._limit)
            self._keeps = True

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """Returns the first candidate that waits; Tune asks before it gives trials to actors."""
        self._say_who_starts(tune_controller)
        waiting = (trial for trial in tune_controller.get_live_trials() if trial.status == Trial.PENDING)
        return min(waiting, key=lambda trial: int(trial.config["order"]), default=None)

    def _say_who_starts(self, tune_controller: Any) -> None:
        # Of the actors that Tune has asked for, only those with room for them start.
        asked_for, started = actors_of(tune_controller)
        starting = max(0, min(asked_for, self._current_room()) - started)
        if starting != self._starting:
            self._starting = starting
            self._overseer.expect.remote(starting)

    def _current_room(self) -> int:
        """Looks now and then whether nodes have joined or left."""
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_EVERY_SECONDS
            try:
                self._room = min(self._limit, slots(self._settings.cpus, self._settings.gpus))
            except InvalidInputError:  # no node has room just now; the search waits for one
                self._room = 0
        return self._room

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its whole configuration, and never reads it back.
        return {}
