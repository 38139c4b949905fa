"""Keeps the pool of actors whole over the barrier between generations."""

from __future__ import annotations

from typing import Any

from ray.tune.schedulers import FIFOScheduler


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
