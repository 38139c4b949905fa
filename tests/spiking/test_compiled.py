"""Batch norm, shortcut and neurons in one compiled pass: equal to each on its own."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from autosnn_ray.spiking import SURROGATES, NeuronSettings, SpikeMeter, SpikingNeuron
from autosnn_ray.spiking.layer_parts import over_time

CHANNELS, STEPS = 5, 6


def draw(*shape, seed, dtype):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype) * 2


def norm_of(seed, dtype):
    norm = nn.BatchNorm2d(CHANNELS)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            tensor.copy_(torch.rand(CHANNELS, generator=generator) + 0.5)
    return norm.to(dtype)


def case(dtype, last, static, has_shortcut, has_shortcut_norm, training=True, **settings):
    """Runs neuron and norms in one pass and apart; returns spikes, gradients and statistics of both."""
    fused = SpikingNeuron(NeuronSettings(**{"tau": 1.6, **settings})).to(dtype)
    apart = SpikingNeuron(fused.settings, fused=False).to(dtype)
    norm, shortcut_norm = norm_of(1, dtype).train(training), norm_of(2, dtype).train(training)
    x = draw(1 if static else STEPS, 4, CHANNELS, 7, 9, seed=3, dtype=dtype)
    r = draw(STEPS, 4, CHANNELS, 7, 9, seed=4, dtype=dtype) if has_shortcut else None
    weights = draw(STEPS, 4, CHANNELS, 7, 9, seed=5, dtype=dtype)
    if last:
        x = over_time(lambda merged: merged.contiguous(memory_format=torch.channels_last), x)
    found = []
    for neuron in (fused, apart):
        own, own_r = copy.deepcopy(norm), copy.deepcopy(shortcut_norm) if has_shortcut_norm else None
        inputs = [
            one.detach().clone(memory_format=torch.preserve_format).requires_grad_()
            for one in (x, r)
            if one is not None
        ]
        meter = SpikeMeter()
        spikes = neuron(
            inputs[0],
            meter,
            norm=own,
            shortcut=inputs[1] if has_shortcut else None,
            shortcut_norm=own_r,
            timesteps=STEPS,
        )
        (spikes * weights).sum().backward()
        parameters = [p for one in (own, own_r, neuron) if one is not None for p in one.parameters()]
        kept = [*own.buffers(), *(own_r.buffers() if own_r else ())]
        found.append((spikes.detach(), meter.total, [one.grad for one in (*inputs, *parameters)], kept))
    return found


def check(found, rtol):
    (spikes, total, gradients, kept), (apart, apart_total, apart_gradients, apart_kept) = found
    assert torch.equal(spikes, apart)
    assert 0 < spikes.mean() < 1
    assert torch.equal(total, apart_total)
    for ours, theirs in zip([*gradients, *kept], [*apart_gradients, *apart_kept], strict=True):
        torch.testing.assert_close(ours, theirs, rtol=rtol, atol=rtol * float(theirs.abs().max() + 1))


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("last", [True, False], ids=["channels last", "channels first"])
@pytest.mark.parametrize(("static", "has_shortcut", "has_norm"), [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 1, 1)])
@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float64, 1e-10), (torch.float32, 2e-4)])
def test_one_pass_equals_norm_shortcut_and_neuron_apart(training, last, static, has_shortcut, has_norm, dtype, rtol):
    check(case(dtype, last, static, has_shortcut, has_norm, training=training), rtol)


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_every_surrogate_goes_back_through_the_norm(surrogate):
    check(case(torch.float64, True, False, True, True, surrogate=surrogate), 1e-10)


@pytest.mark.parametrize("last", [True, False], ids=["channels last", "channels first"])
@pytest.mark.parametrize("v_reset", [0.0, -0.25])
@pytest.mark.parametrize(("model", "decay_input"), [("plif", False), ("lif", True), ("lif", False), ("if", True)])
def test_every_neuron_goes_through_its_norms(model, decay_input, v_reset, last):
    found = case(torch.float64, last, False, True, True, model=model, decay_input=decay_input, v_reset=v_reset)
    check(found, 1e-10)


def test_a_voltage_at_the_threshold_fires_where_the_surrogate_says_so():
    x = torch.tensor([[[2.0, 1.999999, 2.000001]]])
    for name, found in SURROGATES.items():
        fired = SpikingNeuron(NeuronSettings(surrogate=name))(x).flatten().tolist()
        assert fired == [float(found.at_threshold), 0.0, 1.0]


def test_the_number_of_threads_changes_no_bit():
    before, found = torch.get_num_threads(), []
    neuron, norm = SpikingNeuron(), norm_of(1, torch.float32)
    x = draw(4, 7, CHANNELS, 24, 24, seed=3, dtype=torch.float32)
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            given = x.clone().requires_grad_()
            neuron(given, norm=norm.eval()).square().sum().backward()
            found.append((given.grad, neuron.w.grad.clone()))
            neuron.zero_grad()
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for pair in found[1:] for one, other in zip(found[0], pair, strict=True))


def test_nothing_of_the_neurons_own_is_kept_for_the_backward_pass():
    kept = []
    x = draw(4, 3, CHANNELS, 8, 8, seed=3, dtype=torch.float32).requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(lambda one: kept.append(one) or one, lambda one: one):
        SpikingNeuron()(x, norm=norm_of(1, torch.float32))
    large = {one.untyped_storage().data_ptr() for one in kept if one.numel() >= x.numel()}
    assert large <= {x.untyped_storage().data_ptr()}


def test_gradients_of_several_passes_add_up():
    neuron, norm, shortcut_norm = SpikingNeuron().double(), norm_of(1, torch.float64), norm_of(2, torch.float64)
    x, r = (draw(3, 2, CHANNELS, 4, 4, seed=seed, dtype=torch.float64) for seed in (3, 4))
    found = []
    for _ in range(2):
        neuron(x, norm=norm, shortcut=r, shortcut_norm=shortcut_norm).sum().backward()
        found.append([p.grad.clone() for one in (neuron, norm, shortcut_norm) for p in one.parameters()])
    for once, twice in zip(*found, strict=True):
        assert torch.allclose(2 * once, twice)


def test_a_batch_norm_that_does_something_else_is_asked_and_not_gone_round():
    """As one that shares its statistics with other processes: the compiled pass knows nothing of it."""
    norm, neuron, x = torch.nn.BatchNorm2d(3).eval(), SpikingNeuron(), torch.full((4, 2, 3, 5, 5), 1.0)
    assert neuron(x, norm=norm).sum() == 0
    norm.forward = lambda inputs: 10 * inputs
    assert neuron(x, norm=norm).mean() == 1
