"""Checkpointing over time: a stem run a few steps at a time gives what all steps at once give."""

from __future__ import annotations

import copy

import pytest
import torch

from autosnn_ray.space import STEMS
from autosnn_ray.spiking import NeuronSettings
from autosnn_ray.spiking.stems import Stem

TIMESTEPS = 7
NEURONS = {
    "plif": NeuronSettings(),
    "undivided": NeuronSettings(decay_input=False),
    "lif, reset in the gradient": NeuronSettings(model="lif", v_reset=-0.2, detach_reset=False),
    "if": NeuronSettings(model="if"),
}


def pair(kind, neuron, steps, training=True):
    torch.manual_seed(0)
    whole = Stem(kind, 2, 4, neuron).double().train(training)
    for module in whole.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 2)
            torch.nn.init.uniform_(module.bias, 0.2, 1.5)
    cut = copy.deepcopy(whole)
    cut.steps = steps
    return whole, cut


def run(stem, x):
    x = x.clone().requires_grad_()
    out = stem(x, TIMESTEPS)
    out.backward(torch.rand(out.shape, dtype=out.dtype, generator=torch.Generator().manual_seed(3)))
    return out.detach(), {"x": x.grad, **{name: parameter.grad for name, parameter in stem.named_parameters()}}


@pytest.mark.parametrize("kind", STEMS)
@pytest.mark.parametrize("neuron", NEURONS)
@pytest.mark.parametrize("steps", [1, 3, 9])
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_spikes_gradients_and_statistics_are_those_of_all_steps_at_once(kind, neuron, steps, training):
    whole, cut = pair(kind, NEURONS[neuron], steps, training)
    x = torch.rand(TIMESTEPS, 3, 2, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 3
    (expected, by_hand), (found, gradients) = run(whole, x), run(cut, x)
    assert torch.equal(found, expected)
    assert found.sum() > 0
    assert by_hand.keys() == gradients.keys()
    for name, gradient in by_hand.items():
        assert torch.allclose(gradients[name], gradient, rtol=1e-9, atol=1e-12), name
    for name, buffer in whole.named_buffers():
        assert torch.allclose(dict(cut.named_buffers())[name].double(), buffer.double(), rtol=1e-12), name


def test_statistics_of_the_segments_alone_would_be_wrong():
    """What makes the second passage needed: norms of segments differ from the norm of all steps."""
    whole, _ = pair("static", NEURONS["plif"], 1)
    x = (
        torch.rand(TIMESTEPS, 3, 2, 12, 12, dtype=torch.float64)
        * torch.arange(1, 1 + TIMESTEPS)[:, None, None, None, None]
    )
    parts = torch.cat([whole(part, 1) for part in x.split(1)])
    assert not torch.equal(parts, whole(x, TIMESTEPS))


def test_statistics_averaged_over_all_batches_are_averaged_alike():
    whole, cut = pair("event", NEURONS["plif"], 2)
    for stem in (whole, cut):
        for module in stem.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None
        for seed in (1, 2):
            run(
                stem,
                torch.rand(TIMESTEPS, 3, 2, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)),
            )
    for name, buffer in whole.named_buffers():
        assert torch.allclose(dict(cut.named_buffers())[name].double(), buffer.double(), rtol=1e-12), name
