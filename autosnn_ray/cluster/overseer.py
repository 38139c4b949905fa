"""The actor that watches over those that evaluate: who is starting, and who takes too long."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import Any

import ray
from ray import cloudpickle
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from autosnn_ray.cluster.prefix_index import STORE_BYTES, PrefixIndex

GO, WAIT, LATE = "go", "wait", "late"
_LEAST_PATIENCE_SECONDS = 20.0
"""How long others wait at least for one that starts; where the first took long, three times as long as that."""

_LOOK_EVERY_SECONDS = 0.2
_ANSWER_WITHIN_SECONDS = 1.0


@dataclass(frozen=True)
class _Evaluation:
    actor: bytes
    deadline: float


class Overseer:
    """Holds candidates back while actors are starting, and ends the process of an evaluation that takes too long.

    Ray gives a trial to an idle actor rather than wait for one that starts; where an evaluation takes less time
    than an actor's start, a pool that has lost an actor, or has room for one more, would never grow. And a
    process that hangs may hold its interpreter's lock, so it cannot be trusted to end itself.

    Args:
        expected: How many actors are starting at first.
        seconds: Time an evaluation may take; None for as long as it likes.
    """

    def __init__(self, expected: int, seconds: float | None) -> None:
        self._starting = expected
        self._changed = self._made = time.monotonic()
        self._patience: float | None = None
        self._seconds = seconds
        self._running: dict[int, _Evaluation] = {}
        self._ended: set[int] = set()
        self._lock = threading.Lock()
        if seconds is not None:
            threading.Thread(target=self._watch, daemon=True).start()

    def expect(self, starting: int) -> None:
        """Says how many actors are starting now."""
        self._starting = starting
        self._changed = time.monotonic()

    def begin(self, index: int, actor: bytes, last_seconds: float) -> str:
        """Lets an evaluation begin, or not.

        Args:
            index: The candidate's number over all searches.
            actor: Handle of the actor that is to evaluate it, pickled: to read one takes its class's imports, seconds
                that only an overseer that must end an actor needs.
            last_seconds: How long that actor's last evaluation took.

        Returns:
            ``GO``; ``WAIT``, and ask again, while others are starting; or ``LATE`` where this candidate's time was
            up in an earlier attempt, and there is to be no other.
        """
        if index in self._ended:
            return LATE
        now = time.monotonic()
        if self._patience is None:
            self._patience = max(_LEAST_PATIENCE_SECONDS, 3 * (now - self._made))
        if self._starting and last_seconds < self._patience:
            if now - self._changed < self._patience:
                return WAIT
            self._starting = 0
        if self._seconds is not None:
            with self._lock:
                self._running[index] = _Evaluation(actor, now + self._seconds)
        return GO

    def end(self, index: int) -> None:
        """Stops the clock."""
        with self._lock:
            self._running.pop(index, None)

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_SECONDS)
            with self._lock:
                now = time.monotonic()
                late = {index: run.actor for index, run in self._running.items() if run.deadline < now}
            for index, handle in _that_hang(late).items():
                with self._lock:
                    self._ended.add(index)
                # One that dies by itself meanwhile needs no end, and must not end the watch.
                with contextlib.suppress(RayError, ValueError):
                    ray.kill(handle)
            with self._lock:
                for index, actor in late.items():
                    if index in self._running and self._running[index].actor is actor:
                        del self._running[index]


def _that_hang(actors: dict[int, bytes]) -> dict[int, Any]:
    """Returns those that are still at it: one that is idle answers, and of one that died by itself Ray knows."""
    if not actors:
        return {}
    handles = {index: cloudpickle.loads(actor) for index, actor in actors.items()}
    answers = {index: handle.__ray_ready__.remote() for index, handle in handles.items()}
    ray.wait(list(answers.values()), num_returns=len(answers), timeout=_ANSWER_WITHIN_SECONDS)
    return {index: handles[index] for index, answer in answers.items() if not ray.wait([answer], timeout=0)[0]}


class _OverseerAndIndex(Overseer, PrefixIndex):
    """Both in one process: each more takes a second of a core to start."""

    def __init__(self, expected: int, seconds: float | None) -> None:
        Overseer.__init__(self, expected, seconds)
        PrefixIndex.__init__(self, STORE_BYTES)


def start_overseer(expected: int, seconds: float | None) -> Any:
    """Starts an overseer, which is the ``PrefixIndex`` too, on the driver's own node: it lives as long as the search.

    Args:
        expected: How many actors are starting at first.
        seconds: Time an evaluation may take; None for as long as it likes.
    """
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0)(_OverseerAndIndex).options(scheduling_strategy=here).remote(expected, seconds)
