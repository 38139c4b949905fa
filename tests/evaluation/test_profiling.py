"""Profiles: costs against numbers computed by hand, spikes against the evaluation, nothing left behind."""

from __future__ import annotations

import json
import math

import pytest
import torch

import autosnn_ray as asr
import search_spaces
from autosnn_ray.data.dataset import Split
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation import evaluate, profile
from autosnn_ray.profiles import EnergyModel, Profile
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking import NeuronSettings, SpikingNetwork, count_parameters

UNDIVIDED = NeuronSettings(decay_input=False)
SMALL = {
    "name": "small",
    "stem": "static",
    "channels": 4,
    "in_channels": 2,
    "input_size": [6, 6],
    "head": "flatten",
    "hidden": [7],
    "voters": 5,
    "layers": [
        {"kind": "srb_k3", "channels": 6, "stride": 2},
        {"kind": "conv_k5", "channels": 3},
        {"kind": "max_pool"},
    ],
}


def network(entries=SMALL, classes=3, timesteps=3, seed=0, **options):
    torch.manual_seed(seed)
    return SpikingNetwork(SearchSpace.from_dict(entries), classes=classes, timesteps=timesteps, **options).eval()


def samples(net, count=5, seed=1):
    x = torch.rand(count, net.in_channels, *net.input_size, generator=torch.Generator().manual_seed(seed)) * 4
    return Split(x, torch.arange(count) % net.classes)


def test_costs_are_those_computed_by_hand():
    net = network()
    found, steps = profile(net, samples(net)), net.timesteps
    assert [(layer.name, layer.shape, layer.parameters, layer.macs) for layer in found.layers] == [
        ("stem.neuron1", (4, 6, 6), 2 * 4 * 9 + 8 + 1, 36 * 4 * 2 * 9),  # the frame stands still
        ("layers.0.srb_k3.neuron1", (6, 3, 3), 4 * 6 * 9 + 12 + 1, steps * 9 * 6 * 4 * 9),
        ("layers.0.srb_k3.neuron2", (6, 3, 3), 6 * 6 * 9 + 12 + 4 * 6 + 12 + 1, steps * (9 * 6 * 6 * 9 + 9 * 6 * 4)),
        ("layers.1.conv_k5.neuron", (3, 3, 3), 6 * 3 * 25 + 6 + 1, steps * 9 * 3 * 6 * 25),
        ("layers.2.max_pool", (3, 1, 1), 0, 0),
        ("head.hidden.0.neuron", (7,), 3 * 7 + 1, steps * 3 * 7),
        ("head.neuron", (15,), 7 * 15 + 1, steps * 7 * 15),
    ]
    assert found.total("parameters") == count_parameters(net)


def reached_by_hand(x, conv):
    """For each spike of ``(N, C, H, W)``, counts the neurons whose window holds it, one by one."""
    kernel, stride, padding = conv.kernel_size[0], conv.stride[0], conv.padding[0]
    side = [(size + 2 * padding - kernel) // stride + 1 for size in x.shape[-2:]]
    count = 0
    for _, _, row, column in x.nonzero().tolist():
        reached = 1
        for at, outputs in ((row, side[0]), (column, side[1])):
            reached *= sum(o * stride - padding <= at < o * stride - padding + kernel for o in range(outputs))
        count += reached * conv.out_channels
    return count


def test_synaptic_operations_are_counted_spike_by_spike():
    net = network(neuron=NeuronSettings(decay_input=False, threshold=0.2))
    split, seen = samples(net), {}
    for name, module in net.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda m, i, _, name=name: seen.update({name: reached_by_hand(i[0], m)}))
        elif isinstance(module, torch.nn.Linear):
            module.register_forward_hook(
                lambda m, i, _, name=name: seen.update({name: int(i[0].count_nonzero()) * m.out_features})
            )
    found = {layer.name: layer for layer in profile(net, split).layers}
    blocks = "layers.0.srb_k3"
    expected = {
        f"{blocks}.neuron1": seen[f"{blocks}.conv1"],
        f"{blocks}.neuron2": seen[f"{blocks}.conv2"] + seen[f"{blocks}.shortcut.0"],
        "layers.1.conv_k5.neuron": seen["layers.1.conv_k5.conv"],
        "head.hidden.0.neuron": seen["head.hidden.0.linear"],
        "head.neuron": seen["head.linear"],
    }
    assert all(expected.values()), "every layer fires, or this test would show nothing"
    for name, count in expected.items():
        assert found[name].operations == pytest.approx(count / len(split))
        assert found[name].energy == pytest.approx(0.9e-12 * count / len(split))
        assert not found[name].real_input


def test_a_static_frame_is_multiplied_once_and_event_frames_at_every_step():
    static = network()
    stem = profile(static, samples(static)).layers[0]
    assert stem.real_input
    assert stem.operations == 36 * 4 * 2 * 9
    assert stem.energy == pytest.approx(4.6e-12 * stem.operations)
    event = network({**SMALL, "stem": "event", "input_size": [24, 24]})
    x = torch.rand(5, 3, 2, 24, 24) * 3
    first = profile(event, Split(x, torch.zeros(5, dtype=torch.long))).layers[0]
    assert first.operations == 3 * 24 * 24 * 4 * 2 * 9
    binary = profile(event, Split((x > 2).float(), torch.zeros(5, dtype=torch.long))).layers[0]
    assert not binary.real_input, "frames of zeros and ones are spikes"
    assert 0 < binary.operations < first.operations


