"""Ray Tune's view of searches: a thin adapter over their loops."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ray.tune.search import Searcher

from autosnn_ray.algorithms import Candidate
from autosnn_ray.cluster.trainable import REPORTS
from autosnn_ray.loop import SearchLoop

_FINISHED: str = Searcher.FINISHED
_MOST_CANDIDATES = 10**9


class LoopSearcher(Searcher):
    """Suggests the candidates of several searches: those of the first that has any to give.

    So the processes that evaluate go from one search to the next without a pause, and the order within each search is
    that of its own loop.

    Args:
        loops: The searches' loops, in order.
    """

    def __init__(self, loops: Sequence[SearchLoop]) -> None:
        super().__init__()
        self._loops = list(loops)
        self._running: dict[str, tuple[SearchLoop, list[Candidate]]] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Returns the next candidates' configuration, None for not now, or FINISHED."""
        for number, loop in enumerate(self._loops):
            if loop.error is not None:
                return _FINISHED
            candidates = loop.take()
            if candidates:
                self._running[trial_id] = loop, candidates
                return {
                    # Earlier searches first, and earlier candidates in them, those that are tried again among them.
                    "order": number * _MOST_CANDIDATES + candidates[0].index,
                    "task": number,
                    "candidates": [[one.index, list(one.architecture), one.repetition] for one in candidates],
                }
        return _FINISHED if all(loop.done for loop in self._loops) else None

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Gives a loop back what came of its candidates."""
        if trial_id not in self._running:
            return
        loop, candidates = self._running.pop(trial_id)
        reports = json.loads(result.get(REPORTS, "[]")) if result and not error else []
        if reports:
            loop.finish(candidates, reports)
        else:
            loop.lose(candidates)

    def set_max_concurrency(self, max_concurrent: int) -> bool:
        """Leaves the limit to Tune's number of pending trials."""
        return True

    def save(self, checkpoint_path: str) -> None:
        """Saves nothing: a search is rebuilt from its journal."""

    def restore(self, checkpoint_path: str) -> None:
        """Restores nothing: a search is rebuilt from its journal."""

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its whole configuration; the journals' open files stay with the driver.
        return {"_metric": None, "_mode": None}
