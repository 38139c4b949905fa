"""One layer of neurons over time, forward and backward, side by side with Norse's loop, SpikingJelly and snnTorch.

    python benchmarks/neurons.py             # about a minute; writes its part of docs/performance.md

Peak memory is what a forward pass keeps for the backward pass, besides its input and its spikes. See ``rivals`` for
what to install.
"""

from __future__ import annotations

import argparse
from functools import partial

import torch
from rivals import Snn, jelly
from timing import compare, interleaved, publish, table
from torch import Tensor, nn

from autosnn_ray.spiking import SpikingNeuron

OURS = "autosnn-ray"


def kept(neuron: nn.Module, x: Tensor) -> float:
    """Returns how many times the memory of the input a neuron keeps for its backward pass, input included."""
    storages: dict[int, int] = {}

    def note(one: Tensor) -> Tensor:
        storages[one.untyped_storage().data_ptr()] = one.untyped_storage().nbytes()
        return one

    with torch.autograd.graph.saved_tensors_hooks(note, lambda one: one):
        spikes = neuron(x)  # noqa: F841 - held, so that no address is used twice
    return sum(storages.values()) / x.untyped_storage().nbytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", type=int, nargs=5, default=(8, 32, 16, 32, 32), help="T, N, C, H, W")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=50)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    x = torch.randn(options.shape, generator=torch.Generator().manual_seed(0)).requires_grad_()
    weights = torch.randn(options.shape, generator=torch.Generator().manual_seed(1))
    neurons = {
        OURS: SpikingNeuron(),
        "Norse's loop": SpikingNeuron(fused=False),
        "SpikingJelly, multi-step": jelly("m"),
        "snnTorch": Snn(),
    }

    def both(neuron: nn.Module) -> None:
        x.grad = None
        neuron(x).backward(weights)
        if hasattr(neuron, "reset"):
            neuron.reset()

    def forward(neuron: nn.Module) -> None:
        with torch.inference_mode():
            neuron(x)
        if hasattr(neuron, "reset"):
            neuron.reset()

    results = {}
    for case, turn in (("forward and backward", both), ("forward", forward)):
        entries = {name: partial(turn, neuron) for name, neuron in neurons.items()}
        results[case] = compare(interleaved(entries, options.rounds, options.seconds), OURS)
    memory = {name: kept(neuron, x) for name, neuron in neurons.items()}
    lines = ["| kept for the backward pass | times the input |", "|---|---:|"]
    lines += [f"| {name} | {value:.2f} |" for name, value in memory.items()]
    publish("neurons", table(results, OURS) + "\n\n" + "\n".join(lines), {"results": results, "kept": memory})


if __name__ == "__main__":
    main()
