"""Networks: one builder, parameter counts of the paper, counting on the device, errors."""

from __future__ import annotations

import pytest
import torch

import autosnn_ray as asr
import search_spaces
from autosnn_ray.errors import InvalidInputError, SilentNeuronWarning
from autosnn_ray.space import BLOCKS, STEMS, SearchSpace
from autosnn_ray.spiking import FAMILIES, NeuronSettings, SpikingNetwork, count_parameters, silent_layers
from autosnn_ray.testing import BLOCK_LAWS
from autosnn_ray.testing.blocks import places

FOUND = "srb_k5/srb_k5/skip/srb_k3/srb_k5"
UNDIVIDED = NeuronSettings(decay_input=False)


def with_stem(space: SearchSpace, stem: str, side: int = 128) -> SearchSpace:
    return SearchSpace.from_dict({**space.to_dict(), "stem": stem, "input_size": [side, side]})


def parameters(name, architecture=None, classes=10, stem="static", channels=3, size=32):
    space = with_stem(search_spaces.load(name), stem)
    with torch.device("meta"):
        network = SpikingNetwork(
            space, classes=classes, timesteps=8, neuron=UNDIVIDED, architecture=architecture, in_channels=channels,
            input_size=(size, size),
        )  # fmt: skip
    return count_parameters(network)


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ("srb_k5/srb_k5/skip/srb_k3/srb_k5", 417_626),
        ("srb_k5/srb_k5/srb_k5/scb_k5/srb_k5", 565_084),
        ("srb_k5/srb_k5/skip/srb_k5/srb_k5", 515_930),
        ("skip/srb_k5/skip/scb_k5/srb_k5", 500_888),
        ("scb_k5/scb_k5/srb_k5/scb_k5/srb_k5", 564_508),
        ("srb_k5/srb_k5/srb_k3/scb_k3/srb_k5", 434_012),
        ("srb_k5/srb_k3/scb_k3/scb_k5/srb_k5", 507_740),
    ],
)
def test_parameters_of_the_architectures_that_were_found(architecture, expected):
    assert parameters("autosnn_16", architecture) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (417_626, 1_462_954, 5_436_746, 20_916_874)),
        ({"classes": 100}, (1_339_226, 3_306_154, 9_123_146, 28_289_674)),
        ({"classes": 200, "stem": "tiny_imagenet", "size": 64}, (2_365_563, 5_363_435, 13_256_139, 36_629_387)),
        ({"stem": "event", "channels": 2, "size": 128}, (419_819, 1_471_947, 5_473_163, 21_063_435)),
        ({"classes": 11, "stem": "event", "channels": 2, "size": 128}, (430_059, 1_492_427, 5_514_123, 21_145_355)),
    ],
    ids=["CIFAR-10", "CIFAR-100", "Tiny-ImageNet-200", "CIFAR10-DVS", "DVS128-Gesture"],
)
def test_parameters_of_the_found_architecture_on_every_data_set(options, expected):
    found = tuple(parameters(f"autosnn_{width}", FOUND, **options) for width in (16, 32, 64, 128))
    assert found == expected


@pytest.mark.parametrize(("name", "expected"), [("snn_2", 321_627), ("snn_4", 417_629)])
def test_parameters_in_the_other_macro_structures(name, expected):
    assert parameters(name, FOUND) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("autosnn_16", 1_367_868),
        ("autosnn_32", 5_257_804),
        ("autosnn_64", 20_604_012),
        ("autosnn_128", 81_561_772),
        ("snn_2", 1_271_869),
        ("snn_3", 3_866_709),
    ],
)
def test_parameters_of_the_supernets(name, expected):
    assert parameters(name) == expected


def test_every_block_has_a_family_that_builds_it():
    assert {block.family for block in BLOCKS.values()} == set(FAMILIES)


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("law", BLOCK_LAWS)
def test_every_block_keeps_the_law(name, law):
    for case in places(name):
        BLOCK_LAWS[law](case)


@pytest.mark.parametrize("name", search_spaces.names())
@pytest.mark.parametrize("stem", STEMS)
def test_every_space_with_every_stem_gives_logits_and_spikes(name, stem):
    """On the meta device nothing can be read back: a forward pass that ran there moved nothing from a device."""
    space = with_stem(search_spaces.load(name), stem)
    side = 128 if stem == "event" else 64
    with torch.device("meta"):
        network = SpikingNetwork(space, classes=7, timesteps=3, neuron=UNDIVIDED, input_size=(side, side)).eval()
        shape = (2, 3, space.in_channels, side, side) if stem == "event" else (2, space.in_channels, side, side)
        output = network(torch.empty(shape), space.at(space.size // 3))
    assert output.logits.shape == (2, 7)
    assert output.spikes.shape == (2,)
    assert all(count.shape == (2,) for count in output.layer_spikes.values())


def test_static_frames_equal_the_same_frame_at_every_step():
    network = SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=4).double().eval()
    x = torch.rand(3, 1, 8, 8, dtype=torch.float64)
    path = ("srb_k5", "scb_k3", "skip", "srb_k3", "skip")
    once, repeated = network(x, path), network(x[:, None].expand(-1, 4, -1, -1, -1), path)
    assert torch.equal(once.logits, repeated.logits)
    assert torch.equal(once.spikes, repeated.spikes)


def test_spikes_are_counted_where_the_original_counts_them():
    """Stem, both neurons of each block, both kinds of pool, the classifier; a skip that changes nothing adds none."""
    network = SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=4).eval()
    output = network(torch.rand(2, 1, 8, 8), ("skip", "scb_k3", "skip", "skip", "srb_k5"))
    assert list(output.layer_spikes) == [
        "stem.neuron1",
        "layers.1.max_pool",
        "layers.2.scb_k3.neuron1",
        "layers.2.scb_k3.neuron2",
        "layers.4.max_pool",
        "layers.5.skip.neuron",
        "layers.6.srb_k5.neuron1",
        "layers.6.srb_k5.neuron2",
        "layers.7.max_pool",
        "head.neuron",
    ]
    assert torch.equal(sum(output.layer_spikes.values()), output.spikes)


