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


class Null:
    """Evaluates nothing."""

    def __init__(self, network, data) -> None:
        pass

    def __call__(self, architecture) -> asr.Evaluation:
        """Returns at once."""
        return asr.Evaluation(0.5 + architecture.count("srb_k5") / 20, 1000.0, samples=360)


def untrained(data, space: SearchSpace | None = None) -> asr.Supernet:
    """Makes a supernet that nobody trained; of ``digits_16`` where no space is given."""
    space = space or search_spaces.load("digits_16")
    network = asr.SpikingNetwork(space, classes=10, timesteps=2).eval().requires_grad_(False)
    return as_supernet(network, data)


def measure(name: str, supernet: asr.Supernet, data, candidates: int, folder: Path) -> dict[str, float]:
    """Runs one search; the rate is that from the first outcome to the last, without Ray's start."""
    told: list[float] = []
    started = time.perf_counter()
    asr.search(
        supernet, data, path=folder / name, algorithm=make_algorithm(name), candidates=candidates, evaluator=Null,
        on_told=lambda *_: told.append(time.perf_counter()),
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
    supernet = untrained(data)
    rows = []
    print(f"{'algorithm':>14} {'candidates':>10} {'a second':>9} {'first, s':>9} {'in all, s':>9}")
    with ray_session(num_cpus=options.num_cpus), tempfile.TemporaryDirectory() as folder:
        for name in ALGORITHMS:
            row = measure(name, supernet, data, options.candidates, Path(folder))
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
