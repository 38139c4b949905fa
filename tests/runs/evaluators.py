"""Evaluators for the tests of searches; real ones, with one thing wrong."""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import torch

from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators import Evaluator, SupernetEvaluator, SupernetPath


def scored(architecture) -> Evaluation:
    """An evaluation that is a pure function of the architecture, for tests of the search itself."""
    blocks = {"skip": (0.5, 100.0), "scb_k3": (0.7, 300.0), "srb_k3": (0.8, 400.0), "scb_k5": (0.75, 350.0)}
    known = [blocks.get(choice, (0.9, 500.0)) for choice in architecture]
    accuracy = sum((position + 1) * value for position, (value, _) in enumerate(known))
    return Evaluation.measured(
        accuracy=accuracy / sum(range(1, len(known) + 1)), spikes=sum(spikes for _, spikes in known), samples=360
    )


def score(problem, architecture) -> Evaluation:
    """Scores without a network."""
    return scored(architecture)


def faulty(problem, architecture) -> Evaluation:
    """Raises, returns NaN, or scores, by the first choice."""
    if architecture[0] == "scb_k3":
        raise ValueError("no current at the bench")
    if architecture[0] == "srb_k3":
        return Evaluation.measured(accuracy=float("nan"), spikes=10.0)
    return scored(architecture)


def weighted(problem, architecture, weight: float) -> dict[str, float]:
    """Plain numbers by name, and a setting."""
    return {"accuracy": weight * scored(architecture).accuracy, "spikes": 100.0, "latency": 3.0}


@dataclass(frozen=True)
class Noting(Evaluator):
    """Scores, and leaves what there is to be told in a folder."""

    name: ClassVar[str] = "noting"
    summary: ClassVar[str] = "scores, and leaves notes"
    folder: str

    @property
    def notes(self) -> Path:
        return Path(self.folder)

    def start(self, context):
        return lambda architecture, _: self.evaluate(architecture)

    def evaluate(self, architecture) -> Evaluation:
        return scored(architecture)


@dataclass(frozen=True)
class Slow(Noting):
    """Takes a while, and leaves a note of who ran what and when."""

    seconds: float

    def evaluate(self, architecture) -> Evaluation:
        started = time.time()
        time.sleep(self.seconds)
        (self.notes / f"{os.getpid()}-{started:.6f}-{time.time():.6f}").touch()
        return scored(architecture)


@dataclass(frozen=True)
class DiesOnce(Noting):
    """Ends its process with SIGKILL the first time it is asked for one architecture."""

    victim: str

    def evaluate(self, architecture) -> Evaluation:
        marker = self.notes / "died"
        if "/".join(architecture) == self.victim and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), 9)
        return scored(architecture)


@dataclass(frozen=True)
class Vandal(SupernetEvaluator):
    """Writes into the weights it shares with every other process."""

    name: ClassVar[str] = "vandal"
    summary: ClassVar[str] = "writes into shared weights"

    def start(self, context):
        network = self.supernet.network

        def estimate(architecture, repetition) -> Evaluation:
            with torch.no_grad():
                next(iter(network.state_dict().values())).add_(1.0)
            return scored(architecture)

        return estimate


@dataclass(frozen=True)
class Scripted(Noting):
    """Does to its process, by the first choice, what must not end a search; leaves a note of each start."""

    def evaluate(self, architecture) -> Evaluation:
        (self.notes / f"{'-'.join(architecture)}.{time.time_ns()}").touch()
        if architecture == ("scb_k3", "skip"):
            os._exit(3)
        if architecture == ("scb_k3", "scb_k3"):
            raise SystemExit(1)
        if architecture == ("srb_k3", "skip"):
            time.sleep(10_000)
        if architecture == ("srb_k3", "scb_k3"):
            # Hangs in C without giving up the interpreter's lock, so that no other thread of the process can run.
            re.match(r"(a+)+$", "a" * 64 + "b")
        return scored(architecture)


@dataclass(frozen=True)
class Hostage(Noting):
    """Hangs in its first evaluation, having said which process it is, until it is killed; scores from then on."""

    def evaluate(self, architecture) -> Evaluation:
        try:
            with (self.notes / "pid").open("x") as file:
                file.write(str(os.getpid()))
        except FileExistsError:
            time.sleep(0.5)
            (self.notes / f"by-{os.getpid()}").touch()
            return scored(architecture)
        time.sleep(600)
        raise AssertionError("nobody killed it")


@dataclass(frozen=True)
class Deadly(Noting):
    """Ends its process at one architecture, always; notes who evaluated which sub-tree."""

    def evaluate(self, architecture) -> Evaluation:
        if architecture == ("skip", "skip", "skip", "scb_k3", "skip"):
            os._exit(1)
        (self.notes / f"{'-'.join(architecture[:3])}.{os.getpid()}").touch()
        return scored(architecture)


@dataclass(frozen=True)
class Placed(Noting):
    """Takes a while, until told to hurry; leaves a note of its node, its environment and its address."""

    seconds: float

    @staticmethod
    def hurry(folder: Path) -> Path:
        """Names the file that tells evaluations to wait no more."""
        return folder.with_name("hurry")

    def evaluate(self, architecture) -> Evaluation:
        import ray

        node = ray.get_runtime_context().get_node_id()
        until = time.monotonic() + self.seconds
        while time.monotonic() < until and not self.hurry(self.notes).exists():
            time.sleep(0.05)
        place = f"{node}-{os.environ.get('BENCH', 'unset')}-{ray.util.get_node_ip_address()}"
        (self.notes / f"{place}-{time.time_ns()}").touch()
        return scored(architecture)


@dataclass(frozen=True)
class Finding(SupernetPath):
    """The supernet's paths, as if they took long; leaves a note when another actor has run the beginning of one."""

    folder: str = ""

    def start(self, context):
        return super().start(replace(context, prefixes=_Noting(context.prefixes, Path(self.folder))))


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


@dataclass(frozen=True)
class Unusable(Noting):
    """Ends the process that is to start it, until the file ``mended`` is there; as a node does that lacks a library."""

    def start(self, context):
        if not (self.notes / "mended").exists():
            os._exit(1)
        return super().start(context)


@dataclass(frozen=True)
class Broken(Noting):
    """Cannot be started, and says why."""

    def start(self, context):
        raise RuntimeError("the bench is locked")


@dataclass(frozen=True)
class Counting(Noting):
    """Notes which repetition of which architecture it was asked for, and by whom."""

    def start(self, context):
        def estimate(architecture, repetition) -> Evaluation:
            (self.notes / f"{'-'.join(architecture)}.{repetition}.{os.getpid()}").touch()
            found = scored(architecture)
            return Evaluation.measured(accuracy=found.accuracy / (1 + repetition), spikes=found.spikes, samples=360)

        return estimate


def where_it_runs(problem, architecture) -> dict[str, float]:
    """Tells the process, whether it has what Tune gives its actors, and how much it has imported that it needs not."""
    given = os.environ.get("PL_DISABLE_FORK") == "1"
    needless = {"matplotlib", "sklearn", "tensorboard", "h5py", "scipy.stats"} & set(sys.modules)
    return {
        "accuracy": 0.5,
        "spikes": 10.0,
        "pid": float(os.getpid()),
        "lightning": float(given),
        "needless": float(len(needless)),
    }
