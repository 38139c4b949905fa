"""How many evaluations that do nothing go through Tune a second: what the machinery costs.

Run: python benchmarks/null_evaluations.py [--candidates 2000] [--num-cpus 2] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from firing import as_supernet

import autosnn_ray as asr
import search_spaces
from autosnn_ray.algorithms import ALGORITHMS, make_algorithm
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.space import SearchSpace


def null(problem: asr.Problem, architecture: tuple[str, ...]) -> asr.Evaluation:
    """Evaluates nothing, and returns at once."""
    return asr.Evaluation.measured(accuracy=0.5 + architecture.count("srb_k5") / 20, spikes=1000.0, samples=360)


def problem_of(data: asr.Dataset, space: SearchSpace | None = None) -> asr.Problem:
    """What is searched: ``digits_16`` where no space is given."""
    return asr.Problem(space or search_spaces.load("digits_16"), data, timesteps=2)


def untrained(problem: asr.Problem) -> asr.Supernet:
    """Makes a supernet that nobody trained."""
    network = asr.SpikingNetwork(problem.space, classes=10, timesteps=problem.timesteps)
    return as_supernet(network.eval().requires_grad_(False), problem.data)


def measure(name: str, problem: asr.Problem, candidates: int, folder: Path) -> dict[str, float]:
    """Runs one search; the rate is that from the first outcome to the last, without Ray's start."""
    told: list[float] = []
    started = time.perf_counter()
    asr.search(
        problem, null, path=folder / name, algorithm=make_algorithm(name), candidates=candidates,
        on_result=lambda *_: told.append(time.perf_counter()),
    )  # fmt: skip
    return {
        "algorithm": name,
        "candidates": candidates,
        "per_second": (len(told) - 1) / (told[-1] - told[0]),
        "first_after_seconds": told[0] - started,
        "seconds": time.perf_counter() - started,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=2000)
    parser.add_argument("--num-cpus", type=int, default=2)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    data = asr.load_dataset("digits")
    problem = problem_of(data)
    rows = []
    print(f"{'algorithm':>14} {'candidates':>10} {'a second':>9} {'first, s':>9} {'in all, s':>9}")
    with ray_session(num_cpus=options.num_cpus), tempfile.TemporaryDirectory() as folder:
        for name in ALGORITHMS:
            if name == "given":  # proposes what it is given, and nothing else
                continue
            row = measure(name, problem, options.candidates, Path(folder))
            rows.append(row)
            print(
                f"{name:>14} {options.candidates:>10} {row['per_second']:>9.0f} {row['first_after_seconds']:>9.1f} "
                f"{row['seconds']:>9.1f}",
                flush=True,
            )
    if options.out:
        options.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
