"""Processes of this machine that help to train a supernet, each with its share of a step's paths."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType

import torch

from autosnn_ray.checks import check_whole
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.own_code import own_modules
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.board import Board
from autosnn_ray.training.checkpoint import describe_network
from autosnn_ray.training.group import Group
from autosnn_ray.training.helper import board_file, local_group, ready_file
from autosnn_ray.training.worth import Worth

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from autosnn_ray.training.helper import main; main(*sys.argv[2:])"
)
"""A helper finds modules where this process does, whatever lies in the folder that it is started in."""

_LOOK_EVERY_SECONDS = 0.02
_END_WITHIN_SECONDS = 5.0
"""How long to wait, once the connection to a helper is lost, until the system says how it ended."""


@dataclass(frozen=True)
class Share:
    """How many processes train, and with how many threads each."""

    count: int = 1
    threads: int | None = None


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
    if workers is not None:
        check_whole("workers", workers)
    threads = torch.get_num_threads()
    count = workers or (min(threads, paths) if is_free else 1)
    return Share(count, max(1, threads // count))


@dataclass
class Helpers:
    """Starts helping processes where that pays, hands over when they are ready, and ends them.

    Weights do not depend on when, or whether, they join: see ``exchange``.

    Attributes:
        share: How many processes there are to be, this one among them; one alone by default.
        at_once: Whether to start them, and wait for them, before the first step; else when a training is seen to last.
        say: Is told, in one line, what is done and why.
    """

    share: Share = field(default_factory=Share)
    at_once: bool = False
    say: Callable[[str], object] | None = None
    _worth: Worth = field(default_factory=Worth, init=False)
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list, init=False)
    _folder: Path | None = field(default=None, init=False)
    _is_settled: bool = field(default=False, init=False)

    def __enter__(self) -> Helpers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        lost = None
        if isinstance(error, RuntimeError) and self._started:
            lost = self._lost_soon()
        self._end()
        # What was said on the connection to one that is no more is of no use to anybody.
        if lost is not None:
            raise AutoSNNError(
                f"{lost}; the same call goes on from the last saved epoch where a folder was given, and with "
                "workers 1 this process needs no other"
            ) from error

    def join(self, network: SpikingNetwork, steps_left: int) -> Group | None:
        """Is called before every step; returns the group that trains from this step on, once.

        Args:
            network: What is trained.
            steps_left: Steps that are still to be made.

        Raises:
            AutoSNNError: A helper that was asked for could not start.
        """
        if self._is_settled or self.share.count == 1:
            return None
        if self._folder is None and not self.at_once:
            worth = self._worth.of(steps_left, self.share.count - 1)
            if worth is not True:
                self._is_settled = worth is not None
                self._tell(f"training in this process alone: {worth}" if worth else "")
                return None
        folder = self._folder or self._start(json.dumps(describe_network(network)))
        while not all(ready_file(folder, rank).exists() for rank in range(1, self.share.count)):
            if (lost := self._lost()) is not None:
                self._go_alone(lost)
                return None
            if not self.at_once:
                return None
            time.sleep(_LOOK_EVERY_SECONDS)
        return self._meet(folder)

    def _meet(self, folder: Path) -> Group | None:
        """Connects with helpers that are ready; one that ends meanwhile would be waited for, for half an hour."""
        met: SimpleQueue[Group | Exception] = SimpleQueue()

        def meet() -> None:
            try:
                met.put(local_group(folder, 0, self.share.count))
            except Exception as error:  # noqa: BLE001 - it is raised again where this is waited for
                met.put(error)

        threading.Thread(target=meet, daemon=True).start()
        found: Group | Exception | None = None
        lost: str | None = None
        while found is None and lost is None:
            with suppress(Empty):
                found = met.get(timeout=_LOOK_EVERY_SECONDS)
            if found is None:
                lost = self._lost()
        if isinstance(found, Exception):
            # It may be one's end, seen from here: the system says a little later how it ended.
            if (lost := self._lost_soon()) is None:
                raise found
            found = None
        if lost is not None:
            self._go_alone(lost)
        self._is_settled = True
        return found

    def _start(self, description: str) -> Path:
        threads = "one thread" if self.share.threads == 1 else f"{self.share.threads} threads"
        self._tell(f"training with {self.share.count} processes of {threads} each: they share out the paths of a step")
        # Only this user reaches it: who could write there could take part.
        self._folder = folder = Path(tempfile.mkdtemp(prefix="autosnn-ray-"))
        try:
            Board.make(board_file(folder))
        except OSError as error:
            board_file(folder).unlink(missing_ok=True)
            self._tell(f"they share no memory, which is slower, and gives the same weights ({error})")
        environment = {**os.environ, "OMP_NUM_THREADS": str(self.share.threads)}
        for rank in range(1, self.share.count):
            place = [str(folder), str(rank), str(self.share.count), str(self.share.threads)]
            arguments = [description, *place, json.dumps(own_modules())]
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

    def _go_alone(self, lost: str) -> None:
        if self.at_once:
            raise AutoSNNError(f"{lost}; with workers 1 this process needs no other")
        self._is_settled = True
        self._end()
        warnings.warn(f"{lost}; training goes on in this process alone", RuntimeWarning, stacklevel=4)

    def _end(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()
        self._started.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _lost_soon(self) -> str | None:
        """Returns what to say of a helper that has ended, or is about to."""
        until = time.monotonic() + _END_WITHIN_SECONDS
        while (lost := self._lost()) is None and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_SECONDS)
        return lost

    def _lost(self) -> str | None:
        """Returns what to say of a helper that has ended by itself, if there is one."""
        for rank, process in enumerate(self._started, start=1):
            if process.poll() and self._folder is not None:
                said = (self._folder / f"errors-{rank}").read_text(errors="replace").strip().splitlines()
                why = f"exit status {process.returncode}{f', {said[-1]}' if said else ''}"
                return f"a process that helped to train has ended ({why})"
        return None

    def _tell(self, line: str) -> None:
        if self.say is not None and line:
            self.say(line)
