"""What the options cost and save: bfloat16, recomputation, channels first; one process of two threads or two of one.

    python benchmarks/options.py            # about 8 minutes; writes its part of docs/performance.md

The same weights, frames and paths for all, in turns. What is kept is measured on the path that keeps most.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from firing import firing_network
from search_and_space import Ours, searched
from timing import compare, interleaved, publish
from torch.nn import functional as F

import search_spaces
from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.data import Split
from autosnn_ray.spiking import SpikingNetwork
from autosnn_ray.training.memory import _cost, _paths, recomputing
from autosnn_ray.training.settings import PRECISIONS

DEFAULT = "float32, channels last"
PLENTY = 1e3


@contextmanager
def channels_first(network: SpikingNetwork) -> Iterator[None]:
    """Lays the stem's output the other way round; what follows takes it as it comes."""
    hook = network.stem.register_forward_hook(lambda _, __, out: out.contiguous())
    try:
        yield
    finally:
        hook.remove()


def options_of(network: SpikingNetwork) -> dict[str, object]:
    return {
        DEFAULT: partial(recomputing, network, False),
        "float32, channels first": partial(channels_first, network),
        "`--memory` with recomputation": partial(recomputing, network, True),
        "`--precision bfloat16`": partial(torch.autocast, "cpu", PRECISIONS["bfloat16"]),
    }


def gigabytes(network: SpikingNetwork, x: torch.Tensor, name: str) -> float:
    """Says what a forward pass keeps for the backward pass, on the path that keeps most."""
    cost = max((_cost(network, x[:2].clone(), path) for path in _paths(network)), key=lambda one: one.kept)
    return len(x) * (cost.recomputed if "recomputation" in name else cost.kept) / 1e9


def training(options: argparse.Namespace) -> tuple[str, dict[str, object]]:
    space = search_spaces.load("autosnn_16")
    generator = torch.Generator().manual_seed(1)
    x = torch.rand((options.batch, space.in_channels, *space.input_size), generator=generator) * 2
    y = F.one_hot(torch.randint(0, 10, (options.batch,), generator=generator), 10).float()
    network = firing_network(space, x, options.timesteps).train()
    entries = options_of(network)
    drawn = {name: np.random.default_rng(0) for name in entries}

    def step(name: str) -> None:
        network.zero_grad(set_to_none=True)
        path = space.sample(drawn[name])
        with entries[name]():  # type: ignore[operator]
            logits = network(x, path, count_spikes=False).logits
        with recomputing(network, "recomputation" in name):
            F.mse_loss(logits.float() / options.timesteps, y).backward()

    found = compare(interleaved({n: partial(step, n) for n in entries}, options.rounds, options.seconds), DEFAULT)
    lines = [
        "| training step | ms, median | time over the default's: median (quartiles) | kept for the backward pass, GB |",
        "|---|---:|---:|---:|",
    ]
    for name, row in found.items():
        with entries[name]():  # type: ignore[operator]
            row["gigabytes"] = gigabytes(network, x, name)
        low, high = row["quartiles"]  # type: ignore[misc]
        lines.append(
            f"| {name} | {row['milliseconds']:.0f} | {row['ratio']:.2f} ({low:.2f} to {high:.2f}) | "
            f"{row['gigabytes']:.2f} |"
        )
    return "\n".join(lines), {"training": found}


def evaluating(options: argparse.Namespace) -> tuple[str, dict[str, object]]:
    space = search_spaces.load("autosnn_16")
    x = torch.rand((40, space.in_channels, *space.input_size), generator=torch.Generator().manual_seed(1)) * 2
    split = Split(x, torch.zeros(len(x), dtype=torch.int64))
    network = firing_network(space, x, options.timesteps).eval().requires_grad_(False)
    paths, taken = searched(space, 400), {"a": 0, "b": 0}
    torch.set_num_threads(1)
    entries = {
        "two actors of one thread": ("a", Ours(network, split, 2)),
        "one actor of two threads": ("b", Ours(network, split, 1, threads=2)),
    }

    def run(name: str) -> None:
        key, ours = entries[name]
        ours(paths[taken[key] : taken[key] + 40], 1)
        taken[key] += 40

    found = compare(interleaved({n: partial(run, n) for n in entries}, 9, PLENTY), "two actors of one thread")
    lines = [
        "| 40 candidates of a search | ms, median | time over the first's: median (quartiles) |",
        "|---|---:|---:|",
    ]
    for name, row in found.items():
        low, high = row["quartiles"]  # type: ignore[misc]
        lines.append(f"| {name} | {row['milliseconds']:.0f} | {row['ratio']:.2f} ({low:.2f} to {high:.2f}) |")
    return "\n".join(lines), {"evaluation": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--timesteps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=150)
    options = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(1)
    of_actors, actors = evaluating(options)
    torch.set_num_threads(options.threads)
    of_steps, steps = training(options)
    publish("options", f"{of_steps}\n\n{of_actors}", {"settings": vars(options), **steps, **actors})


if __name__ == "__main__":
    main()
