"""``asr.register``: every kind of thing, from outside; names that are taken, and what lacks something, in one line."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import norse.torch
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

import analysis
import autosnn_ray as asr
from autosnn_ray.algorithms import ALGORITHMS, RandomSearch, make_algorithm
from autosnn_ray.data import DATASETS, load_dataset
from autosnn_ray.data.readers.samples import Samples, Source
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators import make_evaluator
from autosnn_ray.export import to_nir
from autosnn_ray.measures import MEASURES, Known
from autosnn_ray.objectives import Goal
from autosnn_ray.own_code import described
from autosnn_ray.space import BLOCKS, SearchSpace
from autosnn_ray.spiking import (
    NeuronSettings,
    SpikingBlock,
    SpikingNetwork,
    SpikingNeuron,
    build_block,
    event_conv,
    over_time,
)
from autosnn_ray.spiking.blocks import ConvBlock


class Dense(SpikingBlock):
    """One spiking convolution of one's own."""

    def __init__(self, block, in_channels, out_channels, stride, neuron):
        super().__init__()
        self.conv = event_conv(in_channels, out_channels, block.kernel, stride)
        self.norm = nn.BatchNorm2d(out_channels)
        self.neuron = SpikingNeuron(neuron)

    def forward(self, x, meter=None):
        return self.neuron(over_time(self.conv, x), meter, norm=self.norm)


def dense_nir(graph, name, module, place, stride):
    from autosnn_ray.export.to_nir import fold

    place = graph.conv(f"{name}.conv", fold(module.conv, module.norm), module.conv, place)
    return graph.neuron(f"{name}.neuron", module.neuron, place)


@dataclass(frozen=True)
class Walk(RandomSearch):
    name: ClassVar[str] = "walk"
    steps: int = 3


@dataclass(frozen=True)
class Cheap(asr.Evaluator):
    name: ClassVar[str] = "cheap"
    summary: ClassVar[str] = "counts"
    scale: float = 1.0

    def start(self, context):
        return lambda architecture, _: Evaluation.given({"accuracy": self.scale, "spikes": 1.0})


@dataclass(frozen=True)
class PerSpike(asr.Objective):
    kind: ClassVar[str] = "per_spike"
    offset: float = 1.0

    @property
    def label(self):
        return "accuracy per spike"

    def __call__(self, evaluation):
        return evaluation.accuracy / (self.offset + evaluation.spikes)


def read_stripes(options):
    """Stripes, upright or level."""
    x = np.random.default_rng(0).random((60, 8, 8), dtype=np.float32) / 2
    x[::2, ::2] = 1
    x[1::2, :, ::2] = 1
    return Source(Samples.of_arrays(x, np.arange(60) % 2))


def depth(problem, architecture):
    """Slots that are not skipped."""
    return sum(choice != "skip" for choice in architecture)


def plot_mine(run):
    return Figure()


def test_every_kind_is_known_by_its_name():
    assert asr.register(Walk) is Walk
    assert make_algorithm("walk", steps=5).to_dict() == {"name": "walk", "settings": {"seed": 0, "steps": 5}}
    asr.register(Cheap)
    assert make_evaluator("cheap", scale=2.0).settings == {"scale": 2.0}
    asr.register(PerSpike)
    goal = Goal((PerSpike(offset=3.0),))
    assert Goal.from_dict(goal.to_dict()) == goal
    assert goal.to_dict()["objectives"] == [{"kind": "per_spike", "offset": 3.0}]
    asr.register(kind="dataset", name="stripes", augmentation="flip")(read_stripes)
    data = load_dataset("stripes")
    assert (data.name, data.classes, data.augmentation, data.input_size) == ("stripes", 2, "flip", (8, 8))
    assert DATASETS["stripes"].summary == "Stripes, upright or level"
    asr.register(depth, kind="measure", name="own_depth", known=True, direction="maximize")
    assert MEASURES["own_depth"] == Known(
        "own_depth", depth, summary="Slots that are not skipped", direction="maximize"
    )
    asr.register(plot_mine, kind="plot", name="mine")
    assert analysis.PLOTS["mine"] is plot_mine
    asr.register(norse.torch.LIFCell, kind="neuron", name="own_lif")
    assert SpikingNeuron(NeuronSettings(model="own_lif")).has_own_step
    # A journal names the module that registers, not the library that a cell comes from.
    assert described() == [{"module": __name__, "file": "test_register.py"}]


