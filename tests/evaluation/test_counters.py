"""Profiles against counters that know nothing of this toolkit: PyTorch's FLOPs, fvcore's, NeuroBench's operations."""

from __future__ import annotations

import json

import pytest
import torch
from fvcore.nn import FlopCountAnalysis
from neurobench.metrics.static import Footprint, ParameterCount
from neurobench.metrics.workload import ActivationSparsity, SynapticOperations
from neurobench.models import TorchModel
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import autosnn_ray as asr
import search_spaces
from autosnn_ray.cards import ModelCard
from autosnn_ray.cli.main import main
from autosnn_ray.data.dataset import Split
from autosnn_ray.evaluation import profile
from autosnn_ray.problem import Problem
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking import NeuronSettings, SpikingNeuron, count_parameters, new_network
from autosnn_ray.spiking.event_convolution import EventConv2d, _pays
from autosnn_ray.training import TrainSettings, train_and_keep, write_card

COLOUR = {
    "name": "colour", "stem": "static", "channels": 16, "in_channels": 3, "input_size": [8, 8], "head": "flatten",
    "voters": 2, "layers": [{"kind": "slot", "choices": ["srb_k5"]}, {"kind": "max_pool"},
                            {"kind": "slot", "choices": ["scb_k3"], "channels": 24}],
}  # fmt: skip
EVENT = {
    **COLOUR, "name": "event", "stem": "event", "in_channels": 2, "input_size": [32, 32], "hidden": [12],
    "layers": [{"kind": "sib_k3_e3", "channels": 24}, {"kind": "avg_pool"},
               {"kind": "skip", "channels": 32, "stride": 2}],
}  # fmt: skip
GREY = {**COLOUR, "name": "grey", "in_channels": 1}
SPACES = {"colour": COLOUR, "event": EVENT, "grey": GREY, "autosnn_16": search_spaces.load("autosnn_16").to_dict()}
PATHS = {
    "colour": "srb_k5/scb_k3",
    "event": None,
    "grey": "srb_k5/scb_k3",
    "autosnn_16": "srb_k5/scb_k3/skip/srb_k3/scb_k5",
}


