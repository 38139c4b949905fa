"""Equality with the original implementation: spikes exactly, gradients to 1e-5 relative, in float64."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

import autosnn_ray as asr
from autosnn_ray.space import BLOCKS
from autosnn_ray.spiking import NeuronSettings, SpikeMeter, SpikingNeuron, build_block
from autosnn_ray.spiking.official import _IN_BLOCKS

GOLDEN = Path(__file__).parents[1] / "golden"
BLOCK_CASES = json.loads((GOLDEN / "blocks" / "cases.json").read_text())
OURS = {block.official: name for name, block in BLOCKS.items()}


def doubles(tensors):
    return {name: tensor.double() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


@pytest.fixture(scope="module")
def block_data():
    return load_file(GOLDEN / "blocks" / "blocks.safetensors")


def our_name(name: str) -> str:
    for pattern, replacement in _IN_BLOCKS:
        name = pattern.sub(replacement, name)
    return name


def close(ours, theirs) -> bool:
    """Within 1e-5 of the gradient's size; the golden gradients are rounded to float32."""
    return torch.allclose(ours, theirs.double(), rtol=1e-5, atol=1e-5 * float(theirs.abs().max()) + 1e-12)


def test_the_golden_cases_cover_every_block():
    assert {case["block"] for case in BLOCK_CASES} == {block.official for block in BLOCKS.values() if block.official}


@pytest.mark.parametrize("fused", [True, False], ids=["fused", "norse loop"])
@pytest.mark.parametrize("case", BLOCK_CASES, ids=lambda case: case["key"])
def test_blocks(case, block_data, fused):
    start = case["key"] + "/"
    data = {name.removeprefix(start): tensor for name, tensor in block_data.items() if name.startswith(start)}
    neuron = NeuronSettings(decay_input=case["decay_input"])
    channels = case["in_channels"], case["out_channels"]
    block = build_block(OURS[case["block"]], *channels, case["stride"], neuron).double().eval()
    for module in block.modules():
        if isinstance(module, SpikingNeuron):
            module.fused = fused
    state = {our_name(n.removeprefix("state/")): t for n, t in data.items() if n.startswith("state/")}
    block.load_state_dict({**block.state_dict(), **doubles(state)})
    assert set(state) >= {name for name in block.state_dict() if not name.endswith("num_batches_tracked")}

    x = data["input"].double().requires_grad_()
    meter = SpikeMeter()
    output = block(x, meter)
    assert torch.equal(output, data["output"].double())
    spikes = sum(float(count.detach().sum()) for count in meter.layers.values())
    assert spikes == case["total_spikes"]

    (output * data["coefficients"].double()).sum().backward()
    assert close(x.grad, data["grad_input"])
    gradients = {our_name(n.removeprefix("grad/")): t for n, t in data.items() if n.startswith("grad/")}
    assert set(gradients) == {name for name, _ in block.named_parameters()}
    for name, parameter in block.named_parameters():
        assert close(parameter.grad, gradients[name]), name


def load_case(name: str, **options):
    case = json.loads((GOLDEN / name / "cases.json").read_text())
    state = doubles(load_file(GOLDEN / name / "state.safetensors"))
    network = asr.load_official_state(
        state,
        case["space"].lower(),
        num_classes=case["classes"],
        timesteps=case["T"],
        architecture=case.get("slots"),
        decay_input=case["decay_input"],
        **options,
    )
    return case, network, load_file(GOLDEN / name / "expected.safetensors")


@pytest.mark.parametrize("name", ["supernet_AutoSNN_16", "supernet_SNN_2"])
def test_supernets(name):
    case, network, expected = load_case(name)
    x = expected["input"].double()
    for path, logits, spikes in zip(case["paths"], expected["logits"], case["spikes_per_sample"], strict=True):
        with torch.no_grad():
            output = network(x, tuple(OURS[choice] for choice in path))
        # Votes are tenths added up over T: the same spikes, to the rounding of the original's sums.
        assert torch.allclose(output.logits, logits, rtol=0, atol=1e-12)
        assert float(output.spikes.mean()) == spikes
        assert torch.equal(sum(output.layer_spikes.values()), output.spikes)


@pytest.mark.parametrize("fused", [True, False], ids=["fused", "norse loop"])
@pytest.mark.parametrize("name", ["supernet_AutoSNN_16", "supernet_SNN_2"])
def test_a_supernets_loss_and_gradients(name, fused):
    case, network, expected = load_case(name)
    for module in network.modules():
        if isinstance(module, SpikingNeuron):
            module.fused = fused
    output = network(expected["input"].double(), tuple(OURS[choice] for choice in case["paths"][0]))
    target = F.one_hot(expected["grad_target"], case["classes"]).double()
    loss = F.mse_loss(output.logits / case["T"], target)
    assert float(loss.detach()) == pytest.approx(float(expected["loss"]), rel=1e-12)
    loss.backward()
    gradients = {name.removeprefix("grad."): t for name, t in expected.items() if name.startswith("grad.")}
    from autosnn_ray.spiking.official import _our_name

    parameters = dict(network.named_parameters())
    assert len(gradients) >= 25
    for theirs, gradient in gradients.items():
        assert close(parameters[_our_name(theirs, network)].grad, gradient), theirs


@pytest.mark.parametrize(("name", "stem"), [("child_SNN_3", "static"), ("child_tiny", "tiny_imagenet")])
def test_networks_of_their_own(name, stem):
    case, network, expected = load_case(name, stem=stem)
    with torch.no_grad():
        output = network(expected["input"].double())
    assert output.logits.dtype == torch.float64
    assert torch.allclose(output.logits, expected["logits"], rtol=0, atol=1e-12)
    assert output.spikes.tolist() == [case["spikes_per_sample"]]


def test_a_network_of_its_own_equals_the_supernets_path():
    from autosnn_ray.spiking.weights import path_weights

    case, supernet, expected = load_case("supernet_AutoSNN_16")
    path = tuple(OURS[choice] for choice in case["paths"][0])
    alone = asr.SpikingNetwork(supernet.space, classes=10, timesteps=8, architecture=path).double().eval()
    alone.load_state_dict(path_weights(supernet.state_dict(), alone))
    x = expected["input"].double()
    with torch.no_grad():
        assert torch.equal(alone(x).logits, supernet(x, path).logits)
        assert alone(x).layer_spikes.keys() == supernet(x, path).layer_spikes.keys()
