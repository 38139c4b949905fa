"""Training and evaluating on a CUDA device; needs one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from autosnn_ray.data import Split
from autosnn_ray.evaluators import EvaluationData, make_evaluator

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and PyTorch sees none"),
]


def on_gpu(split: Split) -> Split:
    return Split(split.x.cuda(), split.y.cuda())


@pytest.mark.parametrize("name", ["alone", "fine_tuned", "path", "recalibrated", "training_free"])
def test_an_evaluator_works_where_network_and_samples_are(name, tiny_supernet, digits, tiny_settings):
    data = replace(digits, train=on_gpu(digits.train), validation=on_gpu(digits.validation))
    network = tiny_supernet.network.cuda()
    try:
        found = make_evaluator(name)(network, EvaluationData.of(data, tiny_settings))(tiny_supernet.space.at(5))
    finally:
        tiny_supernet.network.cpu()
    here = make_evaluator(name)(tiny_supernet.network, EvaluationData.of(digits, tiny_settings))
    assert found.accuracy == pytest.approx(here(tiny_supernet.space.at(5)).accuracy, abs=0.15)
