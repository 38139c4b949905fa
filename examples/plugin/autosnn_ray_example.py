"""One of each thing that can be added to autosnn-ray; docs/extending.md explains them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import nn

import autosnn_ray as asr
from autosnn_ray.algorithms import AskTell, Candidate
from autosnn_ray.data import Samples, Source
from autosnn_ray.spiking import SpikingNeuron, conv, over_time


# An algorithm: settings that start a search, and its state.
@asr.register
@dataclass(frozen=True)
class Climber(asr.Algorithm):
    name: ClassVar[str] = "climber"
    summary: ClassVar[str] = "changes one slot of the best so far"
    order_matters: ClassVar[bool] = True  # the best so far depends on who is told first
    tries: int = 20

    def start(self, space, candidates, goal=None):
        return Climbing(space, candidates, np.random.default_rng(self.seed), asr.Goal.of(goal), self.tries)


class Climbing(AskTell):
    def __init__(self, space, candidates, rng, goal, tries):
        super().__init__(space, candidates, rng)
        self.goal, self.tries, self.best = goal, tries, None

    def propose(self):
        steps = [] if self.best is None else self.take_new((self.step() for _ in range(self.tries)), 1)
        (architecture,) = steps or self.draw_new(1, self.tries)
        parents = (self.best[1].index,) if steps else ()
        return Candidate(self.asked, architecture, "step" if steps else "random", parents)

    def step(self):
        slot = int(self.rng.integers(len(self.space.slots)))
        choice = str(self.rng.choice(self.space.slots[slot].choices))
        before = self.best[1].architecture
        return (*before[:slot], choice, *before[slot + 1 :])

    def learn(self, candidate, evaluation):
        found = None if evaluation is None else self.goal.judge(evaluation)
        if found and found.is_finite and (self.best is None or found.key < self.best[0]):
            self.best = (found.key, candidate)


# An evaluator: settings whose `start` makes, in the process that evaluates, what evaluates.
@asr.register
@dataclass(frozen=True)
class Untrained(asr.Evaluator):
    name: ClassVar[str] = "untrained"
    summary: ClassVar[str] = "accuracy and spikes at random weights"
    samples: int = 64
    seed: int = 0

    def start(self, context):
        import torch

        from autosnn_ray.evaluation import recalibrated

        data = context.problem.data
        training, validation = data.train.spread(self.samples).x, data.validation.spread(self.samples)

        def estimate(architecture, repetition):
            generator = torch.Generator().manual_seed(self.seed + repetition)
            network = context.problem.network(generator, architecture)
            with recalibrated(network, architecture, training, self.samples):
                return asr.evaluate(network, validation)

        return estimate


# An objective: what is to be as large as can be; NaN where it cannot be said.
@asr.register
@dataclass(frozen=True)
class AccuracyPerSpike(asr.Objective):
    kind: ClassVar[str] = "accuracy_per_spike"
    offset: float = 100.0

    @property
    def label(self):
        return "accuracy per spike"

    def __call__(self, evaluation):
        return evaluation.get("accuracy") / (self.offset + evaluation.get("spikes"))


# A block: spikes (T, N, C, H, W) in, spikes out. Its neurons count themselves where they get the meter.
def narrow_to_nir(graph, name, block, place, stride):
    from autosnn_ray.export import fold

    place = graph.conv(f"{name}.conv1", fold(block.conv1, block.norm1), block.conv1, place)
    place = graph.conv(f"{name}.conv2", fold(block.conv2, block.norm2), block.conv2, place)
    return graph.neuron(f"{name}.neuron", block.neuron, place)


@asr.register(name="narrow_k3", kernel=3, colour="#B5D99C", nir=narrow_to_nir)
@asr.register(name="narrow_k5", kernel=5, colour="#B5D99C", nir=narrow_to_nir)
class Narrow(asr.SpikingBlock):
    """A convolution to half the channels, and one to all of them, with one layer of neurons."""

    def __init__(self, block, in_channels, out_channels, stride, neuron):
        super().__init__()
        self.conv1 = conv(in_channels, out_channels // 2, 1)
        self.norm1 = nn.BatchNorm2d(out_channels // 2)
        self.conv2 = conv(out_channels // 2, out_channels, block.kernel, stride)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.neuron = SpikingNeuron(neuron)

    def forward(self, x, meter=None):
        inner = over_time(lambda merged: self.norm1(self.conv1(merged)), x)
        return self.neuron(over_time(self.conv2, inner), meter, norm=self.norm2)


# A neuron: a Norse step or cell, or a function that makes one.
@asr.register(kind="neuron", name="refractory")
def refractory():
    import norse.torch

    return norse.torch.LIFRefracCell()


# A measure: a function of problem and architecture, or of a candidate's network and the problem, that gives a number.
@asr.register(kind="measure", name="depth", known=True)
def depth(problem, architecture):
    """slots that are not skipped"""
    return sum(choice != "skip" for choice in architecture)


# A data set: a function of the options, such as folder and size, that gives samples.
@asr.register(kind="dataset", name="stripes")
def read_stripes(options):
    """400 noisy 8x8 images of stripes in four directions."""
    rng, y = np.random.default_rng(0), np.arange(400) % 4
    row, column = np.mgrid[:8, :8]
    along = np.stack([row, column, row + column, row - column])[y]
    x = 0.7 * (along % 4 < 2) + 0.3 * rng.random((400, 8, 8))
    return Source(Samples.of_arrays(x.astype(np.float32), y))


# A plot: a function of a run's folder that gives a figure; `autosnn-ray show RUN --save` draws it.
@asr.register(kind="plot", name="histogram")
def plot_histogram(run):
    from matplotlib.figure import Figure

    import analysis

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.hist(analysis.read(run)["spikes"].dropna(), bins=20)
    axes.set_xlabel("spikes per sample")
    axes.set_ylabel("candidates")
    return figure
