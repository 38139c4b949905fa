"""Generational against steady-state search on up to 1,000 workers, by discrete-event simulation.

Durations are log-normal with a median of one second; one evaluation in a hundred is a straggler, ten times as
long; one in a thousand dies half-way and is started again. Utilisation is the share of the workers' time, from
start to end of the search, that is spent on evaluations whose result counts.

Run: python benchmarks/simulate_workers.py [--candidates 100000] [--workers 10 100 1000] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import heapq
import json
import time
from pathlib import Path

import numpy as np

import search_spaces
from autosnn_ray.algorithms import AutoSNN, SteadyState
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import SpikeAwareFitness

SIGMA, STRAGGLERS, STRAGGLER_FACTOR, DEATHS = 0.3, 0.01, 10.0, 0.001


def evaluate(space, architecture) -> Evaluation:
    """A landscape with structure that costs nothing to look at."""
    score = sum(slot.choices.index(choice) * (2 + position) for position, (slot, choice) in enumerate(
        zip(space.slots, architecture, strict=True)
    ))  # fmt: skip
    return Evaluation(0.5 + score / 1000, 1000.0 + 7 * score)


def simulate(algorithm, space, candidates: int, workers: int, seed: int = 0) -> dict[str, float]:
    """Runs a search on simulated workers; returns simulated and real times, seconds."""
    rng = np.random.default_rng(seed)
    state = algorithm.start(space, candidates, SpikeAwareFitness(1000.0))
    finishing: list[tuple[float, int]] = []
    asked, now, useful, free, ask_seconds = {}, 0.0, 0.0, workers, 0.0
    slowest_ask = 0.0
    while not state.done:
        while free:
            started = time.perf_counter()
            candidate = state.ask()
            spent = time.perf_counter() - started
            ask_seconds, slowest_ask = ask_seconds + spent, max(slowest_ask, spent)
            if candidate is None:
                break
            asked[candidate.index] = candidate
            duration = float(rng.lognormal(0, SIGMA)) * (STRAGGLER_FACTOR if rng.random() < STRAGGLERS else 1)
            useful += duration
            lost = duration / 2 if rng.random() < DEATHS else 0.0
            heapq.heappush(finishing, (now + duration + lost, candidate.index))
            free -= 1
        now, index = heapq.heappop(finishing)
        free += 1
        state.tell(index, evaluate(space, asked.pop(index).architecture))
    return {
        "utilisation": useful / (now * workers),
        "hours": now / 3600,
        "ask_mean_microseconds": 1e6 * ask_seconds / candidates,
        "ask_slowest_milliseconds": 1e3 * slowest_ask,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    space = search_spaces.load("snn_3")
    rows = []
    print(f"{'algorithm':>14} {'workers':>8} {'utilisation':>12} {'hours':>8} {'ask, us':>8} {'slowest, ms':>12}")
    for workers in options.workers:
        # A generation as large as the workers is the kindest that can be done for the barrier.
        half = max(workers, 20) // 2
        contenders = {
            "autosnn, 20": AutoSNN(),
            "autosnn, wide": AutoSNN(population=2 * half, mutants=half, crossovers=half),
            "steady_state": SteadyState(),
        }
        for name, algorithm in contenders.items():
            found = simulate(algorithm, space, options.candidates, workers)
            rows.append({"algorithm": name, "workers": workers, "candidates": options.candidates, **found})
            print(
                f"{name:>14} {workers:>8} {found['utilisation']:>12.3f} {found['hours']:>8.2f} "
                f"{found['ask_mean_microseconds']:>8.0f} {found['ask_slowest_milliseconds']:>12.1f}",
                flush=True,
            )
    if options.out:
        options.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
