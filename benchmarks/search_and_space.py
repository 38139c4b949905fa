"""A search of 400 candidates, and the whole space, side by side with a loop over candidates as the original runs it.

    python benchmarks/search_and_space.py    # about 5 minutes; writes its part of docs/performance.md

Plain: candidate by candidate, every path from the start, one forward pass a time step, on SpikingJelly's neurons.
Search: the same 400 candidates, in the order in which AutoSNN's evolution asks for them, by the evaluation of this
package. Whole space: all 3,125, sub-tree by sub-tree, against what the plain loop takes for its 400. In turns, slice
by slice, so that a machine that slows down slows all. The plain loop runs on as many threads as there are cores; ours
in as many processes of one thread, as a search's actors are. See ``rivals`` for what to install and ``firing`` for the
weights.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

import numpy as np
import torch
from firing import firing_network, shares_of_neurons_that_fire
from rivals import Rival, jelly
from timing import publish

import search_spaces
from autosnn_ray.algorithms import AutoSNN, Enumeration
from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.data import Split
from autosnn_ray.evaluation import evaluate, prefixes_for
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.path import SHARED_BYTES
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.spiking import SpikingNetwork

Found = list[tuple[float, float]]


def searched(space: SearchSpace, count: int) -> list[Architecture]:
    """Lists what a search asks for, on a landscape that rewards what AutoSNN found."""
    state, paths = AutoSNN(seed=0).start(space, count, SpikeAwareFitness(1000.0)), []
    rng = np.random.default_rng(0)
    while (candidate := state.ask()) is not None:
        paths.append(candidate.architecture)
        worth = sum(choice in ("srb_k5", "skip") for choice in candidate.architecture) / 10
        state.tell(candidate.index, Evaluation.measured(accuracy=0.5 + worth + 0.01 * rng.normal(), spikes=1000.0))
    return paths


class Ours:
    """Evaluates in processes of their own, each with the beginnings that it has run."""

    def __init__(self, network: SpikingNetwork, split: Split, processes: int, threads: int = 1) -> None:
        context = multiprocessing.get_context("fork")
        self._ends = []
        for _ in range(processes):
            end, other = context.Pipe()
            context.Process(target=_serve, args=(other, network, split, threads), daemon=True).start()
            self._ends.append(end)

    def __call__(self, paths: Sequence[Architecture], together: int) -> Found:
        """Shares paths out, so many in a row."""
        blocks = [paths[i : i + together] for i in range(0, len(paths), together)]
        share = [[path for block in blocks[i :: len(self._ends)] for path in block] for i in range(len(self._ends))]
        for end, own in zip(self._ends, share, strict=True):
            end.send(own)
        by_path = {
            path: one
            for end, own in zip(self._ends, share, strict=True)
            for path, one in zip(own, end.recv(), strict=True)
        }
        return [by_path[path] for path in paths]


def _serve(end: Connection, network: SpikingNetwork, split: Split, threads: int) -> None:
    torch.set_num_threads(threads)
    keep_freed_memory()
    prefixes = prefixes_for(network, split, SHARED_BYTES)
    while True:
        found = [evaluate(network, split, path, prefixes=prefixes) for path in end.recv()]
        end.send([(one.accuracy, one.spikes) for one in found])


class Plain:
    """The plain loop, in this process."""

    def __init__(self, network: SpikingNetwork, split: Split) -> None:
        self._rival, self._split = Rival(network, lambda: jelly("s"), stepwise=True).eval(), split

    @torch.inference_mode()
    def __call__(self, paths: Sequence[Architecture], together: int) -> Found:
        found = []
        for path in paths:
            logits, spikes = self._rival(self._split.x, path, count=True)
            found.append((float((logits.argmax(1) == self._split.y).float().mean()), float(spikes.mean())))
        return found


def _part(paths: Sequence[Architecture], part: int, of: int, rounds: int) -> Sequence[Architecture]:
    """Cuts at multiples of ``rounds``: within a slice each process has as much to do."""
    first, last = (round(len(paths) * at / of / rounds) * rounds for at in (part, part + 1))
    return paths[first : None if part + 1 == of else last]


def measure(
    network: SpikingNetwork,
    runs: dict[str, Callable[[Sequence[Architecture], int], Found]],
    candidates: int,
    slices: int,
    cores: int,
) -> dict[str, object]:
    space = network.space
    asked, whole = searched(space, candidates), [space.at(index) for index in range(space.size)]
    paths, together = {"plain": asked, "search": asked, "space": whole}, Enumeration().together(space)
    for run in runs.values():
        run(asked[:10], 1)  # what is compiled is compiled now
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    accuracies, spikes = [], []
    for part in range(slices):
        found = {}
        for name, run in runs.items():
            of = _part(paths[name], part, slices, cores * together if name == "space" else cores)
            started = time.perf_counter()
            found[name] = run(of, together if name == "space" else 1)
            seconds[name].append(time.perf_counter() - started)
        for theirs, own in zip(found["plain"], found["search"], strict=True):
            accuracies.append(abs(theirs[0] - own[0]))
            spikes.append(abs(theirs[1] - own[1]) / theirs[1])
    total = {name: sum(taken) for name, taken in seconds.items()}

    def ratios(above: str, below: str) -> list[float]:
        return statistics.quantiles([a / b for a, b in zip(seconds[above], seconds[below], strict=True)], n=4)

    return {
        "candidates": len(asked), "space": len(whole), "seconds": total,
        "plain over search": total["plain"] / total["search"], "its quartiles": ratios("plain", "search"),
        "space over plain": total["space"] / total["plain"], "quartiles of that": ratios("space", "plain"),
        "largest difference in accuracy": max(accuracies),
        "largest difference in spikes, share": max(spikes),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="autosnn_16")
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--timesteps", type=int, default=8)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--candidates", type=int, default=400)
    parser.add_argument("--slices", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)  # until the processes are there
    keep_freed_memory()
    space = search_spaces.load(options.space)
    x = torch.rand((options.images, space.in_channels, *space.input_size), generator=torch.Generator().manual_seed(1))
    split = Split(x * 2, torch.randint(0, 10, (len(x),), generator=torch.Generator().manual_seed(2)))
    network = firing_network(space, split.x, options.timesteps).eval().requires_grad_(False)
    firing = shares_of_neurons_that_fire(network, split.x)
    runs: dict[str, Callable[[Sequence[Architecture], int], Found]] = {
        name: Ours(network, split, options.cores) for name in ("search", "space")
    }
    torch.set_num_threads(options.cores)
    found = measure(
        network, {"plain": Plain(network, split), **runs}, options.candidates, options.slices, options.cores
    )
    quarter, half = found["its quartiles"], found["quartiles of that"]
    text = "\n".join([
        "| what | measured | quartiles over slices | goal |",
        "|---|---:|---:|---:|",
        f"| {found['candidates']} candidates of a search: the plain loop's time over ours | "
        f"{found['plain over search']:.2f} | {quarter[0]:.2f} to {quarter[2]:.2f} | 4 |",  # type: ignore[index]
        f"| all {found['space']:,} of the space: our time over the plain loop's for {found['candidates']} | "
        f"{found['space over plain']:.2f} | {half[0]:.2f} to {half[2]:.2f} | 0.4 |",  # type: ignore[index]
        "",
        f"Of the numbers that go into convolutions {firing['median']:.0%} are spikes in the median "
        f"({firing['lowest quarter']:.0%} to {firing['highest quarter']:.0%} in the quartiles). Accuracies of the two "
        f"differ by at most {found['largest difference in accuracy']:.3f}, spikes by "
        f"{found['largest difference in spikes, share']:.2%}: they round differently.",
    ])  # fmt: skip
    publish("search_and_space", text, {"settings": vars(options), "firing": firing, **found})


if __name__ == "__main__":
    main()
