"""The toolkit's Trainable: steps, checkpoints, reused actors; and its examples, each under a real Tuner."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest
import torch

import autosnn_ray as asr
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.objectives import Goal, SpikeAwareFitness

ROOT = Path(__file__).parents[2]
SETTINGS = asr.TrainSettings(epochs=3, batch_size=64, learning_rate=2e-2, schedule="constant")
PATH = "scb_k3/srb_k3"


def trial(problem, config):
    """A trial in this process."""
    from autosnn_ray.cluster.tuning import TrainArchitecture

    found = TrainArchitecture.__new__(TrainArchitecture)
    given = {"problem": problem.without_test(), "described": problem.data.describe(), "threads": 1, "device": "cpu",
             "defaults": {**SETTINGS.to_dict(), "seed": 0}, "goal": Goal((SpikeAwareFitness(),))}  # fmt: skip
    found.setup(config, given)
    return found


def test_each_step_is_an_epoch_and_the_last_equals_a_training_without_tune(tiny_problem):
    own = trial(tiny_problem, {"slot_0": "scb_k3", "slot_1": "srb_k3", "seed": 4})
    steps = [own.step() for _ in range(3)]
    assert [(step["epoch"], step["done"]) for step in steps] == [(1, False), (2, False), (3, True)]
    network = asr.train_from_scratch(tiny_problem, PATH, seed=4, settings=SETTINGS, progress=False)
    found = asr.evaluate(network, tiny_problem.data.validation)
    expected = {"accuracy": found.accuracy, "spikes": found.spikes, "loss": found.loss,
                "fitness": SpikeAwareFitness()(found), "epoch": 3}  # fmt: skip
    assert {name: steps[-1][name] for name in expected} == expected


def test_a_checkpoint_goes_on_exactly_in_another_process_and_is_a_network(tiny_problem, tmp_path):
    first, second = trial(tiny_problem, {"architecture": PATH}), trial(tiny_problem, {"architecture": "skip/skip"})
    measured = first.step()
    first.save_checkpoint(str(tmp_path))
    kept = asr.TrainedNetwork.load(tmp_path)
    assert kept.validation.accuracy == measured["accuracy"]
    assert asr.evaluate(kept.network, tiny_problem.data.validation).spikes == measured["spikes"]
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors", ".json"}, "nothing is pickled"
    assert second.reset_config({"architecture": ["scb_k3", "srb_k3"]})
    second.load_checkpoint(str(tmp_path))
    shutil.rmtree(tmp_path)
    assert [first.step(), first.step()] == [second.step(), second.step()]
    third, slower = trial(tiny_problem, {"architecture": PATH}), {"architecture": PATH, "learning_rate": 1e-9}
    third.step()
    tmp_path.mkdir()
    third.save_checkpoint(str(tmp_path))
    before = {name: tensor.clone() for name, tensor in third._training.network.named_parameters()}
    second.reset_config(slower)
    second.load_checkpoint(str(tmp_path))
    assert second.step()["epoch"] == 2
    after = dict(second._training.network.named_parameters())
    assert all(torch.allclose(after[name], before[name], atol=1e-6) for name in before), "the new rate is not used"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"architecture": PATH, "learing_rate": 0.1}, "unknown entry of a trial's configuration 'learing_rate'"),
        ({"learning_rate": 0.1}, "expected 'architecture', or slot_0, slot_1"),
        ({"slot_0": "skip"}, "slot_1 is missing"),
        ({"architecture": PATH, "slot_0": "skip", "slot_1": "srb_k3"}, "give one of both"),
        ({"architecture": "scb_k3/nothing"}, "unknown choice for slot 1"),
        ({"architecture": PATH, "learning_rate": -1.0}, "learning_rate: expected a positive number"),
    ],
)
def test_a_configuration_that_is_none_is_refused(tiny_problem, config, said):
    with pytest.raises(InvalidInputError, match=said):
        trial(tiny_problem, config)


def example(name, tmp_path, monkeypatch, tiny_problem, **how):
    """Runs an example's ``main`` on the tiny problem, its results below a folder of the test's."""
    monkeypatch.delenv("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", raising=False)  # which a Ray of the toolkit's own sets
    monkeypatch.setattr(asr, "Problem", lambda *_, **__: tiny_problem, raising=False)
    return runpy.run_path(str(ROOT / "examples" / f"{name}.py"))["main"](storage=str(tmp_path), **how)


@pytest.mark.ray
def test_the_example_of_a_plain_param_space(tmp_path, monkeypatch, tiny_problem, shared_ray):
    results = example("tune_trainable", tmp_path, monkeypatch, tiny_problem, trials=3, epochs=2)
    assert not results.errors
    assert [result.metrics["epoch"] for result in results] == [2, 2, 2]
    assert len({result.config["learning_rate"] for result in results}) == 3
    assert len(results.get_dataframe()) == 3


@pytest.mark.ray
def test_the_example_of_optuna(tmp_path, monkeypatch, tiny_problem, shared_ray):
    results = example("tune_optuna", tmp_path, monkeypatch, tiny_problem, trials=3, epochs=1)
    assert not results.errors
    assert len(results) == 3
    assert {result.config["batch_size"] for result in results} <= {32, 64}


@pytest.mark.ray
@pytest.mark.slow
def test_the_example_of_asha(tmp_path, monkeypatch, tiny_problem, shared_ray):
    results = example("tune_asha", tmp_path, monkeypatch, tiny_problem, trials=8, epochs=3)
    assert not results.errors
    epochs = [result.metrics["epoch"] for result in results]
    assert max(epochs) == 3
    assert epochs.count(3) < 8, "none was stopped early"


@pytest.mark.slow
@pytest.mark.ray
def test_the_example_of_population_based_training(tmp_path, monkeypatch, tiny_problem, shared_ray):
    results = example("tune_pbt", tmp_path, monkeypatch, tiny_problem, trials=2, epochs=24, architecture=PATH)
    assert not results.errors
    assert [result.metrics["epoch"] for result in results] == [24, 24]
    assert list(tmp_path.glob("*/pbt_global.txt")), "no rate was taken over"
    changed = [len(set(result.metrics_dataframe["config/learning_rate"])) > 1 for result in results]
    assert any(changed), "nobody went on at another rate"
