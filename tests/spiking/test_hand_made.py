"""The hand-made networks: parameters as given, built, trained and measured like those that are found."""

from __future__ import annotations

import pytest
import torch

import search_spaces
from autosnn_ray.algorithms import ALGORITHMS, make_algorithm
from autosnn_ray.errors import InvalidInputError, SilentNeuronWarning
from autosnn_ray.evaluation import evaluate
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.problem import Problem
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking import NeuronSettings, SpikingNetwork, count_parameters, silent_layers
from autosnn_ray.spiking.neurons import SpikingNeuron
from autosnn_ray.training import TrainSettings, train_from_scratch, train_supernet

UNDIVIDED = NeuronSettings(decay_input=False)
SMALL = {
    "name": "small",
    "stem": "static",
    "channels": 6,
    "in_channels": 1,
    "input_size": [8, 8],
    "head": "flatten",
    "hidden": [24],
    "voters": 10,
    "layers": [{"kind": "conv_k3", "channels": 8}, {"kind": "max_pool"}, {"kind": "srb_k3", "channels": 8}],
}


def on_meta(name: str, neuron: NeuronSettings = UNDIVIDED, timesteps: int = 3) -> SpikingNetwork:
    with torch.device("meta"):
        return SpikingNetwork(search_spaces.load(name), classes=10, timesteps=timesteps, neuron=neuron).eval()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cifarnet_wu", 45_049_994),
        ("cifarnet_fang", 36_718_344),
        ("resnet11_lee", 18_298_956),
        ("resnet19_zheng", 14_686_868),
        ("resnet19_zheng_no_pool", 20_978_323),
        ("resnet19_zheng_global", 12_720_788),
    ],
)
def test_parameters_on_cifar(name, expected):
    assert count_parameters(on_meta(name)) == expected


def by_hand(convolutions, linears, neurons):
    """Weights, two numbers a channel of batch norm, one time constant a neuron layer."""
    convs = sum(i * o * k * k + 2 * o for i, o, k in convolutions)
    return convs + sum(i * o for i, o in linears) + neurons


def test_parameters_on_event_data_are_those_computed_by_hand():
    first = [(2, 128, 3)]
    four = by_hand(first + [(128, 128, 3)] * 3, [(128 * 8 * 8, 512), (512, 100)], 4 + 2)
    five = by_hand(first + [(128, 128, 3)] * 4, [(128 * 4 * 4, 512), (512, 100)], 5 + 2)
    assert count_parameters(on_meta("dvs_cifarnet_fang_4")) == four
    assert count_parameters(on_meta("dvs_cifarnet_fang_5")) == five
    stem = [(2, 64, 3), (64, 64, 3)]
    blocks = [(64, 64, 3)] * 6 + [(64, 64, 1)] + [(64, 128, 3), (64, 128, 1)] + [(128, 128, 3)] * 7
    resnet = by_hand(stem + blocks, [(128 * 4 * 4, 256), (256, 100)], 2 + 14 + 1 + 2)
    assert count_parameters(on_meta("dvs_resnet17_zheng")) == resnet


@pytest.mark.parametrize("name", search_spaces.hand_made())
def test_every_hand_made_network_runs_at_its_real_size_and_counts_every_neuron(name):
    network = on_meta(name)
    side, channels = network.input_size[0], network.in_channels
    shape = (2, 3, channels, side, side) if network.space.stem == "event" else (2, channels, side, side)
    output = network(torch.empty(shape, device="meta"))
    assert output.logits.shape == (2, 10)
    neurons = {n for n, module in network.named_modules() if isinstance(module, SpikingNeuron)}
    assert neurons <= set(output.layer_spikes)
    assert network.space.size == 1
    assert not network.space.slots


@pytest.mark.parametrize("name", search_spaces.hand_made())
def test_those_with_average_pools_are_silent_unless_the_input_is_undivided(name):
    averages = ("wu", "lee", "resnet17", "resnet19_zheng_global")
    pooled = name == "resnet19_zheng" or any(part in name for part in averages)
    if not pooled:
        on_meta(name, NeuronSettings())
        return
    with pytest.warns(SilentNeuronWarning, match="decay_input=False"):
        on_meta(name, NeuronSettings())


def test_the_warning_tells_the_truth_and_its_mend_helps():
    """ResNet11-Lee at an eighth of its width: nothing passes the average pool, until the input is undivided."""
    entries = search_spaces.load("resnet11_lee").to_dict()
    for layer in entries["layers"]:
        layer.update({"channels": layer["channels"] // 8} if "channels" in layer else {})
    narrow = SearchSpace.from_dict({**entries, "channels": 8, "hidden": [128], "input_size": [16, 16]})
    x = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    with pytest.warns(SilentNeuronWarning):
        silent = SpikingNetwork(narrow, classes=10, timesteps=4)
    counted = silent(x).layer_spikes
    assert counted["stem.neuron1"].sum() > 0
    assert "layers.0.avg_pool.neuron" in silent_layers(counted)
    mended = SpikingNetwork(narrow, classes=10, timesteps=4, neuron=UNDIVIDED)
    assert "layers.0.avg_pool.neuron" not in silent_layers(mended(x).layer_spikes)


def test_a_hand_made_network_learns_and_is_measured_like_a_found_one(digits):
    problem = Problem(SearchSpace.from_dict(SMALL), digits)
    settings = TrainSettings(epochs=3, batch_size=32, learning_rate=2e-2)
    network = train_from_scratch(problem, (), settings=settings)
    evaluation = evaluate(network, digits.validation)
    assert evaluation.accuracy > 0.7
    assert "head.hidden.0.neuron" in evaluation.layer_spikes
    assert sum(evaluation.layer_spikes.values()) == pytest.approx(evaluation.spikes)


def test_there_is_nothing_to_search_in_it(digits):
    space = SearchSpace.from_dict(SMALL)
    with pytest.raises(InvalidInputError, match="a supernet: expected a space with slots, but 'small' has none"):
        train_supernet(Problem(space, digits))
    for name in (name for name in ALGORITHMS if name != "given"):  # to evaluate it is no search
        with pytest.raises(InvalidInputError, match="a search: expected a space with slots"):
            make_algorithm(name).start(space, 10, SpikeAwareFitness(100.0))