def test_energy_follows_the_constants():
    net = network(neuron=UNDIVIDED)
    split = samples(net)
    found = profile(net, split, energy_model=EnergyModel(multiply_accumulate=2.0, accumulate=0.5))
    macs = sum(layer.operations for layer in found.layers if layer.real_input)
    assert found.total("energy") == pytest.approx(2.0 * macs + 0.5 * found.synaptic_operations)
    with pytest.raises(InvalidInputError, match="accumulate: expected joules"):
        EnergyModel(accumulate=-1)


@pytest.mark.parametrize("batch_size", [1, 2, 360])
def test_spikes_are_those_of_the_evaluation_whatever_the_batch(batch_size):
    path = "srb_k5/skip/scb_k3/srb_k3/skip"
    net = network(search_spaces.load("digits_16").to_dict(), classes=10, architecture=path, neuron=UNDIVIDED)
    split = samples(net)
    found, evaluation = profile(net, split, batch_size=batch_size), evaluate(net, split)
    assert {layer.name: layer.spikes for layer in found.layers} == pytest.approx(dict(evaluation.layer_spikes))
    assert found.total("spikes") == pytest.approx(evaluation.spikes)
    for layer in found.layers:
        assert layer.rate == pytest.approx(layer.spikes / (3 * math.prod(layer.shape)))
    assert found.architecture == path


def test_averages_of_spikes_cost_accumulates_and_make_nothing_real():
    net = network({**SMALL, "layers": [{"kind": "avg_pool"}], "head": "global_average"}, neuron=UNDIVIDED)
    found = {layer.name: layer for layer in profile(net, samples(net)).layers}
    assert found["layers.0.avg_pool.neuron"].operations == pytest.approx(found["stem.neuron1"].spikes)
    assert found["head.pool_neuron"].operations == pytest.approx(found["layers.0.avg_pool.neuron"].spikes)
    assert [layer.real_input for layer in found.values()] == [True, False, False, False, False]


def test_dead_and_saturated_channels_and_time_constants_are_found():
    net = network(neuron=UNDIVIDED)
    with torch.no_grad():
        net.stem.norm1.bias[0], net.stem.norm1.bias[1:3] = -100.0, 100.0
        net.stem.neuron1.w.fill_(math.log(1 / 3))  # sigmoid: a quarter is lost in a step
    layers = {layer.name: layer for layer in profile(net, samples(net)).layers}
    assert (layers["stem.neuron1"].dead, layers["stem.neuron1"].saturated) == (1, 2)
    assert layers["stem.neuron1"].tau == pytest.approx(4)
    assert layers["head.neuron"].tau == pytest.approx(2)
    assert layers["layers.2.max_pool"].tau is None
    assert profile(network(neuron=NeuronSettings(model="if")), samples(net)).layers[0].tau is None


def test_nothing_is_left_behind():
    net = network().train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    profile(net, samples(net))
    assert net.training
    assert not any(module._forward_hooks for module in net.modules())
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())


def test_supernets_and_nothing_to_look_at_are_refused():
    supernet = network(search_spaces.load("digits_16").to_dict())
    with pytest.raises(InvalidInputError, match="expected a network of its own, got a supernet"):
        profile(supernet, samples(supernet))
    net = network()
    with pytest.raises(InvalidInputError, match="expected samples"):
        profile(net, samples(net).head(0))


def test_a_profile_survives_its_file(tmp_path):
    net = network()
    found = asr.profile(net, samples(net))
    assert Profile.load(found.save(tmp_path / "profile.json")) == found


def of_a_step(found, net, static):
    """Returns what was written when ``macs`` were those of one time step."""
    values = found.to_dict() | {"format": 2}
    once = {"stem.neuron1"} if static else set()
    steps = [1 if layer["name"] in once else net.timesteps for layer in values["layers"]]
    layers = [{**one, "macs": one["macs"] // step} for one, step in zip(values["layers"], steps, strict=True)]
    return values | {"layers": layers}


@pytest.mark.parametrize("static", [True, False])
def test_macs_of_a_step_in_older_profiles_are_made_those_of_a_sample(static, tmp_path):
    net = network()
    split = samples(net)
    if not static:
        split = Split(split.x.unsqueeze(1).repeat(1, net.timesteps, 1, 1, 1), split.y)
    found = profile(net, split)
    older = tmp_path / "profile.json"
    older.write_text(json.dumps(of_a_step(found, net, static)))
    assert Profile.load(older) == found


def test_an_older_profile_that_leaves_open_how_often_frames_passed_the_stem_is_refused(tmp_path):
    net = network()
    split = samples(net)
    found = profile(net, Split((split.x > 2).float(), split.y))
    older = tmp_path / "profile.json"
    older.write_text(json.dumps(of_a_step(found, net, static=True)))
    with pytest.raises(InvalidInputError, match=r"format 2 does not say how often frames of zeros and ones"):
        Profile.load(older)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"format": 1}', '{"format": 2}', '{"format": 4}', '{"format": 3, "layers": [1]}']
)
def test_files_that_are_no_profile_are_refused(content, tmp_path):
    (tmp_path / "profile.json").write_text(content)
    with pytest.raises(InvalidInputError, match=r"profile.json: expected a profile"):
        Profile.load(tmp_path / "profile.json")
    with pytest.raises(InvalidInputError, match="expected a profile that can be read"):
        Profile.load(tmp_path / "none.json")
