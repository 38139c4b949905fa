"""What sharing out the paths of a training step brings: one process of one thread, one of two, and two of one.

    python benchmarks/paths.py --publish     # some minutes; writes its part of docs/performance.md

They take turns, a stretch of steps each, in the order A, B, C, A, B, C …; each has processes of its own that live
through all turns. Given are wall-clock time and, beside it, processor time of all processes: on a busy machine the one
says little, and the other says what is computed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from typing import Any

from timing import compare, publish, table

CONTESTANTS = {
    "one process, one thread": (1, 1),
    "one process, two threads": (1, 2),
    "two processes, one thread": (2, 1),
}
OURS = "two processes, one thread"
CASES: dict[str, dict[str, Any]] = {
    "digits_16, batch 32": {"space": "digits_16", "batch": 32, "steps": 8},
    "digits_16, batch 64": {"space": "digits_16", "batch": 64, "steps": 4},
    "autosnn_16 at 32x32, batch 32": {"space": "autosnn_16", "batch": 32, "steps": 1},
}
TIMESTEPS, SAMPLES = 4, 512


def contend(space_name: str, batch: int, workers: int, threads: int) -> None:
    """Trains a supernet for ever; makes as many steps as it is told to on a line, and answers with what they took."""
    import numpy as np
    import torch

    import search_spaces
    from autosnn_ray.allocator import keep_freed_memory
    from autosnn_ray.data import Dataset
    from autosnn_ray.problem import Problem
    from autosnn_ray.training import TrainSettings, train_supernet

    torch.set_num_threads(workers * threads)
    keep_freed_memory()
    space, rng = search_spaces.load(space_name), np.random.default_rng(0)
    frames = rng.random((SAMPLES, space.in_channels, *space.input_size), dtype=np.float32)
    problem = Problem(space, Dataset.from_arrays("noise", frames, np.arange(SAMPLES) % 10), TIMESTEPS)
    left, started = 0, 0.0

    def on_step(_: object) -> None:
        nonlocal left, started
        left -= 1
        if left > 0:
            return
        if started:
            print(json.dumps(time.perf_counter() - started), flush=True)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        left, started = int(line), time.perf_counter()

    try:
        train_supernet(
            problem, settings=TrainSettings(epochs=10**6, batch_size=batch), workers=workers, on_step=on_step
        )
    except EOFError:
        return


class Contestant:
    """A training in processes of its own."""

    def __init__(self, case: dict[str, Any], workers: int, threads: int) -> None:
        arguments = [case["space"], str(case["batch"]), str(workers), str(threads)]
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--contend", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        )
        self._steps = case["steps"]
        self.run(3)

    def run(self, steps: int | None = None) -> tuple[float, float]:
        """Makes some steps; returns seconds, and processor seconds, of one."""
        steps = steps or self._steps
        before = self._processor_seconds()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        seconds = float(self._process.stdout.readline())
        return seconds / steps, (self._processor_seconds() - before) / steps

    def _processor_seconds(self) -> float:
        """Adds up those of the process and of its children."""
        import psutil

        leader = psutil.Process(self._process.pid)
        return sum(sum(one.cpu_times()[:2]) for one in (leader, *leader.children()))

    def end(self) -> None:
        """Ends it."""
        self._process.communicate()


def measure(case: dict[str, Any], rounds: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Lets the contestants take turns; returns seconds, and processor seconds, a step."""
    contestants = {name: Contestant(case, *how) for name, how in CONTESTANTS.items()}
    wall: dict[str, list[float]] = {name: [] for name in contestants}
    processor: dict[str, list[float]] = {name: [] for name in contestants}
    try:
        for _ in range(rounds):
            for name, contestant in contestants.items():
                seconds, computed = contestant.run()
                wall[name].append(seconds)
                processor[name].append(computed)
    finally:
        for contestant in contestants.values():
            contestant.end()
    return wall, processor


def main() -> None:
    if sys.argv[1:2] == ["--contend"]:
        contend(sys.argv[2], *(int(value) for value in sys.argv[3:]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--only", nargs="*", default=list(CASES))
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    rows, computed = {}, {}
    for title in options.only:
        wall, processor = measure(CASES[title], options.rounds)
        rows[title], computed[title] = compare(wall, OURS), compare(processor, OURS)
        print(table({title: rows[title]}, OURS), table({f"{title}, processor": computed[title]}, OURS), sep="\n")
    load = os.getloadavg()
    said = f"Load of the machine meanwhile: {load[2]:.1f} to {load[0]:.1f} beside two cores, our own included."
    if options.publish:
        text = f"{table(rows, OURS)}\n\n{said}"
        publish("paths", text, {"timesteps": TIMESTEPS, "cases": rows, "processor": computed, "load": load})


if __name__ == "__main__":
    main()
