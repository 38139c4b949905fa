"""Supernet training and evaluation, side by side with SpikingJelly, snnTorch and the same network with ReLU.

    python benchmarks/networks.py            # about 5 minutes; writes its part of docs/performance.md

The same weights, frames and paths for all; the paths change from round to round. See ``rivals`` for what to install.
"""

from __future__ import annotations

import argparse
from functools import partial

import numpy as np
import torch
from firing import firing_network, shares_of_neurons_that_fire
from rivals import Relu, Rival, Snn, jelly
from timing import compare, interleaved, publish, table
from torch.nn import functional as F

import search_spaces
from autosnn_ray.allocator import keep_freed_memory
from autosnn_ray.spiking import SpikingNetwork

OURS = "autosnn-ray"


def contestants(network: SpikingNetwork) -> dict[str, torch.nn.Module]:
    return {
        OURS: network,
        "SpikingJelly, multi-step": Rival(network, lambda: jelly("m")),
        "SpikingJelly, multi-step, channels last": Rival(network, lambda: jelly("m"), last=True),
        "SpikingJelly, step by step": Rival(network, lambda: jelly("s"), stepwise=True),
        "snnTorch": Rival(network, Snn),
        "ReLU": Rival(network, Relu),
        "ReLU, channels last": Rival(network, Relu, last=True),
    }


def run(module: torch.nn.Module, x: torch.Tensor, path: tuple[str, ...], count: bool) -> torch.Tensor:
    if isinstance(module, SpikingNetwork):
        return module(x, path, count_spikes=count).logits
    return module(x, path, count)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="autosnn_16")
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--timesteps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=130, help="for training, and again for evaluation")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    keep_freed_memory()  # as the program and its actors do; here all contestants gain by it
    space = search_spaces.load(options.space)
    generator = torch.Generator().manual_seed(1)
    x = torch.rand((options.batch, space.in_channels, *space.input_size), generator=generator) * 2
    y = torch.randint(0, 10, (options.batch,), generator=generator)
    network = firing_network(space, x, options.timesteps)
    firing = shares_of_neurons_that_fire(network, x)
    entries = contestants(network)
    drawn = {name: np.random.default_rng(0) for name in entries}  # all run the same paths, each in its turn

    def train(name: str) -> None:
        network.zero_grad(set_to_none=True)
        logits = run(entries[name], x, space.sample(drawn[name]), False)
        F.mse_loss(logits / options.timesteps, F.one_hot(y, 10).float()).backward()

    def evaluate(name: str) -> None:
        with torch.inference_mode():
            run(entries[name], x, space.sample(drawn[name]), True)

    results = {}
    for case, turn in (("training step", train), ("evaluation", evaluate)):
        for module in entries.values():
            module.train(case == "training step")
        times = interleaved({n: partial(turn, n) for n in entries}, options.rounds, options.seconds)
        results[f"{case}, batch {options.batch}"] = compare(times, OURS)
    said = (
        f"Of the numbers that go into convolutions {firing['median']:.0%} are spikes in the median "
        f"({firing['lowest quarter']:.0%} to {firing['highest quarter']:.0%} in the quartiles)."
    )
    found = {"settings": vars(options), "firing": firing, "results": results}
    publish("networks", f"{table(results, OURS)}\n\n{said}", found)


if __name__ == "__main__":
    main()
