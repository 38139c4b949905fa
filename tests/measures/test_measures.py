"""Measures: what is known beforehand equals what is counted on networks, and what is measured is right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cloudpickle
import pytest
import torch

import autosnn_ray as asr
import search_spaces
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation import profile
from autosnn_ray.evaluations import EXACT, TIMED, Measure
from autosnn_ray.measures import BUILT_IN, MEASURES, Evaluated, Known, Measured, Subject, known_of
from autosnn_ray.spiking.costs import count_costs
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.spiking.neurons import NeuronSettings

KNOWN = [name for name, kind in MEASURES.items() if isinstance(kind, Known)]


def own(problem, architecture):
    return architecture.count("skip")


@pytest.fixture(scope="module")
def digits():
    return asr.Problem(search_spaces.load("digits_16"), asr.load_dataset("digits"))


def subject(problem, architecture, seed=0):
    return Subject(problem.network(torch.Generator().manual_seed(seed), problem.space.parse(architecture)), problem)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_says_what_it_is(name):
    kind = MEASURES[name]
    assert kind.name == name
    assert kind.summary
    assert kind.direction == ("maximize" if name in ("accuracy", "score") else "minimize")
    assert isinstance(kind, Evaluated) == (kind.function is None)
    assert cloudpickle.loads(cloudpickle.dumps(kind)) == kind  # as it travels to other processes


@pytest.mark.parametrize("space", ["digits_16", "autosnn_16", "snn_2", "snn_3", "snn_4"])
def test_what_is_known_beforehand_is_what_a_profile_counts(space):
    data = asr.load_dataset("digits")
    problem = asr.Problem(search_spaces.load(space), data, timesteps=3, neuron=NeuronSettings(decay_input=False))
    for place in {0, 7, problem.space.size // 2, problem.space.size - 1}:
        architecture = problem.space.at(place)
        network = problem.network(torch.Generator().manual_seed(0), architecture)
        found, known = profile(network, data.validation.head(2)), known_of(MEASURES, problem, architecture)
        assert known["macs"] == Measure(found.total("macs"), EXACT)
        assert known["parameters"] == Measure(found.total("parameters"), EXACT)
        assert problem.costs.of(architecture).weight_bytes == found.footprint


@pytest.mark.parametrize(("stem", "static"), [("event", False), ("static", False), ("tiny_imagenet", True)])
def test_frames_a_step_and_stems_of_two_convolutions_are_counted(stem, static):
    entries = search_spaces.load("digits_16").to_dict()
    space = type(search_spaces.load("digits_16")).from_dict({**entries, "stem": stem, "input_size": [32, 32]})
    costs = count_costs(space, classes=3, timesteps=2, neuron=NeuronSettings(), static=static)
    architecture = space.at(1234)
    network = SpikingNetwork(space, classes=3, timesteps=2, architecture=architecture)
    x = torch.rand(5, 1, 32, 32) if static else torch.rand(5, 2, 1, 32, 32)
    split = asr.load_dataset("digits").validation
    found = profile(network, replace(split, x=x, y=torch.zeros(5, dtype=torch.long)))
    assert costs.of(architecture).macs == found.total("macs")
    assert costs.of(architecture).parameters == found.total("parameters")


def test_memory_is_weights_and_what_the_largest_layer_reads_and_writes(digits):
    """Of skips alone: the stem's convolution reads 8x8 and writes 16 of these, its neurons write four of those."""
    skips = digits.space.parse("skip/skip/skip/skip/skip")
    known = known_of(MEASURES, digits, skips)["memory"].value
    weights = profile(digits.network(torch.Generator(), skips), digits.data.validation.head(1)).footprint
    assert known == weights + 4 * (16 * 64 + 4 * 16 * 64)
    dearer = digits.space.parse("srb_k3/skip/skip/skip/skip")  # its last neurons read conv and shortcut
    assert digits.costs.of(dearer).activation_bytes == 4 * 3 * 4 * 16 * 64


def test_a_neuron_of_ones_own_that_looks_at_values_is_counted_too(digits):
    import norse.torch

    asr.register(norse.torch.LIFCell, kind="neuron", name="for_costs")
    problem = replace(digits, neuron=NeuronSettings(model="for_costs"))
    assert problem.costs.of(problem.space.at(9)).macs == digits.costs.of(problem.space.at(9)).macs


def test_energy_and_synaptic_operations_are_the_profiles(digits):
    found = subject(digits, "srb_k5/skip/scb_k3/skip/skip")
    expected = profile(found.network, digits.data.validation)
    energy, operations = (MEASURES[name].take(found) for name in ("energy", "synaptic_operations"))
    assert (energy.value, operations.value) == (expected.total("energy"), expected.synaptic_operations)
    assert energy.value > 0
    assert (energy.basis, energy.samples) == ("mean", 360)


def test_latency_says_repeats_and_threads_and_follows_the_size(digits):
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        short, long = (
            MEASURES["latency"].take(subject(digits, "/".join([choice] * 5))) for choice in ("skip", "srb_k5")
        )
    finally:
        torch.set_num_threads(before)
    assert (short.basis, short.samples, short.threads) == (TIMED, 7, 1)
    assert 0 < short.value < long.value < 5
    assert Measure.from_dict(short.to_dict()).threads == 1


def test_peak_memory_holds_the_weights_and_is_the_same_each_time(digits):
    found = subject(digits, "srb_k5/srb_k5/skip/srb_k3/srb_k5")
    peak = [MEASURES["peak_memory"].take(found).value for _ in range(3)]
    assert len(set(peak)) == 1
    known = known_of(MEASURES, digits, found.network.architecture)["memory"].value
    assert known < peak[0] < 1.1 * known
    smaller = subject(digits, "skip/skip/skip/skip/skip")
    assert MEASURES["peak_memory"].take(smaller).value < peak[0]


def test_a_measure_of_ones_own_is_one_function(digits):
    kind = Known("skips", own, direction="maximize")
    assert kind.find(digits, ("skip",) * 5) == Measure(5.0, EXACT)
    assert kind.to_dict() == {"name": f"{__name__}:own", "settings": {}}
    layers = Measured("layers", lambda network, problem: len(list(network.modules())) + problem.timesteps)
    assert layers.take(subject(digits, "skip/skip/skip/skip/skip")).value > 4
    assert "skips" not in MEASURES
    assert BUILT_IN.keys() == MEASURES.keys()


def test_what_is_no_measure_is_refused(digits):
    for name in ("", "fan-in", 3):
        with pytest.raises(InvalidInputError, match="measure: expected a name such as fan_in"):
            Known(name, own)
    with pytest.raises(InvalidInputError, match="measure a: expected direction minimize or maximize, got 'up'"):
        Known("a", own, direction="up")
    with pytest.raises(InvalidInputError, match="measure a: expected a function"):
        Measured("a")
    with pytest.raises(InvalidInputError, match="measure a: expected a number, got 'many'"):
        Known("a", lambda problem, architecture: "many").find(digits, ())


def test_the_docs_table_is_the_registry():
    page = (Path(__file__).parents[2] / "docs" / "objectives.md").read_text(encoding="utf-8")
    found = {"Evaluated": "by evaluators", "Known": "known beforehand"}
    for name, kind in MEASURES.items():
        better = "more" if kind.direction == "maximize" else "less"
        how = found.get(type(kind).__name__, "on the candidate's network")
        assert f"| `{name}` | {kind.unit + ' ' if kind.unit else ''}| {better} | {how} |" in page
