"""Exported programs: read back, they vote and spike as the network does, for any batch, without this toolkit."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

import search_spaces
from autosnn_ray.data.dataset import Split
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.export import compare_program, to_program, write_program
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking import NeuronSettings, SpikingNetwork

BASE = {
    "name": "one", "stem": "static", "channels": 4, "in_channels": 2, "input_size": [8, 8], "head": "flatten",
    "voters": 3, "layers": [{"kind": "srb_k3", "channels": 6, "stride": 2}],
}  # fmt: skip


def network(entries, neuron=None):
    torch.manual_seed(0)
    net = SpikingNetwork(
        SearchSpace.from_dict({**BASE, **entries}),
        classes=3,
        timesteps=3,
        neuron=neuron or NeuronSettings(decay_input=False, threshold=0.5),
    ).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.bias, 0, 0.6)
    return net.requires_grad_(False)


def samples(net, count=7):
    events = (net.timesteps,) if net.space.stem == "event" else ()
    x = torch.rand(count, *events, net.in_channels, *net.input_size, generator=torch.Generator().manual_seed(1)) * 2
    return Split(x, torch.arange(count) % net.classes)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program of ``network({})``: writing one takes seconds."""
    return write_program(network({}), tmp_path_factory.mktemp("program") / "net.pt2")


def test_a_program_votes_and_spikes_as_its_network(program):
    check(network({}), program)


@pytest.mark.slow
@pytest.mark.parametrize(
    "entries",
    [
        {"stem": "event", "input_size": [32, 32], "head": "global_average"},
        {"layers": [{"kind": "sib_k3_e1", "channels": 6}, {"kind": "max_pool"}, {"kind": "avg_pool"}], "hidden": [5]},
    ],
)
def test_programs_of_other_networks_do_too(entries, tmp_path):
    net = network(entries)
    check(net, write_program(net, tmp_path / "net.pt2"))


@pytest.mark.parametrize("stem", ["event", "static"])
def test_frames_of_every_step_are_compared_as_they_are_kept(stem, tmp_path):
    """Counts of events are bytes; a static stem takes frames over time, too."""
    net = network({"stem": stem, "input_size": [32, 32], "head": "global_average"})
    x = torch.randint(0, 3, (5, net.timesteps, 2, 32, 32), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    split = Split(x, torch.arange(5) % net.classes)
    found = compare_program(net, write_program(net, tmp_path / "net.pt2", over_time=True), split)
    assert (found.predictions, found.votes, found.spikes) == (5, 0.0, 0.0)
    assert net(x).spikes.sum() > 50, "a silent network would show nothing"


def check(net, path):
    split = samples(net)
    for batch_size in (1, 4, 7):
        found = compare_program(net, path, split, batch_size=batch_size)
        assert (found.samples, found.predictions, found.votes, found.spikes) == (7, 7, 0.0, 0.0)
    assert net(split.x).spikes.sum() > 50, "a silent network would show nothing"


def test_a_difference_would_be_seen(program):
    net = network({})
    net.stem.conv1.weight.mul_(0.5)
    assert compare_program(net, program, samples(net)).spikes > 0


def test_pytorch_alone_runs_a_program(program, tmp_path):
    net = network({})
    split = samples(net)
    torch.save(split.x, tmp_path / "x.pt")
    code = (
        "import sys, torch; x = torch.load('x.pt'); votes, spikes = torch.export.load(sys.argv[1]).module()(x)\n"
        "assert not {'autosnn_ray', 'norse'} & set(sys.modules)\nprint(votes.tolist(), spikes.tolist())"
    )
    command = [sys.executable, "-c", code, str(program)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    output = net(split.x)
    assert result.stdout.strip() == f"{output.logits.tolist()} {output.spikes.tolist()}"


def test_a_supernet_is_refused():
    with pytest.raises(InvalidInputError, match="expected a network of its own, got a supernet"):
        to_program(SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=2))
