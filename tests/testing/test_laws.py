"""Each law catches what breaks it, and says which it is; what keeps them all passes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn

import autosnn_ray as asr
from autosnn_ray.algorithms import AskTell, Candidate, RandomSearch
from autosnn_ray.algorithms.random_search import RandomSearch as Settings
from autosnn_ray.data.readers.samples import Samples, Source
from autosnn_ray.evaluations import MEAN, SHARE, Measure
from autosnn_ray.evaluators import SupernetEvaluator
from autosnn_ray.spiking import SpikingBlock, SpikingNeuron, conv, over_time
from autosnn_ray.testing import (
    ALGORITHM_LAWS,
    AlgorithmCase,
    BlockCase,
    LawBrokenError,
    check_block,
    check_dataset,
    check_evaluator,
    check_objective,
    small_problem,
)
from autosnn_ray.testing.laws import obey


def laws_broken(check, *given, **options) -> set[str]:
    with pytest.raises(LawBrokenError) as found:
        check(*given, **options)
    return {line.split()[0] for line in str(found.value).splitlines()[1:]}


class State(AskTell):
    """Random search that may be told to do something wrong."""

    def __init__(self, space, candidates, seed, wrong):
        super().__init__(space, candidates, np.random.default_rng(seed))
        self.wrong, self.best, self.first = wrong, None, None

    def propose(self):
        if self.wrong == "draws globally":
            np.random.random()  # noqa: NPY002
        if self.wrong == "hashes":
            first = min(self.space.sample(self.rng) for _ in range(3))
            architecture = max([first, self.space.sample(self.rng)], key=hash)
            return Candidate(self.asked, architecture, "random")
        if self.wrong == "stops" and self.asked > 50 and self.best is None:
            return None
        (architecture,) = self.draw_new(1, draws=10)
        if self.wrong == "repeats" and self.asked == 3:
            architecture = self.first
        self.first = self.first or architecture
        parents = (self.asked - 1,) if self.wrong == "breeds whatever" and self.asked else ()
        return Candidate(self.asked + (self.wrong == "counts from 1"), architecture, "random", parents)

    def learn(self, candidate, evaluation):
        if evaluation is not None:
            self.best = candidate
        if self.wrong == "draws when told" and evaluation is not None and evaluation.spikes > 900:
            self.rng.random()


@dataclass(frozen=True)
class Wrong(Settings):
    name: ClassVar[str] = "wrong"
    wrong: str = ""

    def start(self, space, candidates, goal=None):
        seed = 0 if self.wrong == "ignores its seed" else self.seed
        return State(space, candidates, seed, self.wrong)


@pytest.mark.parametrize(
    ("wrong", "law"),
    [
        ("draws globally", "leaves_global_random_state_alone"),
        ("hashes", "repeats_itself"),
        ("stops", "failures_never_stop_it_and_never_breed"),
        ("repeats", "proposes_as_many_as_asked_for"),
        ("breeds whatever", "failures_never_stop_it_and_never_breed"),
        ("counts from 1", "proposes_as_many_as_asked_for"),
        ("draws when told", "order_of_results_changes_nothing"),
        ("ignores its seed", "follows_its_seed"),
    ],
)
def test_an_algorithm_that_breaks_a_law_is_told_which(wrong, law):
    case = AlgorithmCase.of(Wrong(wrong=wrong))
    assert laws_broken(obey, "it", {law: ALGORITHM_LAWS[law]}, [case]) == {law}


def test_an_algorithm_that_keeps_them_is_told_nothing():
    quick = {name: law for name, law in ALGORITHM_LAWS.items() if "thousand" not in name}
    obey("algorithm 'wrong'", quick, [AlgorithmCase.of(Wrong)])
    laws = {"follows_its_seed": ALGORITHM_LAWS["follows_its_seed"]}
    with pytest.raises(
        LawBrokenError, match=r"'wrong' breaks 1 of 1 laws:\n  follows_its_seed \(Another seed gives .*"
    ):
        obey("algorithm 'wrong'", laws, [AlgorithmCase.of(Wrong(wrong="ignores its seed"))])


class Mutant(SpikingBlock):
    """One spiking convolution that may do something wrong."""

    wrong: ClassVar[str] = ""

    def __init__(self, block, in_channels, out_channels, stride, neuron):
        super().__init__()
        self.conv = conv(in_channels, out_channels, 3, stride)
        self.norm = nn.BatchNorm2d(out_channels)
        self.neuron = SpikingNeuron(neuron)
        self.before = None
        if self.wrong == "idle parameter":
            self.idle = nn.Linear(2, 2)
        if self.wrong == "unset parameter":
            self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x, meter=None):
        out = over_time(self.conv, x)
        if self.wrong == "keeps state":
            out = out if self.before is None or self.before.shape != out.shape else out + self.before
            self.before = out.detach()
        if self.wrong == "looks ahead":
            out = out + out.mean(0, keepdim=True)
        if self.wrong == "looks aside":
            out = out + out.mean(1, keepdim=True)
        if self.wrong == "unset parameter":
            out = out * self.scale
        if self.wrong == "no spikes":
            return out
        if self.wrong == "fixed size":
            out = out[..., :4, :4]
        spikes = self.neuron(out, None if self.wrong == "does not count" else meter, norm=self.norm)
        return spikes.detach() if self.wrong == "no gradient" else spikes


def mutant(wrong: str) -> str:
    kind = type("Mutant", (Mutant,), {"wrong": wrong, "__module__": __name__, "__doc__": Mutant.__doc__})
    asr.register(kind, name="mutant")
    return "mutant"


@pytest.mark.parametrize(
    ("wrong", "law"),
    [
        ("fixed size", "gives_the_shape_it_should"),
        ("no spikes", "gives_spikes"),
        ("no gradient", "learns"),
        ("idle parameter", "learns"),
        ("keeps state", "keeps_no_state"),
        ("looks ahead", "time_runs_forward"),
        ("looks aside", "samples_are_apart"),
        ("does not count", "counts_its_spikes"),
        ("unset parameter", "its_weights_come_from_a_generator"),
    ],
)
def test_a_block_that_breaks_a_law_is_told_which(wrong, law):
    assert law in laws_broken(check_block, mutant(wrong))


def test_a_block_that_keeps_them_is_told_nothing():
    check_block(mutant(""))


def test_values_of_ones_own_are_set_from_the_generator():
    class Scaled(Mutant):
        def __init__(self, *given):
            super().__init__(*given)
            self.scale = nn.Parameter(torch.empty(3))
            self.linear = nn.Linear(2, 2)

        def reset_parameters(self):
            nn.init.normal_(self.scale)

    asr.register(Scaled, name="scaled")
    before = torch.get_rng_state()
    from autosnn_ray.testing.blocks import _network

    first, again, other = (_network(BlockCase("scaled"), seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    for name in ("layers.0.scaled.scale", "layers.0.scaled.linear.bias"):
        assert torch.equal(first[name], again[name])
        assert not torch.equal(first[name], other[name])
    assert first["layers.0.scaled.linear.bias"].abs().max() <= 2**-0.5


@dataclass(frozen=True)
class Odd(asr.Evaluator):
    name: ClassVar[str] = "odd"
    summary: ClassVar[str] = "may do something wrong"
    wrong: str = ""
    counts: tuple[int, ...] = ()

    def start(self, context):
        calls = []

        def estimate(architecture, repetition):
            calls.append(1)
            if self.wrong == "draws globally":
                torch.rand(1)
            measures = {"accuracy": Measure(0.5, SHARE, 60), "spikes": Measure(100.0, MEAN, 60)}
            if self.wrong == "remembers":
                measures["accuracy"] = Measure(0.5 / len(calls), SHARE, 60)
            if self.wrong == "percent":
                measures["accuracy"] = Measure(50.0, SHARE, 60)
            if self.wrong == "no spikes":
                del measures["spikes"]
            if self.wrong == "of how many":
                measures["accuracy"] = Measure(0.5, SHARE)
            layers = {"stem": 3.0} if self.wrong == "layers" else {}
            return asr.Evaluation(measures, layer_spikes=layers)

        return estimate

    def __getstate__(self):
        if self.wrong == "stays":
            raise TypeError("cannot pickle it")
        return vars(self)

    @property
    def settings(self):
        return {} if self.wrong == "forgets" else super().settings


@pytest.mark.parametrize(
    ("wrong", "law"),
    [
        ("remembers", "gives_the_same_twice"),
        ("draws globally", "leaves_all_else_alone"),
        ("percent", "measures_what_a_fitness_needs"),
        ("no spikes", "measures_what_a_fitness_needs"),
        ("of how many", "says_how_each_measure_came_about"),
        ("layers", "layers_add_up"),
        ("stays", "travels"),
        ("forgets", "its_settings_survive_a_journal"),
    ],
)
def test_an_evaluator_that_breaks_a_law_is_told_which(wrong, law):
    assert law in laws_broken(check_evaluator, Odd(wrong))


def test_an_evaluator_that_keeps_them_is_told_nothing():
    check_evaluator(Odd)
    check_evaluator(asr.TrainingFree(samples=8))


def test_an_evaluator_that_writes_into_shared_weights_is_told(tiny_supernet, tiny_problem):
    @dataclass(frozen=True)
    class Vandal(SupernetEvaluator):
        name: ClassVar[str] = "vandal"
        summary: ClassVar[str] = "writes"

        def start(self, context):
            def estimate(architecture, repetition):
                with torch.no_grad():
                    next(self.supernet.network.parameters()).add_(1.0)
                return asr.Evaluation.measured(accuracy=0.5, spikes=1.0)

            return estimate

    weight = next(tiny_supernet.network.parameters())
    before = weight.clone()
    try:
        assert "leaves_all_else_alone" in laws_broken(check_evaluator, Vandal(tiny_supernet), problem=tiny_problem)
    finally:
        with torch.no_grad():
            weight.copy_(before)


@dataclass(frozen=True)
class Loud(asr.Objective):
    kind: ClassVar[str] = "loud"
    wrong: str = ""

    @property
    def label(self):
        return "" if self.wrong == "no label" else "loud"

    def __call__(self, evaluation):
        if self.wrong == "raises":
            return evaluation["accuracy"]
        if self.wrong == "defaults":
            return evaluation.get("accuracy", 0.0)
        return str(evaluation.get("accuracy")) if self.wrong == "text" else evaluation.get("accuracy")

    def to_dict(self):
        return {"kind": self.kind} if self.wrong == "forgets" else super().to_dict()


@pytest.mark.parametrize(
    ("wrong", "law"),
    [
        ("no label", "is_an_objective"),
        ("raises", "says_nan_of_what_it_cannot_tell"),
        ("defaults", "says_nan_of_what_it_cannot_tell"),
        ("text", "gives_a_number"),
        ("forgets", "survives_a_journal"),
    ],
)
def test_an_objective_that_breaks_a_law_is_told_which(wrong, law):
    asr.register(Loud)
    check_objective(Loud())
    assert law in laws_broken(check_objective, Loud(wrong))


def test_an_objective_must_be_registered_to_be_read_again_and_is_refused_by_a_search_before(tmp_path):
    assert laws_broken(check_objective, Loud()) == {"survives_a_journal"}
    with pytest.raises(asr.errors.InvalidInputError, match="objective Loud: expected one that is registered"):
        asr.search(small_problem(), Odd(), path=tmp_path / "run", objectives=Loud(), executor=asr.Local())
    assert not (tmp_path / "run").exists()


def frames(count: int = 60):
    return np.random.default_rng(0).random((count, 8, 8)).astype(np.float32), np.arange(count) % 3


def read_whole(options):
    """Noise of three classes."""
    return Source(Samples.of_arrays(*frames()))


def read_anew(options):
    """Other noise each time."""
    x, y = frames()
    return Source(Samples.of_arrays(x + float(os.urandom(1)[0]), y))


def read_with_the_test_samples_among_them(options):
    x, y = frames()
    return Source(Samples.of_arrays(x, y), test=Samples.of_arrays(x[:9], y[:9]))


@pytest.mark.filterwarnings("ignore::autosnn_ray.errors.DuplicateSamplesWarning")
def test_a_data_set_that_breaks_a_law_is_told_which():
    for read in (read_whole, read_anew, read_with_the_test_samples_among_them):
        asr.register(read, kind="dataset", name=read.__name__)
    check_dataset("read_whole")
    assert laws_broken(check_dataset, "read_anew") == {"is_the_same_each_time"}
    assert laws_broken(check_dataset, "read_with_the_test_samples_among_them") == {"no_sample_is_in_two_splits"}


def test_algorithms_are_checked_without_torch_or_a_test_runner():
    code = (
        "import sys, json\nfrom autosnn_ray.algorithms import RandomSearch\n"
        "from autosnn_ray.testing import check_algorithm, check_objective\n"
        "from autosnn_ray.objectives import Maximize\n"
        "check_algorithm(RandomSearch)\ncheck_objective(Maximize('accuracy'))\n"
        "print(json.dumps(sorted({'torch', 'ray', 'pytest', 'hypothesis'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
    assert RandomSearch.name == "random"
