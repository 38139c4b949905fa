"""ONNX files: run by ONNX Runtime they vote and spike as the network does, for any batch, outputs by their names."""

from __future__ import annotations

import re
from pathlib import Path

import norse.torch
import pytest
import torch

import autosnn_ray as asr
import search_spaces
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.export import compare_onnx, to_onnx, write_onnx
from autosnn_ray.spiking import NeuronSettings, SpikingNetwork
from tests.export.test_program import network, samples

EVENTS = {"stem": "event", "input_size": [32, 32], "head": "global_average"}
BOTTLENECK = {
    "layers": [{"kind": "sib_k3_e1", "channels": 6}, {"kind": "max_pool"}, {"kind": "avg_pool"}],
    "hidden": [5],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entries", "neuron"),
    [
        (EVENTS, None),
        (BOTTLENECK, None),
        (BOTTLENECK, NeuronSettings(model="if", threshold=0.3)),
        ({}, "test:cell"),
    ],
)
def test_a_file_votes_and_spikes_as_its_network(entries, neuron, tmp_path):
    if neuron == "test:cell":  # of one's own, with two states
        cell = norse.torch.LIFCell(norse.torch.LIFParameters(tau_mem_inv=torch.tensor(500.0)))
        asr.register(cell, kind="neuron", name=neuron)
        neuron = NeuronSettings(model=neuron)
    same(network(entries, neuron), tmp_path / "net.onnx")


def same(net, path):
    split = samples(net)
    write_onnx(net, path)
    for batch_size in (1, 4, 7):
        found = compare_onnx(net, path, split, batch_size=batch_size)
        assert (found.samples, found.predictions, found.votes, found.spikes) == (7, 7, 0.0, 0.0)
    assert net(split.x).spikes.sum() > 50, "a silent network would show nothing"


def test_a_file_has_outputs_of_their_names_and_the_pages_snippet_runs_it(tmp_path, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
    net = network({})
    names = {"samples": samples(net).x.numpy()}
    same(net, tmp_path / "network.onnx")
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"## PyTorch and ONNX.*?```python\n(.*?)```", page, flags=re.DOTALL)[1], names)  # noqa: S102
    session, output = names["session"], net(samples(net).x)
    assert [one.name for one in session.get_inputs()] == ["x"]
    assert [one.name for one in session.get_outputs()] == ["votes", "spikes"]
    assert names["votes"].tolist() == output.logits.tolist()
    assert names["spikes"].tolist() == output.spikes.tolist()
    net.stem.conv1.weight.mul_(0.5)
    assert compare_onnx(net, tmp_path / "network.onnx", samples(net)).spikes > 0, "a difference would be seen"


def test_a_supernet_is_refused():
    with pytest.raises(InvalidInputError, match="expected a network of its own, got a supernet"):
        to_onnx(SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=2))
