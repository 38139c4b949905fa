"""Sharing the beginnings of paths changes nothing but the time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import search_spaces
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.spiking import Prefixes, SpikeMeter
from autosnn_ray.spiking.weights import new_network

SPACES = ("digits_16", "snn_3", "autosnn_16")


def network_of(name):
    space = search_spaces.load(name)
    network = new_network(torch.Generator().manual_seed(0), space, classes=10, timesteps=3)
    # Settled statistics, so that spikes reach the end of the network.
    x = torch.rand(4, space.in_channels, *space.input_size, generator=torch.Generator().manual_seed(1)) * 3
    with torch.no_grad():
        for path in [space.sample(np.random.default_rng(seed)) for seed in range(6)]:
            network.train()(x, path, count_spikes=False)
    return network.eval().requires_grad_(False), x


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("budget", [0, 30_000, 10**9], ids=["none", "tight", "ample"])
def test_shared_beginnings_give_equal_votes_and_spikes(name, budget):
    network, x = network_of(name)
    rng = np.random.default_rng(3)
    space, prefixes = network.space, Prefixes(budget)
    path = space.sample(rng)
    with torch.inference_mode():
        for _ in range(12):
            path = space.mutate(path, rng, 0.4)
            plain, shared = network(x, path), network(x, path, prefixes=prefixes)
            assert torch.equal(plain.logits, shared.logits)
            assert torch.equal(plain.spikes, shared.spikes)
            assert plain.layer_spikes.keys() == shared.layer_spikes.keys()
            for layer, count in plain.layer_spikes.items():
                assert torch.equal(count, shared.layer_spikes[layer]), layer
            assert prefixes.held_bytes <= budget
    assert (len(prefixes) > 0) == (budget > 0)


def test_what_is_shared_is_not_computed_again():
    network, x = network_of("digits_16")
    runs = []
    for name, module in network.named_modules():
        if name.startswith("layers.") and name.count(".") == 2:
            module.register_forward_hook(lambda *_, name=name: runs.append(name))
    prefixes = Prefixes(10**9)
    with torch.inference_mode():
        network(x, ("skip", "scb_k3", "skip", "srb_k5", "skip"), prefixes=prefixes)
        runs.clear()
        network(x, ("skip", "scb_k3", "skip", "srb_k5", "srb_k3"), prefixes=prefixes)
        assert runs == ["layers.6.srb_k3", "layers.7.max_pool"]
        runs.clear()
        network(x, ("skip", "scb_k3", "scb_k5", "skip", "skip"), prefixes=prefixes)
        assert runs[0] == "layers.3.scb_k5"


@given(st.lists(st.integers(1, 60), min_size=1, max_size=30), st.integers(0, 40))
def test_the_budget_is_kept_and_the_least_recently_used_goes_first(sizes, budget):
    prefixes, meter = Prefixes(budget), SpikeMeter()
    for number, size in enumerate(sizes):
        prefixes.keep((str(number),), 1, torch.ones(1, 1, 1, 1, size), meter)
        assert prefixes.held_bytes <= budget
    if -(-sizes[-1] // 8) <= budget:
        newest = prefixes.longest((str(len(sizes) - 1), "next"))
        assert newest is not None
        assert newest[1].shape == (1, 1, 1, 1, sizes[-1])


def test_training_with_prefixes_is_refused():
    network, x = network_of("digits_16")
    with pytest.raises(InvalidInputError, match="expected evaluation mode"):
        network.train()(x, ("skip",) * 5, prefixes=Prefixes(100))
    with pytest.raises(InvalidInputError, match="expected evaluation mode"):
        network.eval()(x, ("skip",) * 5, prefixes=Prefixes(100), count_spikes=False)


@pytest.mark.parametrize("last", [True, False])
def test_spikes_come_back_in_the_order_in_which_they_lay_in_memory(last):
    spikes = torch.randint(0, 2, (2, 3, 5, 4, 6), generator=torch.Generator().manual_seed(0)).float()
    if last:
        merged = spikes.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        spikes = merged.unflatten(0, (2, 3))
    prefixes = Prefixes(1000)
    prefixes.keep(("skip",), 1, spikes, SpikeMeter())
    found = prefixes.longest(("skip", "skip"))
    assert found is not None
    assert torch.equal(found[1], spikes)
    assert found[1].stride() == spikes.stride()
    assert prefixes.longest(("skip", "scb_k3"))[1] is found[1], "neighbours unpack it once"


class Elsewhere:
    """A second level in this process."""

    def __init__(self):
        self.known = {}

    def find(self, batch, paths):
        return next((self.known[batch, path] for path in paths if (batch, path) in self.known), None)

    def offer(self, batch, path, prefix):
        self.known[batch, path] = prefix


def test_what_another_process_has_run_is_not_run_again_and_changes_nothing():
    network, x = network_of("digits_16")
    runs, elsewhere = [], Elsewhere()
    for name, module in network.named_modules():
        if name.startswith("layers.") and name.count(".") == 2:
            module.register_forward_hook(lambda *_, name=name: runs.append(name))
    first, second, other_batch = (Prefixes(10**9, elsewhere, batch) for batch in (0, 0, 1))
    paths = [("scb_k3", "skip", "srb_k3", "scb_k5", last) for last in ("skip", "srb_k3", "scb_k3")]
    with torch.inference_mode():
        plain = [network(x, path) for path in paths]
        network(x, paths[0], prefixes=first)
        assert {len(path) for _, path in elsewhere.known} == {1, 2, 3, 4}, "before the first slot all begin alike"
        runs.clear()
        for path, expected in zip(paths[1:], plain[1:], strict=True):
            found = network(x, path, prefixes=second)
            assert torch.equal(found.logits, expected.logits)
            assert torch.equal(found.spikes, expected.spikes)
        assert runs == ["layers.6.srb_k3", "layers.7.max_pool", "layers.6.scb_k3", "layers.7.max_pool"]
        runs.clear()
        network(x, paths[0], prefixes=other_batch)
        assert runs[0] == "layers.0.scb_k3", "spikes of other samples"
