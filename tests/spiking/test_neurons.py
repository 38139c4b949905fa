"""Neurons: equal to Norse's own step, fused equal to the loop, both conventions, no state kept."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from norse.torch.functional.lif_box import LIFBoxFeedForwardState, LIFBoxParameters, lif_box_feed_forward_step
from norse.torch.functional.reset import reset_value

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.spiking import NEURONS, SURROGATES, NeuronSettings, SpikingNeuron

NORSES = [name for name in SURROGATES if name != "atan"]


def draw(shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype) * 1.5


def run(neuron, x, weights):
    """Returns spikes and the gradients of a weighted sum of them."""
    neuron.zero_grad()
    x = x.detach().clone().requires_grad_()
    spikes = neuron(x)
    (spikes * weights).sum().backward()
    return spikes.detach(), x.grad, None if neuron.w is None else neuron.w.grad


def same(first, second, rtol):
    assert torch.equal(first[0], second[0]), "spikes differ"
    for ours, theirs in zip(first[1:], second[1:], strict=True):
        if theirs is None:
            assert ours is None
        else:
            assert torch.allclose(ours, theirs, rtol=rtol, atol=rtol * float(theirs.abs().max() + 1))


@pytest.mark.parametrize("surrogate", NORSES)
@pytest.mark.parametrize("fused", [True, False])
def test_with_norses_surrogates_it_is_norses_step(surrogate, fused):
    """Voltages, spikes and gradients of ``lif_box_feed_forward_step`` with dt / tau = sigmoid(w), step by step."""
    settings = NeuronSettings(surrogate=surrogate, alpha=0.7, detach_reset=fused)
    neuron = SpikingNeuron(settings, fused=fused).double()
    x, weights = draw((6, 3, 5)), draw((6, 3, 5), seed=1)
    w = neuron.w.detach().clone().requires_grad_()
    inputs = x.clone().requires_grad_()

    def reset(z, v, reset_to, threshold):
        return reset_value(z.detach() if fused else z, v, reset_to, threshold)

    parameters = LIFBoxParameters(
        tau_mem_inv=torch.sigmoid(w),
        v_leak=torch.tensor(0.0),
        v_th=torch.tensor(1.0),
        v_reset=torch.tensor(0.0),
        method=surrogate,
        alpha=0.7,
        reset_method=reset,
    )
    state, spikes = LIFBoxFeedForwardState(v=torch.zeros(3, 5, dtype=torch.float64)), []
    for step in inputs:
        z, state = lif_box_feed_forward_step(step, state, parameters, dt=1.0)
        spikes.append(z)
    (torch.stack(spikes) * weights).sum().backward()
    same(run(neuron, x, weights), (torch.stack(spikes).detach(), inputs.grad, w.grad), rtol=1e-10)


def test_voltages_by_hand():
    """tau 2: v goes half of the way to the input; at 1 it fires and starts anew."""
    x = torch.tensor([1.0, 1.5, 2.0, 0.0, 2.5])[:, None, None]
    # v: 0.5, 1.0 (fires), 1.0 (fires), 0.0, 1.25 (fires)
    assert SpikingNeuron(NeuronSettings())(x).flatten().tolist() == [0, 1, 1, 0, 1]
    # undivided: 1.0 (fires), 1.5 (fires), 2.0 (fires), 0.0, 2.5 (fires)
    assert SpikingNeuron(NeuronSettings(decay_input=False))(x).flatten().tolist() == [1, 1, 1, 0, 1]
    small = torch.tensor([0.4, 0.4, 0.4, 0.4])[:, None, None]
    # undivided, tau 2: 0.4, 0.6, 0.7, 0.75; without a leak: 0.4, 0.8, 1.2 (fires), 0.4
    assert SpikingNeuron(NeuronSettings(decay_input=False))(small).flatten().tolist() == [0, 0, 0, 0]
    assert SpikingNeuron(NeuronSettings(model="if"))(small).flatten().tolist() == [0, 0, 1, 0]


def test_the_arc_tangent_fires_at_the_threshold_and_norses_above_it():
    x = torch.tensor([2.0])[:, None, None]
    assert SpikingNeuron(NeuronSettings(surrogate="atan"))(x).item() == 1
    for surrogate in NORSES:
        assert SpikingNeuron(NeuronSettings(surrogate=surrogate))(x).item() == 0


@pytest.mark.parametrize("model", NEURONS)
@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("decay_input", [True, False])
@pytest.mark.parametrize("timesteps", [1, 2, 5, 32])
def test_fused_equals_the_norse_loop(model, surrogate, decay_input, timesteps):
    settings = NeuronSettings(model=model, surrogate=surrogate, decay_input=decay_input, tau=1.7, alpha=1.3)
    fused, loop = SpikingNeuron(settings).double(), SpikingNeuron(settings, fused=False).double()
    x, weights = draw((timesteps, 2, 12)), draw((timesteps, 2, 12), seed=2)
    same(run(fused, x, weights), run(loop, x, weights), rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("v_reset", [0.0, -0.5])
def test_fused_equals_the_loop_in_every_precision_and_reset(dtype, v_reset):
    settings = NeuronSettings(v_reset=v_reset, threshold=0.75)
    fused, loop = SpikingNeuron(settings).to(dtype), SpikingNeuron(settings, fused=False).to(dtype)
    x, weights = draw((5, 4, 6), dtype=dtype), draw((5, 4, 6), seed=2, dtype=dtype)
    first, second = run(fused, x, weights), run(loop, x, weights)
    assert first[0].dtype == dtype
    same(first, second, rtol={torch.float32: 1e-5, torch.bfloat16: 0.1, torch.float16: 0.01}[dtype])


@given(
    timesteps=st.integers(1, 8), seed=st.integers(0, 2**31), tau=st.floats(1.05, 20), threshold=st.floats(0.1, 3),
    divided=st.booleans(),
)  # fmt: skip
def test_fused_equals_the_loop_whatever_the_settings(timesteps, seed, tau, threshold, divided):
    settings = NeuronSettings(tau=tau, threshold=threshold, decay_input=divided)
    fused, loop = SpikingNeuron(settings).double(), SpikingNeuron(settings, fused=False).double()
    x, weights = draw((timesteps, 2, 4), seed=seed), draw((timesteps, 2, 4), seed=seed + 1)
    same(run(fused, x, weights), run(loop, x, weights), rtol=1e-10)


def test_strides_do_not_matter():
    neuron = SpikingNeuron(NeuronSettings()).double()
    x = draw((4, 3, 5, 6, 2))
    for view in (x.transpose(1, 3), x[:, ::2], x[:1].expand(4, 3, 5, 6, 2), x.flip(0)):
        weights = torch.ones(view.shape, dtype=torch.float64)
        same(run(neuron, view, weights), run(neuron, view.contiguous(), weights), rtol=0)


def test_without_gradients_the_spikes_are_the_same():
    neuron = SpikingNeuron(NeuronSettings())
    x = draw((6, 4, 8), dtype=torch.float32)
    with torch.inference_mode():
        quick = neuron(x)
    assert torch.equal(quick, neuron(x).detach())


@pytest.mark.parametrize("model", NEURONS)
def test_no_state_is_kept_between_calls(model):
    neuron = SpikingNeuron(NeuronSettings(model=model))
    x = torch.full((3, 2, 1), 0.9)
    assert torch.equal(neuron(x), neuron(x))


@pytest.mark.parametrize("model", NEURONS)
def test_only_plif_learns_its_time_constant(model):
    neuron = SpikingNeuron(NeuronSettings(model=model, tau=4.0))
    assert len(list(neuron.parameters())) == (model == "plif")
    expected = {"plif": 0.25, "lif": 0.25, "if": 0.0}[model]
    assert float(neuron.decay()) == pytest.approx(expected)


def test_a_norse_step_of_ones_own_can_stand_in():
    calls = []

    def step(x, state, p, dt):
        calls.append((float(p.tau_mem_inv), dt))
        return torch.ones_like(x), LIFBoxFeedForwardState(v=state.v + x)

    neuron = SpikingNeuron(NeuronSettings(tau=2.0), step=step)
    assert neuron(torch.zeros(3, 2, 1)).flatten(1).tolist() == [[1, 1]] * 3
    assert calls == [(pytest.approx(0.5), 1.0)] * 3


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_slopes_are_the_derivatives_the_spikes_have(surrogate):
    x = torch.linspace(-2, 2, 41, dtype=torch.float64).requires_grad_()
    found = SURROGATES[surrogate]
    found.spike(x, 1.3).sum().backward()
    assert torch.allclose(found.slope(x.detach(), 1.3), x.grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": "hh"}, "unknown neuron 'hh'; expected one of: plif, lif, if"),
        ({"surrogate": "relu"}, "unknown surrogate 'relu'; expected one of: atan, super"),
        ({"tau": 1.0}, "tau: expected a number above 1"),
        ({"tau": math.nan}, "tau"),
        ({"alpha": 0.0}, "alpha"),
        ({"threshold": 0.0}, "threshold: expected a number above v_reset"),
        ({"v_reset": math.inf}, "threshold"),
    ],
)
def test_bad_settings_are_refused(change, said):
    with pytest.raises(InvalidInputError, match=said):
        NeuronSettings(**change)


def test_settings_survive_a_round_trip():
    settings = NeuronSettings(model="lif", decay_input=False, alpha=3.0)
    assert NeuronSettings.from_dict(settings.to_dict()) == settings
