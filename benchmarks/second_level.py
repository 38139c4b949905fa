"""Whether actors gain by finding in the object store what others have run: searches with and without, in turns.

    python benchmarks/second_level.py       # about 5 minutes; writes its part of docs/performance.md

Two actors of one thread, AutoSNN_16 at 32x32, the same candidates in every search; timed from the first outcome to the
last.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import torch
from firing import as_supernet, firing_network
from timing import compare, publish

import autosnn_ray as asr
import search_spaces
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.data import Split

WITH, WITHOUT = "with the store", "each actor for itself"


@dataclass(frozen=True)
class ForItself(asr.SupernetPath):
    """Neither looks into the store nor gives to it."""

    name: ClassVar[str] = "for_itself"

    def start(self, context):
        """Leaves out what others have run."""
        return super().start(replace(context, prefixes=None))


def noise(images: int) -> asr.Dataset:
    generator = torch.Generator().manual_seed(1)
    x = torch.rand((5 * images, 3, 32, 32), generator=generator) * 2
    data = asr.Dataset.from_arrays("noise", x.numpy(), torch.arange(5 * images).numpy() % 10)
    return replace(data, validation=Split(data.validation.x[:images], data.validation.y[:images]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=240)
    parser.add_argument("--candidates", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    data = noise(options.images)
    network = firing_network(search_spaces.load("autosnn_16"), data.train.x, 8).eval().requires_grad_(False)
    supernet = as_supernet(network, data)
    problem = supernet.problem(data)
    times: dict[str, list[float]] = {WITH: [], WITHOUT: []}
    each: list[float] = []
    with tempfile.TemporaryDirectory() as folder, ray_session(num_cpus=2, shared_bytes=2**28):
        for number in range(options.rounds):
            for name, evaluator in ((WITH, asr.SupernetPath(supernet)), (WITHOUT, ForItself(supernet))):
                told: list[float] = []
                run = asr.search(
                    problem, evaluator, path=Path(folder) / f"{number}-{len(name)}", candidates=options.candidates,
                    on_result=lambda *_, told=told: told.append(time.perf_counter()),
                )  # fmt: skip
                times[name].append(told[-1] - told[0])
                each += run.frame().seconds.tolist() if name == WITHOUT else []
                print(f"{name}: {times[name][-1]:.1f} s", flush=True)
    found = compare(times, WITHOUT)
    median = float(torch.tensor(each).median())
    lines = [
        f"| {options.candidates} candidates of {median:.2f} s | seconds, median | ratio, each round |",
        "|---|---:|---:|",
    ]
    for name, row in found.items():
        ratios = ", ".join(f"{own / other:.2f}" for own, other in zip(times[name], times[WITHOUT], strict=True))
        lines.append(f"| {name} | {row['milliseconds'] / 1e3:.1f} | {ratios} |")  # type: ignore[operator]
    publish("second_level", "\n".join(lines), {"settings": vars(options), "seconds": times, "candidate": median})


if __name__ == "__main__":
    main()
