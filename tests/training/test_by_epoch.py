"""A training that is driven an epoch at a time: saved, moved and gone on with, it ends as an undisturbed one."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from autosnn_ray.errors import CheckpointError
from autosnn_ray.training import ScratchTraining, TrainSettings, train_from_scratch

SETTINGS = TrainSettings(epochs=4, batch_size=64, learning_rate=2e-2)
PATH = "scb_k3/srb_k3"


def training(problem, **changes):
    return ScratchTraining(problem, PATH, **{"seed": 3, "settings": SETTINGS, **changes})


def is_equal(left, right):
    right = right.state_dict()
    return all(torch.equal(tensor, right[name]) for name, tensor in left.state_dict().items())


@pytest.mark.parametrize("cut", [0, 1, 3, 4])
def test_saved_and_loaded_elsewhere_it_ends_with_the_weights_of_an_undisturbed_one(tiny_problem, tmp_path, cut):
    whole = train_from_scratch(tiny_problem, PATH, seed=3, settings=SETTINGS, progress=False)
    first = training(tiny_problem)
    for _ in range(cut):
        assert first.step()
        first.measure()
    first.save(tmp_path)
    last = training(tiny_problem)
    last.load(tmp_path)
    shutil.rmtree(tmp_path)
    epochs = 0
    while last.step():
        epochs += 1
        assert last.done == cut + epochs
    assert (epochs, last.done) == (4 - cut, 4)
    assert is_equal(last.network, whole)


def test_a_loaded_training_that_has_not_gone_on_saves_what_it_loaded(tiny_problem, tmp_path):
    first, second, third = (training(tiny_problem) for _ in range(3))
    first.step()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first.save(tmp_path / "a")
    second.load(tmp_path / "a")
    second.save(tmp_path / "b")
    third.load(tmp_path / "b")
    third.step()
    first.step()
    assert third.done == 2
    assert is_equal(third.network, first.network)


def test_it_goes_on_at_another_rate(tiny_problem, tmp_path):
    first = training(tiny_problem)
    first.step()
    first.save(tmp_path)
    rates = []
    settings = TrainSettings(epochs=4, batch_size=128, learning_rate=1e-3, schedule="constant")
    slower = training(tiny_problem, settings=settings, on_step=lambda at: rates.append((at.epoch, at.learning_rate)))
    slower.load(tmp_path)
    slower.step()
    assert set(rates) == {(2, 1e-3)}


def test_the_checkpoint_of_another_architecture_and_none_are_refused(tiny_problem, tmp_path):
    other = ScratchTraining(tiny_problem, "skip/skip", settings=SETTINGS)
    with pytest.raises(CheckpointError, match="no such file"):
        other.load(tmp_path)
    first = training(tiny_problem)
    first.step()
    first.save(tmp_path)
    other.load(tmp_path)
    with pytest.raises(CheckpointError, match=r"architecture: \['scb_k3', 'srb_k3'\] there"):
        other.step()
    (tmp_path / "training.safetensors").write_bytes(json.dumps({"not": "safetensors"}).encode())
    other.load(tmp_path)
    with pytest.raises(CheckpointError, match="not a training state"):
        other.step()
