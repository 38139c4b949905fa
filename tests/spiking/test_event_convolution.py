"""A convolution that only spikes take part in gives what the dense one gives."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import search_spaces
from autosnn_ray.spiking import event_convolution as events
from autosnn_ray.spiking import new_network
from autosnn_ray.spiking.event_convolution import EventConv2d
from autosnn_ray.spiking.layer_parts import over_time as convolve

STEPS, SAMPLES = 3, 5


def spikes(rate, channels=6, size=(7, 9), dtype=torch.float32, seed=0, last=True):
    generator = torch.Generator().manual_seed(seed)
    x = (torch.rand(STEPS * SAMPLES, channels, *size, generator=generator) < rate).to(dtype)
    form = torch.channels_last if last else torch.contiguous_format
    return x.contiguous(memory_format=form).unflatten(0, (STEPS, SAMPLES))


def make(kernel=5, channels=6, out=24, dtype=torch.float32, **options):
    conv = EventConv2d(channels, out, kernel, bias=False, **{"padding": kernel // 2, **options}).to(dtype)
    with torch.no_grad():
        conv.weight.copy_(torch.randn(conv.weight.shape, generator=torch.Generator().manual_seed(1)))
    return conv.to(memory_format=torch.channels_last)


@pytest.fixture
def dense_samples(monkeypatch):
    """How many samples went through a dense convolution each time one was called."""
    seen = []
    conv2d = nn.functional.conv2d

    def counted(x, *rest, **named):
        seen.append(len(x))
        return conv2d(x, *rest, **named)

    monkeypatch.setattr(nn.functional, "conv2d", counted)
    return seen


def over_time(conv, x):
    """The dense convolution, of all steps at once."""
    return nn.Conv2d.forward(conv, x.flatten(0, 1)).unflatten(0, x.shape[:2])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rate", [0.0, 0.02, 0.1, 0.2])
@pytest.mark.parametrize(("kernel", "out"), [(3, 32), (5, 16), (5, 24), (7, 10)])
def test_few_spikes_give_what_a_dense_convolution_gives_without_one(kernel, out, rate, dtype, dense_samples):
    conv, x = make(kernel, out=out, dtype=dtype), spikes(rate, dtype=dtype)
    with torch.inference_mode():
        found = convolve(conv, x)
        assert dense_samples == []
        expected = over_time(conv, x)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-13 if dtype == torch.float64 else 1e-5)
    assert found.stride() == expected.stride()


@torch.no_grad()
def test_each_busy_sample_gets_a_dense_convolution_and_none_of_its_neighbours(dense_samples):
    conv, x = make(), spikes(0.1)
    x[1, 3] = 1.0
    x[2, 0] = 1.0
    found = convolve(conv, x)
    assert dense_samples == [2]
    torch.testing.assert_close(found, over_time(conv, x), rtol=0, atol=1e-4)
    for sample in range(SAMPLES):
        assert torch.equal(convolve(conv, x[:, sample : sample + 1]), found[:, sample : sample + 1])


@torch.no_grad()
def test_numbers_that_are_no_spikes_are_taken_as_they_are():
    conv, x = make(), spikes(0.1) * 2.5
    torch.testing.assert_close(convolve(conv, x), over_time(conv, x), rtol=0, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize(
    ("options", "last"),
    [({"stride": 2}, True), ({"groups": 2}, True), ({"padding": 1}, True), ({"dilation": 2, "padding": 4}, True),
     ({"padding_mode": "circular"}, True), ({"out": 8}, True), ({}, False)],
)  # fmt: skip
def test_what_it_does_not_know_is_left_to_the_dense_one(options, last, dense_samples):
    conv, x = make(**options), spikes(0.1, last=last)
    assert torch.equal(convolve(conv, x), over_time(conv, x))
    assert dense_samples == [STEPS * SAMPLES] * 2


def test_gradients_go_through_a_dense_one(dense_samples):
    conv, x = make(), spikes(0.1)
    convolve(conv, x).sum().backward()
    assert dense_samples == [STEPS * SAMPLES]
    assert conv.weight.grad.abs().sum() > 0


def test_threads_change_no_bit():
    conv, x, before, found = make(channels=16), spikes(0.1, 16, (96, 96)), torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            with torch.inference_mode():
                found.append(convolve(conv, x))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_a_network_evaluates_the_same_either_way(monkeypatch):
    space = search_spaces.load("autosnn_16")
    network = new_network(torch.Generator().manual_seed(0), space, classes=10, timesteps=4)
    x = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2
    path = space.parse("srb_k5/" * 4 + "scb_k3")
    with torch.no_grad():
        for norm in network.modules():
            if isinstance(norm, nn.BatchNorm2d):
                norm.weight.fill_(2)  # untrained neurons hardly fire
        for _ in range(30):
            network.train()(x, path)
        by_events = network.eval()(x, path)
        monkeypatch.setattr(events, "_pays", lambda *_: False)
        dense = network(x, path)
    assert by_events.spikes.min() > 10_000
    assert torch.equal(by_events.logits, dense.logits)
    for name, count in dense.layer_spikes.items():
        torch.testing.assert_close(by_events.layer_spikes[name], count, rtol=1e-3, atol=2)
