"""Evaluation: the same whatever the batch, with statistics of a path's own where asked."""

from __future__ import annotations

import pytest
import torch

from autosnn_ray.evaluation import evaluate
from autosnn_ray.evaluation.batch_norm import recalibrated
from autosnn_ray.evaluations import Evaluation


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
    assert not Evaluation(accuracy=float("nan"), spikes=3.0).is_finite
    assert not Evaluation(accuracy=0.5, spikes=float("inf")).is_finite


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
