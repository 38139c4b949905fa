"""Evaluators for the cluster tests; real ones, with one thing wrong."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import torch

from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.paths import SupernetPath


def score(architecture) -> Evaluation:
    """An evaluation that is a pure function of the architecture, for tests of the search itself."""
    blocks = {"skip": (0.5, 100.0), "scb_k3": (0.7, 300.0), "srb_k3": (0.8, 400.0), "scb_k5": (0.75, 350.0)}
    known = [blocks.get(choice, (0.9, 500.0)) for choice in architecture]
    accuracy = sum((position + 1) * value for position, (value, _) in enumerate(known))
    return Evaluation(
        accuracy=accuracy / sum(range(1, len(known) + 1)), spikes=sum(spikes for _, spikes in known), samples=360
    )


class Score:
    """Scores without a network."""

    def __init__(self, network, data) -> None:
        pass

    def __call__(self, architecture) -> Evaluation:
        return score(architecture)


class Slow(Score):
    """Takes a while, and leaves a note of who ran what and when."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds

    def __call__(self, *arguments):
        if len(arguments) == 2:
            return self
        started = time.time()
        time.sleep(self.seconds)
        (self.folder / f"{os.getpid()}-{started:.6f}-{time.time():.6f}").touch()
        return score(arguments[0])


class Faulty(Score):
    """Raises, returns NaN, or scores, by the first choice."""

    def __call__(self, architecture) -> Evaluation:
        if architecture[0] == "scb_k3":
            raise ValueError("no current at the bench")
        if architecture[0] == "srb_k3":
            return Evaluation(accuracy=float("nan"), spikes=10.0)
        return score(architecture)


class DiesOnce(Score):
    """Ends its process with SIGKILL the first time it is asked for one architecture."""

    def __init__(self, folder: Path, victim) -> None:
        self.folder, self.victim = folder, victim

    def __call__(self, *arguments):
        if len(arguments) == 2:
            return self
        marker = self.folder / "died"
        if arguments[0] == self.victim and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), 9)
        return score(arguments[0])


class Vandal(Score):
    """Writes into the weights it shares with every other actor."""

    def __init__(self, network, data) -> None:
        self.network = network

    def __call__(self, architecture) -> Evaluation:
        with torch.no_grad():
            next(iter(self.network.state_dict().values())).add_(1.0)
        return score(architecture)


class Scripted(Score):
    """Does to its process, by the first choice, what must not end a search; leaves a note of each start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments):
        if len(arguments) == 2:
            return self
        architecture = arguments[0]
        (self.folder / f"{'-'.join(architecture)}.{time.time_ns()}").touch()
        if architecture == ("scb_k3", "skip"):
            os._exit(3)
        if architecture == ("scb_k3", "scb_k3"):
            raise SystemExit(1)
        if architecture == ("srb_k3", "skip"):
            time.sleep(10_000)
        if architecture == ("srb_k3", "scb_k3"):
            _hold_the_interpreter()
        return score(architecture)


def _hold_the_interpreter() -> None:
    """Hangs in C without giving up the interpreter's lock, so that no other thread of the process can run."""
    import re

    re.match(r"(a+)+$", "a" * 64 + "b")


class Hostage(Score):
    """Hangs in its first evaluation, having said which process it is, until it is killed; scores from then on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments):
        if len(arguments) == 2:
            return self
        try:
            with (self.folder / "pid").open("x") as file:
                file.write(str(os.getpid()))
        except FileExistsError:
            time.sleep(0.5)
            (self.folder / f"by-{os.getpid()}").touch()
            return score(arguments[0])
        time.sleep(600)
        raise AssertionError("nobody killed it")


class Deadly(Score):
    """Ends its process at one architecture, always; notes who evaluated which sub-tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments):
        if len(arguments) == 2:
            return self
        if arguments[0] == ("skip", "skip", "skip", "scb_k3", "skip"):
            os._exit(1)
        (self.folder / f"{'-'.join(arguments[0][:3])}.{os.getpid()}").touch()
        return score(arguments[0])


class Placed(Score):
    """Takes a while, until told to hurry; leaves a note of its node, its environment and its address."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds

    @staticmethod
    def hurry(folder: Path) -> Path:
        """Names the file that tells evaluations to wait no more."""
        return folder.with_name("hurry")

    def __call__(self, *arguments):
        if len(arguments) == 2:
            return self
        import ray

        node = ray.get_runtime_context().get_node_id()
        until = time.monotonic() + self.seconds
        while time.monotonic() < until and not self.hurry(self.folder).exists():
            time.sleep(0.05)
        place = f"{node}-{os.environ.get('BENCH', 'unset')}-{ray.util.get_node_ip_address()}"
        (self.folder / f"{place}-{time.time_ns()}").touch()
        return score(arguments[0])


class Finding:
    """The supernet's paths, as if they took long; leaves a note when another actor has run the beginning of one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, network, data) -> SupernetPath:
        return SupernetPath(network, replace(data, prefixes=_Noting(data.prefixes, self.folder)))


class _Noting:
    def __init__(self, prefixes, folder: Path) -> None:
        prefixes.took(seconds=60)
        self.prefixes, self.folder = prefixes, folder

    def find(self, batch, paths):
        found = self.prefixes.find(batch, paths)
        if found is not None:
            (self.folder / f"{os.getpid()}-{time.time_ns()}").touch()
        return found

    def offer(self, batch, path, prefix) -> None:
        self.prefixes.offer(batch, path, prefix)


class Unusable(Score):
    """Ends the process that is to make one, until the file is there; as a node does that lacks a library."""

    def __init__(self, mended: Path) -> None:
        self.mended = mended

    def __call__(self, *arguments):
        if len(arguments) == 2:
            if not self.mended.exists():
                os._exit(1)
            return self
        return score(arguments[0])
