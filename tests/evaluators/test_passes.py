"""What evaluators say they cost, held against the samples that are run through networks while they work."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from torch.nn.modules.module import register_module_forward_pre_hook

import autosnn_ray as asr
from autosnn_ray.errors import UntrainedSupernetWarning
from autosnn_ray.evaluators import EVALUATORS, EvaluatorContext
from autosnn_ray.passes import Passes
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.passes import passes_of_supernet
from tests.evaluators.test_evaluators import made
from tests.runs.common import LOCAL


@pytest.fixture(scope="module")
def small(tiny_problem):
    """The problem with few samples, in numbers that cannot be taken for one another."""
    data = tiny_problem.data
    return replace(tiny_problem, data=replace(data, train=data.train.head(70), validation=data.validation.head(30)))


def trained(problem, sampling="strict"):
    """Trains a supernet for a moment: it learns nothing, which is of no matter here."""
    settings = asr.TrainSettings(epochs=2, batch_size=32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UntrainedSupernetWarning)
        return asr.train_supernet(problem, settings=settings, sampling=sampling, workers=1)


@pytest.fixture(scope="module")
def supernet(small):
    return trained(small)


@contextmanager
def counted():
    """Counts the samples that are run through networks: those with gradients are trained on."""
    found = {"training": 0, "forward": 0}

    def count(module, inputs):
        if isinstance(module, SpikingNetwork):
            found["training" if torch.is_grad_enabled() else "forward"] += len(inputs[0])

    handle = register_module_forward_pre_hook(count)
    try:
        yield found
    finally:
        handle.remove()


@pytest.mark.parametrize("name", [name for name in EVALUATORS if name != "predictor"])
def test_an_evaluation_costs_what_is_run(name, small, supernet):
    settings = {
        "path": {"shared_bytes": 0},
        "recalibrated": {"samples": 50},
        "fine_tuned": {"steps": 3},
        "scratch": {"epochs": 2},
        "from_path": {"epochs": 2},
        "training_free": {"samples": 20},
    }
    evaluator = made(name, supernet, **settings[name])
    estimate = evaluator.start(EvaluatorContext.of(small))
    with counted() as found:
        estimate(small.space.at(4), 0)
    assert evaluator.passes(small).to_dict() == found
    assert found["forward"] >= 30


def test_more_samples_than_there_are_cost_those_that_there_are(small, supernet):
    assert made("recalibrated", supernet, samples=512).passes(small) == Passes(forward=70 + 30)
    assert made("training_free", supernet, samples=512).passes(small) == Passes(forward=2 * 70 + 30)


@pytest.mark.parametrize(("sampling", "paths"), [("strict", 3), ("uniform", 1), ("sandwich", 3)])
def test_a_supernets_training_costs_every_path_of_a_step(small, sampling, paths):
    with counted() as found:
        supernet = trained(small, sampling)
    assert passes_of_supernet(supernet).to_dict() == found
    assert found["training"] == 2 * 70 * paths
    for name in ("path", "recalibrated", "fine_tuned", "from_path"):
        assert made(name, supernet).passes_before(small).to_dict() == found
    assert passes_of_supernet(replace(supernet, sampling="a way of before")) is None
    assert passes_of_supernet(replace(supernet, data={})) is None


@pytest.mark.parametrize("with_supernet", [False, True])
def test_a_predictor_costs_its_sample_once(small, supernet, tmp_path, with_supernet):
    used = supernet if with_supernet else None
    with counted() as found:
        predictor = asr.fit_predictor(small, used, path=tmp_path / "sample", sample=6, epochs=2, executor=LOCAL)
    before = predictor.passes_before(small)
    assert found["training"] == 6 * 2 * 70
    training = passes_of_supernet(supernet) if with_supernet else Passes()
    beside = 30 if with_supernet else 2 * 64 + 30  # a path; an untrained network, scored and counted
    assert before == Passes(6 * 2 * 70, 6 * (30 + beside)) + training
    assert predictor.passes(small) == Passes(forward=30 * with_supernet)
    run = asr.search(small, predictor, path=tmp_path / "run", candidates=4, executor=LOCAL)
    said = run.config()["passes"]
    assert said == {"candidate": predictor.passes(small).to_dict(), "before": before.to_dict()}

    # One that was fitted before samples said how long they were trained predicts the same, and is the same.
    fitted = {name: entry for name, entry in predictor.fitted.items() if name != "epochs"}
    older = asr.Predictor(fitted, used)
    assert older.passes_before(small) is None
    assert older.digest == predictor.digest
    begun = asr.search(small, older, path=tmp_path / "older", candidates=4, executor=LOCAL)
    assert "before" not in begun.config()["passes"]
    again = asr.search(small, predictor, path=tmp_path / "older", candidates=4, executor=LOCAL, resume=True)
    assert again.frame()["accuracy"].equals(run.frame()["accuracy"])


def test_nobody_knows_what_a_function_of_ones_own_costs(small, tmp_path):
    run = asr.search(small, lambda problem, one: {"accuracy": 0.5, "spikes": 1.0}, path=tmp_path, candidates=2,
                     executor=LOCAL)  # fmt: skip
    assert "passes" not in run.config()
