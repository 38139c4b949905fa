"""A search in another process, with another seed of Python's hashes: ``python -m autosnn_ray.testing.child``."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from typing import Any

from autosnn_ray.algorithms import Algorithm
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.objectives import Goal
from autosnn_ray.testing.searches import run, space_of_five_slots


def candidates_in_another_process(algorithm: Algorithm, goal: Goal, candidates: int) -> list[list[str]] | None:
    """Returns what an algorithm proposes there; None where its class cannot be imported: it is in a script or function.

    Raises:
        AutoSNNError: It fails there.
    """
    kind = type(algorithm)
    if kind.__module__ == "__main__" or "<locals>" in kind.__qualname__:
        return None
    sent = json.dumps(
        {
            "module": kind.__module__,
            "name": kind.__qualname__,
            "settings": algorithm.to_dict()["settings"],
            "goal": goal.to_dict(),
            "candidates": candidates,
        }
    )
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109 - a search path is text
    done = subprocess.run(  # noqa: S603 - this very program
        [sys.executable, "-m", __name__],
        input=sent,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": path},
    )
    if done.returncode:
        raise AutoSNNError(f"the search fails in another process: {done.stderr.strip().rpartition(chr(10))[2]}")
    found: list[list[str]] = json.loads(done.stdout)
    return found


def _proposed(sent: dict[str, Any]) -> list[list[str]]:
    kind: Any = importlib.import_module(sent["module"])
    for name in sent["name"].split("."):
        kind = getattr(kind, name)
    state = kind(**sent["settings"]).start(space_of_five_slots(), sent["candidates"], Goal.from_dict(sent["goal"]))
    return [list(candidate.architecture) for candidate in run(state, workers=1)[0]]


if __name__ == "__main__":
    print(json.dumps(_proposed(json.loads(sys.stdin.read()))))  # noqa: T201 - what the other process reads