def test_a_block_comes_with_all_that_a_network_picture_or_file_needs():
    """Both registries at once; several kernels are one family."""
    asr.register(Dense, name="dense_k3", kernel=3, colour="#C0FFEE", nir=dense_nir)
    asr.register(Dense, name="dense_k5", kernel=5)
    assert BLOCKS["dense_k3"].summary == "One spiking convolution of one's own"
    assert [BLOCKS[name].family for name in ("dense_k3", "dense_k5")] == ["dense", "dense"]
    assert build_block("dense_k5", 2, 3, 2, NeuronSettings()).conv.kernel_size == (5, 5)
    from analysis.plots.architecture import colour_of_family

    assert colour_of_family("dense") == "#C0FFEE"
    entries = {
        "name": "own", "stem": "static", "channels": 2, "in_channels": 1, "input_size": [4, 4], "head": "flatten",
        "voters": 1, "layers": [{"kind": "slot", "choices": ["dense_k3", "dense_k5"]}],
    }  # fmt: skip
    space = SearchSpace.from_dict(entries)
    network = SpikingNetwork(space, classes=2, timesteps=2, architecture="dense_k5").eval()
    assert "layers.0.dense_k5.neuron" in to_nir(network).nodes


def test_a_profile_counts_what_a_block_runs_itself(digits):
    class Scaled(Dense):
        def __init__(self, *given):
            super().__init__(*given)
            self.scale = nn.Parameter(torch.ones(()))

        def reset_parameters(self):
            nn.init.ones_(self.scale)

        def forward(self, x, meter=None):
            return self.neuron(over_time(lambda merged: self.norm(self.conv(merged)), x) * self.scale, meter)

    asr.register(Scaled, name="scaled_k3", kernel=3)
    entries = {
        "name": "own", "stem": "static", "channels": 2, "in_channels": 1, "input_size": [8, 8], "head": "flatten",
        "voters": 1, "layers": [{"kind": "scaled_k3"}],
    }  # fmt: skip
    network = SpikingNetwork(SearchSpace.from_dict(entries), classes=10, timesteps=2, architecture="").eval()
    found = asr.profile(network.requires_grad_(False), digits.validation.head(4))
    assert {layer.name: layer.parameters for layer in found.layers}["layers.0.scaled_k3.neuron"] == 36 + 4 + 1 + 1
    assert found.total("parameters") == asr.spiking.count_parameters(network)


def test_a_block_without_an_exporter_is_refused_by_name():
    asr.register(Dense, name="dense_k3", kernel=3)
    entries = {
        "name": "own", "stem": "static", "channels": 2, "in_channels": 1, "input_size": [4, 4], "head": "flatten",
        "voters": 1, "layers": [{"kind": "dense_k3"}],
    }  # fmt: skip
    network = SpikingNetwork(SearchSpace.from_dict(entries), classes=2, timesteps=2, architecture="").eval()
    with pytest.raises(InvalidInputError, match=r"NIR: .*'dense_k3' \(Dense\) in layers.0; give it one, asr.register"):
        to_nir(network)


def test_a_kernel_of_ones_own_for_a_block_of_ours():
    asr.register(ConvBlock, name="srb_k9", family="srb", kernel=9, summary="two spiking 9x9 convolutions")
    assert build_block("srb_k9_c2", 2, 3, 1, NeuronSettings()).conv1.kernel_size == (9, 9)


def test_the_same_again_is_fine_and_so_is_a_cell_of_a_notebook_run_twice():
    for _ in range(2):
        asr.register(Dense, name="dense_k3", kernel=3)
        asr.register(norse.torch.LIFCell, kind="neuron", name="own_lif")
        asr.register(plot_mine, kind="plot", name="mine")

        @asr.register
        @dataclass(frozen=True)
        class Again(RandomSearch):
            name: ClassVar[str] = "again"

        assert ALGORITHMS["again"] is Again


@dataclass(frozen=True)
class Random(RandomSearch):
    name: ClassVar[str] = "random"


@dataclass(frozen=True)
class Nameless(asr.Evaluator):
    summary: ClassVar[str] = "has no name"

    def start(self, context): ...


@dataclass(frozen=True)
class NamedByAField(RandomSearch):
    name: str = "field"


@dataclass(frozen=True)
class Unstartable(asr.Algorithm):
    name: ClassVar[str] = "unstartable"


class Undecorated(RandomSearch):
    name: ClassVar[str] = "undecorated"
    steps: int = 3


@dataclass(frozen=True)
class Undescribed(asr.Evaluator):
    name: ClassVar[str] = "undescribed"

    def start(self, context): ...


