"""Generational against steady-state search on up to 1,000 workers, by discrete-event simulation.

    python benchmarks/simulate_workers.py              # about 5 minutes; writes its part of docs/performance.md
    python benchmarks/simulate_workers.py --run RUN    # durations of a run of your own

Durations are drawn from those of a real search (``durations.json``: 400 paths of a supernet on the embedded digits, two
actors, seconds). The first of each actor, which loaded compiled loops, stands for the first of each worker.
"Disturbed": one evaluation in a hundred is a straggler, ten times as long, and one in a thousand dies half-way and is
started again. Utilisation is the share of the workers' time that is spent on evaluations whose result counts: until
the last candidate is handed out ("while asking"), and to the end of the search, when workers wait for those still
running and nothing is left for them to do; no order of asking, without knowing what will take long, avoids that wait.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import time
from pathlib import Path

import numpy as np
from timing import publish

import autosnn_ray as asr
import search_spaces
from autosnn_ray.algorithms import Algorithm, AutoSNN, SteadyState
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import SpikeAwareFitness

STRAGGLERS, STRAGGLER_FACTOR, DEATHS = 0.01, 10.0, 0.001
DURATIONS = Path(__file__).with_name("durations.json")


def evaluate(space, architecture) -> Evaluation:
    """A landscape with structure that costs nothing to look at."""
    score = sum(slot.choices.index(choice) * (2 + position) for position, (slot, choice) in enumerate(
        zip(space.slots, architecture, strict=True)
    ))  # fmt: skip
    return Evaluation.measured(accuracy=0.5 + score / 1000, spikes=1000.0 + 7 * score)


def simulate(
    algorithm, space, candidates: int, workers: int, firsts: np.ndarray, durations: np.ndarray, disturbed: bool,
) -> dict[str, float]:  # fmt: skip
    """Runs a search on simulated workers; returns simulated and real times, seconds."""
    rng = np.random.default_rng(0)
    state = algorithm.start(space, candidates, SpikeAwareFitness(1000.0))
    finishing: list[tuple[float, int]] = []
    asked, spans, now, free, ask_seconds = {}, [], 0.0, workers, 0.0
    slowest_ask, last_ask = 0.0, 0.0
    while not state.done:
        while free:
            started = time.perf_counter()
            candidate = state.ask()
            spent = time.perf_counter() - started
            ask_seconds, slowest_ask = ask_seconds + spent, max(slowest_ask, spent)
            if candidate is None:
                break
            asked[candidate.index] = candidate
            duration, lost = float(rng.choice(firsts if len(spans) < workers else durations)), 0.0
            if disturbed:
                duration *= STRAGGLER_FACTOR if rng.random() < STRAGGLERS else 1
                lost = duration / 2 if rng.random() < DEATHS else 0.0
            spans.append((now + lost, now + lost + duration))
            last_ask = now
            heapq.heappush(finishing, (now + duration + lost, candidate.index))
            free -= 1
        now, index = heapq.heappop(finishing)
        free += 1
        state.tell(index, evaluate(space, asked.pop(index).architecture))
    starts, ends = np.array(spans).T
    before = np.clip(ends, None, last_ask) - np.clip(starts, None, last_ask)
    return {
        "utilisation_while_asking": float(before.sum() / (max(last_ask, 1e-9) * workers)),
        "utilisation": float((ends - starts).sum() / (now * workers)),
        "hours": now / 3600,
        "ask_mean_microseconds": 1e6 * ask_seconds / candidates,
        "ask_slowest_milliseconds": 1e3 * slowest_ask,
    }


def contenders(workers: int) -> dict[str, Algorithm]:
    """Names who is compared; a generation as large as the workers is the kindest that can be done for the barrier."""
    half = max(workers, 20) // 2
    return {
        "autosnn": AutoSNN(),
        "autosnn, a generation as wide as the workers": AutoSNN(population=2 * half, mutants=half, crossovers=half),
        "steady_state": SteadyState(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--run", type=Path, default=None, help="a run's folder, for its durations")
    parser.add_argument("--actors", type=int, default=2, help="how many actors the run had")
    options = parser.parse_args()
    if options.run is None:
        durations = np.array(json.loads(DURATIONS.read_text(encoding="utf-8")))
    else:
        durations = asr.Run(options.run).frame().seconds.dropna().to_numpy()
    firsts, durations = durations[: options.actors], durations[options.actors :]
    spread = dict(zip(("5 %", "median", "95 %", "longest"), np.quantile(durations, [0.05, 0.5, 0.95, 1]), strict=True))
    space, rows = search_spaces.load("snn_3"), []
    lines = [
        "| workers | durations | algorithm | utilisation while asking | to the end | ask, microseconds |",
        "|---:|---|---|---:|---:|---:|",
    ]
    for workers, disturbed in itertools.product(options.workers, (False, True)):
        for name, algorithm in contenders(workers).items():
            found = simulate(algorithm, space, options.candidates, workers, firsts, durations, disturbed)
            kind = "disturbed" if disturbed else "as measured"
            rows.append({"algorithm": name, "workers": workers, "durations": kind, **found})
            lines.append(
                f"| {workers:,} | {kind} | {name} | {found['utilisation_while_asking']:.3f} | "
                f"{found['utilisation']:.3f} | {found['ask_mean_microseconds']:.0f} |"
            )
            print(lines[-1], flush=True)
    text = "\n".join(lines)
    seconds = ", ".join(f"{name} {value:.3f} s" for name, value in spread.items())
    text += f"\n\n{options.candidates:,} candidates each. Durations as measured: {seconds}; a worker's first "
    text += " or ".join(f"{value:.3f} s" for value in firsts) + "."
    publish("simulate_workers", text, {"candidates": options.candidates, "durations": spread, "rows": rows})


if __name__ == "__main__":
    main()
