"""Training and evaluating on a CUDA device; needs one."""

from __future__ import annotations

import pytest
import torch

from autosnn_ray.algorithms import Candidate
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators import make_evaluator
from autosnn_ray.evaluators.task import Task

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and PyTorch sees none"),
]


@pytest.mark.parametrize("name", ["scratch", "fine_tuned", "path", "recalibrated", "training_free"])
def test_an_evaluator_works_where_network_and_samples_are(name, tiny_supernet, tiny_problem):
    evaluator = make_evaluator(name, tiny_supernet)
    task = Task.of(tiny_problem, evaluator)
    candidate = Candidate(0, tiny_problem.space.at(5), "random")
    try:
        reports = [task.start(device)(candidate) for device in ("cpu", "cuda")]
    finally:
        tiny_supernet.network.cpu()
    here, there = (Evaluation.from_dict(report["evaluation"])[evaluator.quality] for report in reports)
    assert there == pytest.approx(here, abs=0.15)