class Still(SpikingBlock):
    def __init__(self, block, in_channels, out_channels, stride, neuron): ...


class Short(Dense):
    def __init__(self, channels):
        pass


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: asr.register(Random),
            "algorithm 'random': the name is taken by RandomSearch of autosnn_ray.algo.*; give",
        ),
        (
            lambda: asr.register(Dense, name="srb_k3", kernel=3),
            "block 'srb_k3': the name is taken by .*; give Dense anoth",
        ),
        (lambda: asr.register(Dense, name="own_k3", family="srb"), "block 'srb': the name is taken by ConvBlock of"),
        (
            lambda: asr.register(plot_mine, kind="plot", name="pareto"),
            "plot 'pareto': the name is taken by plot_pareto",
        ),
        (lambda: asr.register(read_stripes, kind="dataset", name="mnist"), "dataset 'mnist': the name is taken"),
        (
            lambda: asr.register(Nameless),
            'Nameless: expected a name .*`name: ClassVar\\[str\\] = "mine"` in it; got none',
        ),
        (lambda: asr.register(NamedByAField), "NamedByAField: expected a name .*ClassVar"),
        (lambda: asr.register(Unstartable), "Unstartable: lacks start; see asr.Algorithm"),
        (
            lambda: asr.register(Undecorated),
            r"Undecorated: expected a frozen dataclass: @asr.register above @dataclass\(",
        ),
        (lambda: asr.register(Undescribed), "Undescribed: lacks `summary: ClassVar"),
        (lambda: asr.register(Walk, name="run"), "algorithm Walk: its name names it; leave name= out"),
        (lambda: asr.register(Walk, kind="evaluator"), "Walk: expected a class that derives from asr.Evaluator"),
        (lambda: asr.register(Still, name="still"), r"Still: lacks forward\(self, x, meter=None\)"),
        (lambda: asr.register(Short, name="short"), r"Short: expected to be called with \(block, in_channels, "),
        (lambda: asr.register(Dense), 'block Dense: expected a name .* as name="mine"; got none'),
        (lambda: asr.register(Dense, name="a/b"), "expected a name of letters, digits and _.*got 'a/b'"),
        (lambda: asr.register(Dense, name="slot"), "block 'slot': expected a name"),
        (lambda: asr.register(Dense, name="d", kernel=2.5), "block d: kernel: expected a whole number, got 2.5"),
        (lambda: asr.register(Dense, name="d", colour="red"), "block d: colour: expected such as '#A6DFC4', got 'red'"),
        (
            lambda: asr.register(Dense, name="d", size=3),
            "unknown property of d 'size'; expected one of: family, kernel, ",
        ),
        (lambda: asr.register(Dense, name="d", nir=plot_mine), "nir= to be called with"),
        (
            lambda: asr.register(lambda *_: None, kind="block", name="d", nir=dense_nir),
            "block d: nir: expected beside a cl",
        ),
        (lambda: asr.register(plot_mine), "cannot tell what plot_mine is; .*or kind=… of: algorithm, evaluator, "),
        (lambda: asr.register(int), "cannot tell what int is"),
        (lambda: asr.register(plot_mine, kind="picture"), "unknown kind 'picture'; expected one of: algorithm"),
        (
            lambda: asr.register(lambda: 1, kind="plot", name="p"),
            "expected a function of a run's folder that returns a fig",
        ),
        (lambda: asr.register(plot_mine, kind="plot", name="p", ax=1), "unknown property of p 'ax'"),
        (lambda: asr.register(3, kind="neuron", name="n"), "neuron: expected a Norse step, a cell, or what makes one"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_one_line_that_says_how_to_mend_it(make, said):
    with pytest.raises(InvalidInputError, match=said) as refused:
        make()
    assert "\n" not in str(refused.value)


def test_the_former_name_of_registering_a_neuron_says_what_it_is_now():
    with pytest.raises(AttributeError, match=r"autosnn_ray\.register_neuron is now autosnn_ray\.register"):
        _ = asr.register_neuron


def test_registering_loads_neither_torch_nor_ray():
    code = (
        "import sys, autosnn_ray as asr\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n"
        "@asr.register\n@dataclass(frozen=True)\nclass Mine(asr.RandomSearch):\n    name: ClassVar[str] = 'mine'\n"
        "from autosnn_ray.algorithms import make_algorithm\nassert type(make_algorithm('mine')) is Mine\n"
        "print({'torch', 'ray', 'pandas', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
