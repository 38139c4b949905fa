"""Evaluation: the same whatever the batch, with statistics of a path's own where asked."""

from __future__ import annotations

import pytest
import torch

import search_spaces
from autosnn_ray.data import Split
from autosnn_ray.evaluation import evaluate
from autosnn_ray.evaluation.batch_norm import recalibrated
from autosnn_ray.evaluation.batches import fitting_batch
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.spiking import SpikingNetwork


@pytest.mark.parametrize("batch_size", [1, 7, 64, 1000])
def test_the_batch_size_does_not_change_the_result(tiny_supernet, digits, batch_size):
    split = digits.validation.head(50)
    architecture = tiny_supernet.space.at(4)
    whole = evaluate(tiny_supernet.network, split, architecture, batch_size=50)
    parts = evaluate(tiny_supernet.network, split, architecture, batch_size=batch_size)
    assert (parts.accuracy, parts.samples) == (whole.accuracy, 50)
    assert parts.spikes == pytest.approx(whole.spikes, rel=1e-3)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-3)


def test_accuracy_spikes_and_layers_are_what_the_network_gives(tiny_supernet, digits):
    architecture = tiny_supernet.space.at(8)
    evaluation = evaluate(tiny_supernet.network, digits.validation, architecture)
    with torch.inference_mode():
        output = tiny_supernet.network(digits.validation.x, architecture)
    right = (output.logits.argmax(dim=1) == digits.validation.y).double().mean()
    assert evaluation.accuracy == pytest.approx(float(right), abs=1e-12)
    assert evaluation.spikes == pytest.approx(float(output.spikes.double().mean()), rel=1e-6)
    assert sum(evaluation.layer_spikes.values()) == pytest.approx(evaluation.spikes, rel=1e-6)
    assert evaluation.seconds > 0


def test_evaluation_leaves_the_network_in_the_mode_it_was_found(tiny_supernet, digits):
    network = tiny_supernet.network
    for mode in (True, False):
        network.train(mode)
        evaluate(network, digits.validation.head(4), tiny_supernet.space.at(0))
        assert network.training is mode


def test_a_path_with_nan_weights_gives_an_evaluation_that_says_so():
    assert not Evaluation.measured(accuracy=float("nan"), spikes=3.0).is_finite
    assert not Evaluation.measured(accuracy=0.5, spikes=float("inf")).is_finite


def test_recalibrated_statistics_are_those_of_the_samples(tiny_supernet, digits):
    """The first batch norm of the stem sees the convolved samples: its mean can be computed by hand."""
    network, x = tiny_supernet.network, digits.train.x[:128]
    norm = next(module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d))
    convolution = next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    before = norm.running_mean
    with recalibrated(network, tiny_supernet.space.at(0), x, batch_size=128):
        expected = convolution(x).mean(dim=(0, 2, 3))
        assert torch.allclose(norm.running_mean, expected, atol=1e-5)
    assert norm.running_mean is before


@pytest.mark.parametrize(
    ("space", "stem", "frame", "timesteps", "samples"),
    [
        ("digits_16", None, (1, 1, 8, 8), 4, 360),
        ("autosnn_16", None, (1, 3, 32, 32), 8, 360),
        ("autosnn_128", None, (1, 3, 32, 32), 8, 64),
        ("autosnn_16", "event", (1, 16, 2, 128, 128), 16, 16),
        ("autosnn_16", "event", (1, 16, 2, 3000, 3000), 16, 1),
    ],
)
def test_large_frames_and_wide_networks_are_evaluated_few_samples_at_a_time(space, stem, frame, timesteps, samples):
    with torch.device("meta"):
        network = SpikingNetwork(search_spaces.load(space, stem=stem), classes=10, timesteps=timesteps)
        split = Split(torch.empty(frame), torch.empty(1, dtype=torch.int64))
    assert fitting_batch(network, split) == samples


def test_what_fits_is_what_goes_through_the_network(tiny_supernet, digits, monkeypatch):
    seen = []
    monkeypatch.setattr("autosnn_ray.evaluation.batches._LARGEST_TENSOR_BYTES", 50_000)
    hook = tiny_supernet.network.stem.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    evaluate(tiny_supernet.network, digits.validation, tiny_supernet.space.at(0))
    hook.remove()
    most = fitting_batch(tiny_supernet.network, digits.validation)
    assert most < len(digits.validation)
    assert seen == [len(part) for part in digits.validation.x.split(most)]
