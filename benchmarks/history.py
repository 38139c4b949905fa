"""Does anything grow with the history? Time and memory of ask and tell, and of replay, up to 100,000 candidates.

Run: python benchmarks/history.py [--candidates 100000] [--algorithms NAME …] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np

import search_spaces
from autosnn_ray.algorithms import ALGORITHMS, make_algorithm, replay
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.journal import JOURNAL_FILE, read_journal
from autosnn_ray.journal.events import encode
from autosnn_ray.objectives import SpikeAwareFitness

LEFT_OUT = ("given", "optuna")
"""The one proposes what it is given, and nothing else; the time of the other's samplers is theirs."""
OBJECTIVE = SpikeAwareFitness(1000.0)


def ask_and_tell(name: str, candidates: int) -> list[dict[str, float]]:
    """Measures the last tenth of each decade: microseconds for an ask with its tell, bytes a candidate."""
    space, rng, found = search_spaces.load("snn_3"), np.random.default_rng(0), []
    tracemalloc.start()
    state = make_algorithm(name).start(space, candidates, OBJECTIVE)
    done, mark = 0, 1000
    while mark <= candidates:
        while done < mark - mark // 10:
            _one(state, rng)
            done += 1
        memory = tracemalloc.get_traced_memory()[0]
        times = []
        for _ in range(mark // 10):
            started = time.perf_counter()
            _one(state, rng)
            times.append(time.perf_counter() - started)
        done = mark
        grown = (tracemalloc.get_traced_memory()[0] - memory) / (mark // 10)
        found.append({
            "algorithm": name, "history": mark, "median_microseconds": 1e6 * float(np.median(times)),
            "mean_microseconds": 1e6 * float(np.mean(times)), "bytes_a_candidate": grown,
        })  # fmt: skip
        mark *= 10
    tracemalloc.stop()
    return found


def replaying(name: str, candidates: int) -> dict[str, float]:
    """Writes a journal of as many candidates and measures how long reading and replaying it takes, seconds."""
    space, rng = search_spaces.load("snn_3"), np.random.default_rng(0)
    state = make_algorithm(name).start(space, candidates, OBJECTIVE)
    lines = [encode(0, "start", 0.0, {"config": {"candidates": candidates}})]
    while not state.done:
        c = state.ask()
        lines.append(encode(len(lines), "ask", 0.0, {
            "index": c.index, "architecture": c.architecture, "origin": c.origin, "parents": c.parents,
            "generation": c.generation,
            "repetition": c.repetition,
        }))  # fmt: skip
        evaluation = _evaluation(rng)
        state.tell(c.index, evaluation)
        told = {"index": c.index, "evaluation": evaluation.to_dict(), "attempts": 1}
        lines.append(encode(len(lines), "tell", 0.0, told))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / JOURNAL_FILE
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        started = time.perf_counter()
        contents = read_journal(folder)
        read = time.perf_counter() - started
        megabytes = os.path.getsize(path) / 1e6  # noqa: PTH202
    started = time.perf_counter()
    replay(make_algorithm(name).start(space, candidates, OBJECTIVE), contents.events)
    return {
        "algorithm": name, "events": len(contents.events), "megabytes": megabytes, "read_seconds": read,
        "replay_seconds": time.perf_counter() - started,
    }  # fmt: skip


def _evaluation(rng: np.random.Generator) -> Evaluation:
    layers = {f"layers.{layer}.neuron": 100.0 + layer for layer in range(8)}
    found = Evaluation.measured(
        accuracy=float(rng.random()), spikes=500 + 1000 * float(rng.random()), loss=0.1, samples=360,
        layer_spikes=layers, seconds=0.5,
    )  # fmt: skip
    parameters = Evaluation.given({"parameters": float(rng.integers(1, 400_000))})  # MAP-Elites asks for them
    return replace(found, measures={**found.measures, **parameters.measures})


def _one(state, rng: np.random.Generator) -> None:
    state.tell(state.ask().index, _evaluation(rng))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--algorithms", nargs="+", default=[name for name in ALGORITHMS if name not in LEFT_OUT])
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    asking = [row for name in options.algorithms for row in ask_and_tell(name, options.candidates)]
    print(f"{'algorithm':>14} {'history':>8} {'median, us':>11} {'mean, us':>9} {'bytes each':>11}")
    for row in asking:
        print(
            f"{row['algorithm']:>14} {row['history']:>8} {row['median_microseconds']:>11.0f} "
            f"{row['mean_microseconds']:>9.0f} {row['bytes_a_candidate']:>11.0f}"
        )
    events = options.candidates // 2
    replays = [replaying(name, events) for name in options.algorithms]
    print(f"\n{'algorithm':>14} {'events':>8} {'MB':>6} {'read, s':>8} {'replay, s':>9}")
    for row in replays:
        print(
            f"{row['algorithm']:>14} {row['events']:>8} {row['megabytes']:>6.1f} {row['read_seconds']:>8.2f} "
            f"{row['replay_seconds']:>9.2f}"
        )
    if options.out:
        options.out.write_text(json.dumps({"ask": asking, "replay": replays}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