def test_counting_changes_nothing_and_can_be_left_out():
    network = SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=4).eval()
    x, path = torch.rand(2, 1, 8, 8), network.space.at(99)
    counted, uncounted = network(x, path), network(x, path, count_spikes=False)
    assert torch.equal(counted.logits, uncounted.logits)
    assert uncounted.spikes is None
    assert uncounted.layer_spikes == {}


def test_only_the_blocks_on_the_path_run():
    network = SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=2)
    path = ("srb_k3", "scb_k5", "skip", "srb_k5", "skip")
    network(torch.rand(2, 1, 8, 8), path).logits.sum().backward()
    touched = {
        name.split(".")[2] for name, p in network.named_parameters() if p.grad is not None and "layers.0" in name
    }
    assert touched == {"srb_k3"}


def test_weights_can_be_assigned_into_a_network_on_the_meta_device():
    space, path = search_spaces.load("digits_16"), ("srb_k3", "scb_k5", "skip", "srb_k5", "skip")
    first = SpikingNetwork(space, classes=10, timesteps=2).eval()
    with torch.device("meta"):
        second = SpikingNetwork(space, classes=10, timesteps=2).eval()
    second.load_state_dict(first.state_dict(), assign=True)
    x = torch.rand(2, 1, 8, 8)
    assert torch.equal(first(x, path).logits, second(x, path).logits)


def test_initialisation_follows_its_generator_alone():
    from autosnn_ray.spiking import initialise

    networks = [SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=2) for _ in range(3)]
    for network, seed in zip(networks, (1, 1, 2), strict=True):
        initialise(network, torch.Generator().manual_seed(seed))
    weights = [network.stem.conv1.weight for network in networks]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    bound = 1 / (9**0.5)
    assert float(weights[0].detach().abs().max()) <= bound


@pytest.mark.parametrize("name", ["snn_2", "snn_4"])
def test_networks_that_can_never_fire_are_named_with_the_mend(name):
    space = search_spaces.load(name)
    with pytest.warns(SilentNeuronWarning, match="decay_input=False"):
        network = SpikingNetwork(space, classes=10, timesteps=4).eval()
    output = network(torch.rand(2, 3, 32, 32), ("srb_k3",) * 5)
    silent = silent_layers(output.layer_spikes)
    expected = {"snn_2": "head.pool_neuron", "snn_4": "layers.1.avg_pool.neuron"}[name]
    assert expected in silent
    SpikingNetwork(space, classes=10, timesteps=4, neuron=UNDIVIDED)


def test_averages_of_spikes_stay_silent_for_ever():
    """The fact behind the warning: an input of at most 1 never lifts the voltage to 1."""
    from autosnn_ray.spiking import SpikingNeuron

    always = torch.ones(1000, 1, 1)
    assert SpikingNeuron(NeuronSettings())(always[:20]).sum() == 0
    assert SpikingNeuron(UNDIVIDED)(always).sum() > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((torch.rand(2, 1, 8, 8),), "give an architecture"),
        (
            (torch.rand(2, 3, 8, 8), "skip/skip/skip/skip/skip"),
            r"expected shape \(N, 1, 8, 8\) or .*got \(2, 3, 8, 8\)",
        ),
        ((torch.rand(2, 1, 9, 8), "skip/skip/skip/skip/skip"), "expected shape"),
        ((torch.rand(2, 5, 1, 8, 8), "skip/skip/skip/skip/skip"), r"\(N, 2, 1, 8, 8\)"),
        ((torch.rand(2, 1, 8, 8), "skip/skip"), "expected 5 choices"),
        ((torch.rand(2, 1, 8, 8), ("skip", "skip", "skip", "skip", "scb_k7")), "unknown choice for slot 4"),
    ],
)
def test_bad_calls_are_refused(arguments, said):
    network = SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=2)
    with pytest.raises(InvalidInputError, match=said):
        network(*arguments)


def test_a_network_of_its_own_refuses_another_architecture():
    network = SpikingNetwork(
        search_spaces.load("digits_16"), classes=10, timesteps=2, architecture="skip/skip/skip/skip/skip"
    )
    with pytest.raises(InvalidInputError, match="cannot run scb_k3/skip/skip/skip/skip"):
        network(torch.rand(2, 1, 8, 8), "scb_k3/skip/skip/skip/skip")


def test_frames_too_small_for_the_pools_are_refused():
    with pytest.raises(InvalidInputError, match="too small"):
        asr.SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=2, input_size=(4, 4))
