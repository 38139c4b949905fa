"""Processes of this machine that help to train a supernet, each with its share of a step's paths."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import torch

from autosnn_ray.errors import AutoSNNError, InvalidInputError
from autosnn_ray.training.group import Group
from autosnn_ray.training.helper import local_group, ready_file

_WORTH_SECONDS = 30.0
"""What must be left of a training before helpers are started. A start takes a core four seconds, seven
on a busy machine (imports of PyTorch and Norse), while the first process goes on; two save two fifths of the rest."""

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from autosnn_ray.training.helper import main; main(*sys.argv[2:])"
)
"""A helper finds modules where this process does, whatever lies in the folder that it is started in."""
_WATCHED_STEPS = 6
_COMPILING_STEPS = 2
_LOOK_EVERY_SECONDS = 0.02


@dataclass(frozen=True)
class Share:
    """How many processes train, and with how many threads each."""

    count: int
    threads: int


def share_threads(workers: int | None, paths: int, *, is_free: bool = True) -> Share:
    """Shares PyTorch's threads out to processes.

    Args:
        workers: How many are wished for; None for as many as a step has paths, where there are threads for them.
        paths: Paths of a step.
        is_free: Whether more than one may be started unasked.

    Raises:
        InvalidInputError: A number that is none.

    Example:
        >>> share_threads(1, 5) == Share(1, torch.get_num_threads())
        True
    """
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise InvalidInputError(f"workers: expected a whole number of at least 1, or None, got {workers!r}")
    threads = torch.get_num_threads()
    count = workers or (min(threads, paths) if is_free else 1)
    return Share(count, max(1, threads // count))


class Helpers:
    """Starts helping processes where that pays, hands over when they are ready, and ends them.

    Weights do not depend on when, or whether, they join: see ``exchange``.

    Args:
        count: Processes in all, this one among them; with 1 it does nothing.
        threads: Threads of each.
        at_once: Whether to start them, and wait for them, before the first step; else when a training is seen to last.
        say: Is told, in one line, what is done and why.
    """

    def __init__(
        self, count: int, threads: int = 1, *, at_once: bool = False, say: Callable[[str], object] | None = None
    ) -> None:
        self._count, self._threads, self._at_once = count, threads, at_once
        self._say = say or (lambda _: None)
        self._started: list[subprocess.Popen[bytes]] = []
        self._folder: Path | None = None
        self._has_joined = count <= 1
        self._last: float | None = None
        self._steps: list[float] = []

    @property
    def count(self) -> int:
        """Processes in all, this one among them."""
        return self._count

    def __enter__(self) -> Helpers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended = self._ended()
        for process in self._started:
            process.kill()
            process.communicate()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        # What was said on the connection to one that is no more is of no use to anybody.
        if ended and isinstance(error, RuntimeError):
            raise AutoSNNError(ended) from error

    def join(self, steps_left: int) -> Group | None:
        """Is called before every step; returns the group that trains from this step on, once.

        Args:
            steps_left: Steps that are still to be made.

        Raises:
            AutoSNNError: A helper could not start.
        """
        if self._has_joined:
            return None
        if self._folder is None and not (self._at_once or self._pays(steps_left)):
            return None
        folder = self._folder or self._start()
        while not self._are_ready(folder):
            if not self._at_once:
                return None
            time.sleep(_LOOK_EVERY_SECONDS)
        self._has_joined = True
        return local_group(folder, 0, self._count)

    def _pays(self, steps_left: int) -> bool:
        """Says whether enough is left, by the time that steps have taken; the first ones load compiled loops."""
        now = time.perf_counter()
        if self._last is not None:
            self._steps.append(now - self._last)
        self._last = now
        taken = self._steps[_COMPILING_STEPS:]
        if len(taken) < _WATCHED_STEPS:
            return False
        left = statistics.median(taken) * steps_left
        if left < _WORTH_SECONDS:
            self._has_joined = True
            self._say(f"training in this process alone: for {left:.0f} s no other is worth its start")
        return left >= _WORTH_SECONDS

    def _start(self) -> Path:
        threads = "a thread" if self._threads == 1 else f"{self._threads} threads"
        self._say(f"training with {self._count} processes of {threads} each, which share out the paths of a step")
        # Only this user reaches it: who could write there could take part.
        self._folder = folder = Path(tempfile.mkdtemp(prefix="autosnn-ray-"))
        environment = {**os.environ, "OMP_NUM_THREADS": str(self._threads)}
        for rank in range(1, self._count):
            arguments = [str(folder), str(rank), str(self._count), str(self._threads)]
            command = [sys.executable, "-c", _PROGRAM, json.dumps(sys.path), *arguments]
            with (folder / f"errors-{rank}").open("wb") as errors:
                # In a session of its own: Ctrl-C is for this process, which ends it.
                process = subprocess.Popen(  # noqa: S603 - this very Python
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    env=environment,
                    start_new_session=True,
                )
            self._started.append(process)
        return folder

    def _are_ready(self, folder: Path) -> bool:
        if ended := self._ended():
            raise AutoSNNError(ended)
        return all(ready_file(folder, rank).exists() for rank in range(1, self._count))

    def _ended(self) -> str | None:
        """Returns what to say of a helper that has ended by itself, if there is one."""
        for rank, process in enumerate(self._started, start=1):
            if process.poll() and self._folder is not None:
                said = (self._folder / f"errors-{rank}").read_text(errors="replace").strip().splitlines()
                why = f"exit status {process.returncode}{f', {said[-1]}' if said else ''}"
                return (
                    f"a process that helped to train has ended ({why}); the same call goes on from the last saved "
                    "epoch where a folder was given, and with workers 1 it needs no other process"
                )
        return None
