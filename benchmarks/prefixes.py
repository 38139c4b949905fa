"""What sharing the beginnings of paths saves: evaluations side by side, in one process and one run.

    python benchmarks/prefixes.py --out docs/prefixes.json

Plain: every path from the start. Shared: the same paths with one bit kept for every spike of a beginning. Paths in the
order in which an AutoSNN search asks for them, and the whole space in order. Interleaved in slices, so that a machine
that slows down slows both; weights at random, since time does not depend on them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch

import search_spaces
from autosnn_ray.algorithms import AutoSNN
from autosnn_ray.data import Split
from autosnn_ray.evaluation import evaluate, prefixes_for
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.spiking import SpikingNetwork, new_network


def searched(space: SearchSpace, count: int) -> list[Architecture]:
    """Lists what a search asks for, on a landscape that rewards what AutoSNN found."""
    state, paths = AutoSNN(seed=0).start(space, count, SpikeAwareFitness(1000.0)), []
    rng = np.random.default_rng(0)
    while (candidate := state.ask()) is not None:
        paths.append(candidate.architecture)
        worth = sum(choice in ("srb_k5", "skip") for choice in candidate.architecture) / 10
        state.tell(candidate.index, Evaluation(accuracy=0.5 + worth + 0.01 * rng.normal(), spikes=1000.0))
    return paths


def measure(network: SpikingNetwork, split: Split, paths: list[Architecture], slices: int) -> dict[str, object]:
    """Evaluates paths both ways, slice by slice."""
    prefixes = prefixes_for(split, 2**28)
    ratios, totals = [], [0.0, 0.0]
    for part in np.array_split(np.arange(len(paths)), slices):
        seconds = []
        found = []
        for shared in (None, prefixes):
            started = time.perf_counter()
            found.append([evaluate(network, split, paths[row], prefixes=shared) for row in part])
            seconds.append(time.perf_counter() - started)
        assert all((a.accuracy, a.spikes) == (b.accuracy, b.spikes) for a, b in zip(*found, strict=True))
        ratios.append(seconds[0] / seconds[1])
        totals = [total + one for total, one in zip(totals, seconds, strict=True)]
    held = sum(one.held_bytes for one in prefixes)
    return {
        "paths": len(paths), "plain_seconds": totals[0], "shared_seconds": totals[1], "ratio": totals[0] / totals[1],
        "ratio_quartiles": statistics.quantiles(ratios, n=4), "kept_megabytes": held / 1e6,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="autosnn_16")
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--timesteps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--candidates", type=int, default=400)
    parser.add_argument("--whole", type=int, default=625, help="paths of the whole space, from its beginning")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    space = search_spaces.load(options.space)
    network = new_network(torch.Generator().manual_seed(0), space, classes=10, timesteps=options.timesteps).eval()
    shape = (options.images, space.in_channels, *space.input_size)
    x = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    split = Split(x, torch.zeros(len(x), dtype=torch.long))
    result = {
        "settings": {key: str(value) for key, value in vars(options).items() if key != "out"},
        "search": measure(network, split, searched(space, options.candidates), slices=20),
        "whole space in order": measure(network, split, [space.at(i) for i in range(options.whole)], slices=25),
    }
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