class Votes(nn.Module):
    """What such counters expect: one tensor in, one out."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x).logits


class Spikes(Votes):
    def forward(self, x):
        return self.network(x).spikes


def firing(name, timesteps=3):
    net = new_network(
        torch.Generator().manual_seed(0), SearchSpace.from_dict(SPACES[name]), classes=4, timesteps=timesteps,
        architecture=PATHS[name], neuron=NeuronSettings(threshold=0.3),
    ).eval()  # fmt: skip
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.constant_(module.bias, 0.2)
    return net.requires_grad_(False)


def frames(net, count=3):
    steps = (net.timesteps,) if net.space.stem == "event" else ()
    x = torch.rand(count, *steps, net.in_channels, *net.input_size, generator=torch.Generator().manual_seed(1))
    return (x - 0.5).relu() * 3  # half of the pixels are 0


@pytest.mark.parametrize("name", SPACES)
def test_parameters_and_macs_are_those_that_pytorch_counts(name):
    net = firing(name)
    x = frames(net)
    found = profile(net, Split(x, torch.zeros(len(x), dtype=torch.long)))
    assert found.total("parameters") == count_parameters(net)
    macs = len(x) * found.total("macs")
    for evaluates in (True, False):
        with torch.inference_mode(evaluates), FlopCounterMode(display=False) as counter:
            net(x)
        assert counter.get_total_flops() == 2 * macs
    traced = FlopCountAnalysis(Votes(net), x).unsupported_ops_warnings(False).by_operator()
    assert traced["conv"] + traced["linear"] == macs


@pytest.mark.parametrize("name", SPACES)
def test_operations_sparsity_and_footprint_are_those_that_neurobench_counts(name):
    net = firing(name)
    x = frames(net)
    found = profile(net, Split(x, torch.zeros(len(x), dtype=torch.long)))
    model = TorchModel(Votes(net))
    model.add_activation_module(SpikingNeuron)
    model.register_hooks()
    with torch.inference_mode():
        votes = model(x)
        counted = SynapticOperations()(model, votes, (x, None))
        # NeuroBench does not count averages, each spike of which costs an addition here.
        averages = sum(
            layer.operations for layer in found.layers if layer.name.endswith(("avg_pool.neuron", "pool_neuron"))
        )
        assert counted["Effective_ACs"] == pytest.approx(found.synaptic_operations - averages, rel=1e-12)
        assert counted["Effective_MACs"] == pytest.approx(found.total("effective_macs"), rel=1e-12)
        assert ActivationSparsity()(model, votes, (x, None)) == pytest.approx(found.sparsity, rel=1e-12)
    assert 0 < found.total("effective_macs") < sum(layer.operations for layer in found.layers if layer.real_input)
    assert Footprint()(model) == found.footprint
    assert ParameterCount()(model) == found.total("parameters")


def test_these_networks_do_convolve_event_by_event():
    """Where none did, the tests above would show nothing; hooks see such a convolution as any other."""
    seen = []
    for name in ("colour", "event", "autosnn_16"):
        net = firing(name)
        for module in net.modules():
            if isinstance(module, EventConv2d):
                module.register_forward_hook(lambda conv, given, _: seen.append((name, _pays(conv, given[0]))))  # noqa: B023
        with torch.inference_mode():
            net(frames(net))
    assert {name for name, pays in seen if pays} == {"colour", "event", "autosnn_16"}


@pytest.mark.parametrize("evaluates", [True, False])
def test_a_traced_network_holds_operations_and_no_results(evaluates):
    """Compiled loops would be recorded as the numbers that they gave once."""
    net = firing("colour")
    x = frames(net, 6)
    with torch.inference_mode(evaluates):
        traced = torch.jit.trace(Spikes(net), x[:3], check_trace=False)
        assert torch.equal(traced(x[3:]), net(x[3:]).spikes)
        assert not torch.equal(traced(x[3:]), traced(x[:3]))


@pytest.fixture
def outdated(tmp_path, tiny_space, digits):
    """A trained network whose card an older version wrote: its profile misses layers."""
    folder = tmp_path / "net"
    settings = TrainSettings(epochs=1, batch_size=512)
    train_and_keep(
        Problem(tiny_space, digits, timesteps=2), ("scb_k3", "skip"), folder=folder, seed=0, settings=settings,
    )  # fmt: skip
    energy = asr.EnergyModel(accumulate=2e-12)
    right = write_card(folder, digits, energy_model=energy, look_at_test=True)
    values = json.loads((folder / "card.json").read_text())
    values["profile"] = {
        key: value for key, value in values["profile"].items() if key != "footprint"
    } | {"format": 1, "layers": values["profile"]["layers"][:1]}  # fmt: skip
    (folder / "card.json").write_text(json.dumps(values))
    return folder, right


def test_a_card_with_an_older_profile_is_noticed_and_written_anew(outdated, digits, capsys):
    folder, right = outdated
    old = ModelCard.load(folder)
    assert old.profile is None
    assert old.totals == {}, "wrong costs are not passed on"
    assert "## Costs" not in old.to_markdown()
    assert write_card(folder, digits) == right, "energies and the look at the test samples stay"
    assert ModelCard.load(folder) == right


def test_looking_into_a_network_mends_its_card(outdated, capsys):
    folder, right = outdated
    assert main(["inspect", str(folder), "--samples", "20"]) == 0
    said = capsys.readouterr()
    assert "the model card had costs of an older version" in said.err
    assert "effective MACs" in said.out
    assert ModelCard.load(folder) == right
    assert main(["inspect", str(folder), "--samples", "20"]) == 0
    assert "the model card" not in capsys.readouterr().err
