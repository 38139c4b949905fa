"""Stems and spaces at real sizes, and spaces of a user's own with any mix of slots, strides, pools and choices."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import search_spaces
from autosnn_ray.space import BLOCKS, SearchSpace
from autosnn_ray.spiking import NeuronSettings, SpikingNetwork, count_parameters
from autosnn_ray.spiking.weights import initialise

UNDIVIDED = NeuronSettings(decay_input=False)


@pytest.mark.parametrize("name", search_spaces.names())
@pytest.mark.parametrize(
    ("stem", "channels", "side", "after_stem"), [("event", 2, 128, 32), ("tiny_imagenet", 3, 64, 32)]
)
def test_every_space_spikes_at_real_sizes(name, stem, channels, side, after_stem):
    """Shapes after each layer, binary spikes, and counts that are those of the tensors themselves."""
    space = search_spaces.load(name, stem=stem)
    assert (space.in_channels, space.input_size) == (channels, (side, side))
    path = tuple(slot.choices[position % len(slot.choices)] for position, slot in enumerate(space.slots))
    network = SpikingNetwork(space, classes=11, timesteps=2, neuron=UNDIVIDED, architecture=path)
    initialise(network, torch.Generator().manual_seed(0))
    shapes, counted = [], {}
    network.stem.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape)))
    for blocks in network.layers:
        for block in blocks.values():
            block.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape)))
    for layer, module in network.named_modules():
        if hasattr(module, "layer_name"):
            module.register_forward_hook(lambda _, __, out, layer=layer: counted.update({layer: out}))
    frame = (1, 2, channels, side, side) if stem == "event" else (1, channels, side, side)
    x = (torch.rand(frame, generator=torch.Generator().manual_seed(1)) * 3).round()
    with torch.no_grad():  # in training mode: norms take the batch's own statistics, and spikes reach the end
        output = network(x, path)
    widths = [space.channels, *(layer.channels for layer in space.layers)]
    expected = [(2, 1, width, *size) for width, size in zip(widths, space.sizes, strict=True)]
    assert shapes == expected
    assert shapes[0][-1] == after_stem
    assert set(counted) == set(output.layer_spikes)
    for layer, spikes in counted.items():
        assert set(spikes.unique().tolist()) <= {0.0, 1.0}
        assert torch.equal(output.layer_spikes[layer], spikes.transpose(0, 1).flatten(1).sum(dim=1))
        assert layer == "head.neuron" or float(spikes.sum()) > 0, layer  # an untrained classifier may be silent


@pytest.mark.parametrize(
    ("stem", "more"),
    [
        ("event", 16 * 2 * 9 + 16 * 16 * 9 + 2 * 2 * 16 + 2),
        ("tiny_imagenet", 16 * 3 * 9 + 16 * 16 * 9 + 2 * 2 * 16 + 2),
        ("static", 16 * 3 * 9 + 2 * 16 + 1),
    ],
)
def test_parameters_of_the_stems_are_those_computed_by_hand(stem, more):
    with torch.device("meta"):
        network = SpikingNetwork(search_spaces.load("autosnn_16", stem=stem), classes=10, timesteps=2)
    assert count_parameters(network.stem) == more


KINDS = [*(name for name in BLOCKS if "pool" not in name), "scb_k3_c2", "srb_k5_c7", "sib_k3_e3_c1"]


@st.composite
def layers(draw):
    kind = draw(st.sampled_from(["slot", "slot", "max_pool", "avg_pool", *KINDS]))
    if "pool" in kind:
        return {"kind": kind}
    layer = {"kind": kind, "channels": draw(st.integers(1, 5)), "stride": draw(st.integers(1, 2))}
    if kind == "slot":
        layer["choices"] = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True))
    return layer


@settings(max_examples=60, deadline=None)
@given(
    listed=st.lists(layers(), min_size=1, max_size=4),
    stem=st.sampled_from(["static", "event", "tiny_imagenet"]),
    head=st.sampled_from(["flatten", "global_average"]),
    hidden=st.lists(st.integers(1, 6), max_size=2),
    side=st.tuples(st.integers(64, 70), st.integers(64, 70)),
)
def test_any_mix_of_slots_strides_pools_and_choices_is_a_network(listed, stem, head, hidden, side):
    space = SearchSpace.from_dict(
        {
            "name": "mix", "stem": stem, "channels": 3, "in_channels": 2, "input_size": list(side), "head": head,
            "hidden": hidden, "voters": 3, "layers": listed,
        }
    )  # fmt: skip
    with torch.device("meta"):
        supernet = SpikingNetwork(space, classes=4, timesteps=2, neuron=UNDIVIDED).eval()
        path = space.at(space.size - 1)
        alone = SpikingNetwork(space, classes=4, timesteps=2, neuron=UNDIVIDED, architecture=path)
        x = torch.empty(2, 2, 2, *side)
        output = supernet(x, path)
    assert output.logits.shape == (2, 4)
    assert set(alone.state_dict()) <= set(supernet.state_dict())
    assert len(output.layer_spikes) == sum(hasattr(module, "layer_name") for module in alone.modules())


def test_pools_and_blocks_share_a_slot_where_sizes_are_even():
    entries = search_spaces.load("digits_16").to_dict()
    slot = {"kind": "slot", "stride": 2, "choices": ["max_pool", "avg_pool", "srb_k3", "skip"]}
    network = SpikingNetwork(
        SearchSpace.from_dict({**entries, "layers": [slot]}), classes=4, timesteps=2, neuron=UNDIVIDED
    )
    for path in network.space.enumerate():
        assert network(torch.rand(2, 1, 8, 8), path).logits.shape == (2, 4)
