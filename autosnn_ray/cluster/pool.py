"""Keeps the pool of actors whole: over the barrier between generations, after a death, when nodes join."""

from __future__ import annotations

import time
from typing import Any

from ray.tune import Callback
from ray.tune.schedulers import FIFOScheduler

from autosnn_ray.cluster.resources import Resources
from autosnn_ray.errors import InvalidInputError

_LOOK_EVERY_SECONDS = 2.0


class KeepActors(FIFOScheduler):
    """Runs trials in order, and lets Tune keep as many idle actors as there are slots.

    Where no trial waits, Tune 2.60 keeps one idle actor and ends the rest; with a barrier between
    generations the pool shrinks to one and, candidates being shorter than an actor's start, stays so. This
    reaches into a private attribute of Tune's controller, here alone; a test fails when Ray changes it.

    Args:
        slots: How many actors run side by side.
    """

    def __init__(self, slots: int) -> None:
        super().__init__()
        self._slots = slots
        self._raised = False

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """Raises the cache's limit when the first trial comes."""
        super().on_trial_add(tune_controller, trial)
        if not self._raised:
            cache = tune_controller._tune_controller._actor_cache
            cache.increase_max(trial.placement_group_factory, by=self._slots)
            self._raised = True


class RegrowPool(Callback):
    """Tells the overseer when an actor is to be replaced, or when the cluster has room for more.

    Args:
        overseer: Who holds candidates back until they are up.
        resources: What a candidate uses.
        slots: How many actors there are at the start.
        limit: How many there may be.
    """

    def __init__(self, overseer: Any, resources: Resources, slots: int, limit: int) -> None:
        self._overseer, self._resources = overseer, resources
        self._slots, self._limit = slots, limit
        self._looked_at = time.monotonic()

    def on_trial_recover(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Expects one more: a trial is tried again because its actor died."""
        self._overseer.expect.remote(1)

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Looks now and then whether nodes have joined or left."""
        if time.monotonic() - self._looked_at < _LOOK_EVERY_SECONDS:
            return
        self._looked_at = time.monotonic()
        try:
            slots = min(self._limit, self._resources.slots())
        except InvalidInputError:  # no node has room just now; the search waits for one
            slots = 0
        if slots > self._slots:
            self._overseer.expect.remote(slots - self._slots)
        self._slots = slots

    def __getstate__(self) -> dict[str, Any]:
        return {}
