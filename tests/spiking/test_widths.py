"""Channels inside a block as choices: the same network in the supernet and alone, other cost, everything else works."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

import search_spaces
from autosnn_ray.algorithms import ALGORITHMS, make_algorithm, replay
from autosnn_ray.data.dataset import Split
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation import profile
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.export import compare, read_nir, write_nir
from autosnn_ray.journal import Ask, Journal, read_journal
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import SearchSpace, find_block
from autosnn_ray.spiking import NeuronSettings, Prefixes, SpikingNetwork, build_block, count_parameters
from autosnn_ray.spiking.weights import new_network, path_weights
from autosnn_ray.testing.searches import with_parameters
from autosnn_ray.training.paths import sandwich_paths

DOCS = Path(__file__).parents[2] / "docs" / "networks.md"
LIVELY = NeuronSettings(decay_input=False, threshold=0.5)


@pytest.fixture(scope="module")
def space(tmp_path_factory) -> SearchSpace:
    """The example of the documentation, read from a file as a user would."""
    path = tmp_path_factory.mktemp("space") / "mine.toml"
    path.write_text(re.search(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[1])
    return search_spaces.load(path)


@pytest.fixture(scope="module")
def supernet(space) -> SpikingNetwork:
    network = new_network(torch.Generator().manual_seed(0), space, classes=4, timesteps=3, neuron=LIVELY)
    with torch.no_grad():
        for path in space.enumerate():
            network.train()(frames(8, seed=2), path, count_spikes=False)
    return network.eval().requires_grad_(False)


def frames(count: int, seed: int = 1) -> torch.Tensor:
    return torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(seed)) * 2


def alone(supernet: SpikingNetwork, path) -> SpikingNetwork:
    network = SpikingNetwork(supernet.space, classes=4, timesteps=3, neuron=LIVELY, architecture=path).eval()
    network.load_state_dict(path_weights(supernet.state_dict(), network))
    return network.requires_grad_(False)


def test_the_documentations_example_offers_what_it_says(space):
    assert space.slots[0].choices == ("skip", "srb_k3_c4", "srb_k3_c8", "srb_k3_c16")
    assert space.slots[1].choices == ("scb_k5", "scb_k3_c6", "sib_k3_e3")
    assert SearchSpace.from_dict(space.to_dict()) == space
    assert space.parse("srb_k3_c4/scb_k3_c6") == space.at(space.index(("srb_k3_c4", "scb_k3_c6")))


def test_a_path_is_the_network_built_alone(space, supernet):
    x = frames(5)
    for path in space.enumerate():
        network = alone(supernet, path)
        found, expected = supernet(x, path), network(x)
        assert torch.equal(found.logits, expected.logits)
        assert torch.equal(found.spikes, expected.spikes)
        assert found.layer_spikes.keys() == expected.layer_spikes.keys()
        assert expected.spikes.sum() > 0


def test_widths_change_parameters_macs_and_spikes_but_not_what_goes_out(space, supernet):
    split = Split(frames(6), torch.arange(6) % 4)
    found = [profile(alone(supernet, (f"srb_k3_c{width}", "scb_k5")), split) for width in (4, 8, 16)]
    inner = [next(layer for layer in p.layers if layer.name.endswith("neuron1") and "srb" in layer.name) for p in found]
    assert [layer.shape for layer in inner] == [(4, 8, 8), (8, 8, 8), (16, 8, 8)]
    assert [layer.macs for layer in inner] == [3 * 8 * width * 9 * 64 for width in (4, 8, 16)]
    assert [layer.parameters for layer in inner] == [8 * width * 9 + 2 * width + 1 for width in (4, 8, 16)]
    assert len({layer.spikes for layer in inner}) == 3
    outer = [next(layer for layer in p.layers if layer.name.endswith("neuron2") and "srb" in layer.name) for p in found]
    assert {layer.shape for layer in outer} == {(8, 8, 8)}


@pytest.mark.parametrize("name", ["scb_k3_c5", "srb_k5_c1", "sib_k3_e3_c7"])
@pytest.mark.parametrize(("channels", "stride"), [(4, 1), (6, 1), (6, 2)])
def test_every_block_that_takes_a_width_has_it_inside_and_is_exported(name, channels, stride, tmp_path):
    block = build_block(name, 4, channels, stride, LIVELY)
    assert block(torch.ones(2, 1, 4, 8, 8)).shape == (2, 1, channels, 8 // stride, 8 // stride)
    assert block.conv1.out_channels == find_block(name).width
    entries = {
        "name": "one", "stem": "static", "channels": 4, "in_channels": 1, "input_size": [8, 8], "head": "flatten",
        "voters": 3, "layers": [{"kind": name, "channels": channels, "stride": stride}],
    }  # fmt: skip
    network = SpikingNetwork(SearchSpace.from_dict(entries), classes=4, timesteps=3, neuron=LIVELY).double().eval()
    split = Split(frames(6).double(), torch.arange(6) % 4)
    compared = compare(network, read_nir(write_nir(network, tmp_path / "net.nir")), split)
    assert (compared.differing, compared.predictions) == (0, 6)
    assert compared.spikes > 0


def test_its_own_width_is_the_block_without_one():
    plain, named = build_block("srb_k3", 4, 6, 1, LIVELY), build_block("srb_k3_c6", 4, 6, 1, LIVELY)
    named.load_state_dict(plain.state_dict())
    x = torch.rand(3, 2, 4, 5, 5).round()
    assert torch.equal(plain(x), named(x))
    assert count_parameters(plain) == count_parameters(named)


def test_shared_beginnings_and_sandwich_paths_know_widths(space, supernet):
    x, prefixes = frames(3), Prefixes(10**7)
    with torch.inference_mode():
        for path in space.enumerate():
            assert torch.equal(supernet(x, path, prefixes=prefixes).logits, supernet(x, path).logits)
    largest, smallest, _ = sandwich_paths(space, np.random.default_rng(0))
    assert (largest[0], smallest[0]) == ("srb_k3_c16", "skip")


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name != "given"])
def test_every_algorithm_searches_widths_and_is_replayed_from_its_journal(name, space, tmp_path):
    state = make_algorithm(name).start(space, 8, SpikeAwareFitness(100.0))
    with Journal.create(tmp_path / "run") as journal:
        journal.write("start", config={"candidates": 8})
        while not state.done:
            candidate = state.ask()
            journal.write("ask", **asdict(candidate))
            inside = sum(find_block(choice).width for choice in candidate.architecture)
            found = Evaluation.measured(accuracy=0.5, spikes=50.0 + inside, samples=10)
            evaluation = with_parameters(found, 100.0 + inside)
            journal.write("tell", index=candidate.index, evaluation=evaluation.to_dict(), attempts=1)
            state.tell(candidate.index, evaluation)
    events = read_journal(tmp_path / "run").events
    proposed = [event.architecture for event in events if isinstance(event, Ask)]
    assert len(set(proposed)) == 8
    assert any("_c" in choice for path in proposed for choice in path)
    again = make_algorithm(name).start(space, 8, SpikeAwareFitness(100.0))
    replay(again, events)
    assert again.done


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        ({"widths": [4, 4]}, r"layers\[0\].widths': expected different numbers"),
        ({"widths": [0]}, r"layers\[0\].widths': expected a list of whole numbers"),
        ({"widths": 4}, r"layers\[0\].widths': expected a list"),
        ({"widths": [4], "choices": ["skip", "conv_k3"]}, "choices that take them"),
        ({"widths": [4], "choices": ["srb_k3", "srb_k3_c4"]}, "expected different numbers"),
        ({"choices": ["skip_c4"]}, r"choices': expected .*such as srb_k3_c8, got"),
        ({"choices": ["srb_k3_c0"]}, "such as srb_k3_c8"),
        ({"choices": ["srb_k3_c08"]}, "such as srb_k3_c8"),
        ({"choices": ["srb_k3_c9999999"]}, "such as srb_k3_c8"),
        ({"kind": "max_pool", "widths": [4]}, r"layers\[0\].widths': expected no such key"),
        ({"kind": "srb_k3", "widths": [4]}, r"layers\[0\].widths': expected no such key"),
        ({"kind": "skip_c4"}, r"layers\[0\].kind': expected one of"),
    ],
)
def test_widths_that_cannot_be_are_refused(slot, said):
    entries = tomllib.loads(re.search(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[1])
    with pytest.raises(InvalidInputError, match=said):
        SearchSpace.from_dict({**entries, "layers": [{"kind": "slot", **slot}]})


def test_a_block_that_is_none_is_named():
    with pytest.raises(InvalidInputError, match=r"unknown block 'max_pool_c4'; .*scb, srb, sib.*srb_k3_c8"):
        find_block("max_pool_c4")
