"""Where the time of a training step and of an evaluation goes.

    python benchmarks/where.py               # half a minute; writes its part of docs/performance.md

By PyTorch's profiler, whose own cost is small beside convolutions; loops that Numba compiled are seen through marks put
around them here. One thread.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import numpy as np
import torch
from firing import firing_network
from timing import publish
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile, record_function

import search_spaces
from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.spiking import neurons
from autosnn_ray.spiking.event_convolution import EventConv2d

GROUPS: dict[str, tuple[str, ...]] = {
    "convolutions": ("mark: convolution", "convolution", "mkldnn"),
    "neurons, batch norm, shortcuts, counts": ("mark: neurons", "_CompiledNeuron"),
    "batch-norm statistics": ("batch_norm",),
    "max pools": ("max_pool",),
    "copies and fills": ("copy_", "fill_", "clone", "zero_", "cat"),
    "votes": ("mm", "addmm"),
}


@contextmanager
def marked() -> Iterator[None]:
    """Puts marks around what the profiler cannot see into."""

    def wrap(module: Any, name: str, mark: str) -> Any:
        inner: Callable[..., Any] = getattr(module, name)

        def run(*arguments: Any, **named: Any) -> Any:
            with record_function(mark):
                return inner(*arguments, **named)

        return mock.patch.object(module, name, run)

    with ExitStack() as stack:
        stack.enter_context(wrap(EventConv2d, "forward", "mark: convolution"))
        stack.enter_context(wrap(neurons, "compiled_neuron", "mark: neurons"))
        yield


def shares(step: Callable[[], None], rounds: int) -> dict[str, float]:
    step()
    with marked(), profile(activities=[ProfilerActivity.CPU]) as seen:
        for _ in range(rounds):
            step()
    events = seen.key_averages()
    total = sum(event.self_cpu_time_total for event in events)
    found = dict.fromkeys([*GROUPS, "all else, Python among it"], 0.0)
    for event in events:
        group = next((g for g, names in GROUPS.items() if any(name in event.key for name in names)), None)
        found[group or "all else, Python among it"] += event.self_cpu_time_total / total
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="autosnn_16")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--timesteps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    space = search_spaces.load(options.space)
    x = (
        torch.rand((options.batch, space.in_channels, *space.input_size), generator=torch.Generator().manual_seed(1))
        * 2
    )
    y = torch.randint(0, 10, (options.batch,), generator=torch.Generator().manual_seed(2))
    network, rng = firing_network(space, x, options.timesteps), np.random.default_rng(0)

    def train() -> None:
        network.zero_grad(set_to_none=True)
        logits = network(x, space.sample(rng), count_spikes=False).logits
        F.mse_loss(logits / options.timesteps, F.one_hot(y, 10).float()).backward()

    def evaluate() -> None:
        with torch.inference_mode():
            network(x, space.sample(rng))

    network.train()
    training = shares(train, options.rounds)
    network.eval()
    evaluation = shares(evaluate, options.rounds)
    lines = [f"| batch {options.batch}, one thread | training step | evaluation |", "|---|---:|---:|"]
    lines += [f"| {group} | {training[group]:.0%} | {evaluation[group]:.0%} |" for group in training]
    publish("where", "\n".join(lines), {"settings": vars(options), "training": training, "evaluation": evaluation})


if __name__ == "__main__":
    main()
