"""What was trained on samples that were augmented otherwise is another training: never gone on with, nor used again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from safetensors import safe_open

from autosnn_ray.data import load_dataset
from autosnn_ray.errors import CheckpointError
from autosnn_ray.problem import Problem
from autosnn_ray.training import TrainedNetwork, TrainSettings, train_and_keep, train_supernet
from autosnn_ray.training.scratch import ScratchTraining
from autosnn_ray.training.state import TrainingState
from tests.training.test_trained import saving_always

ONE_EPOCH = TrainSettings(epochs=1, batch_size=64)
TWO_EPOCHS = TrainSettings(epochs=2, batch_size=64)
PATH = "skip/skip"

OTHERS = pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"augmentation": "flip"}, "augmentation: 'crop' there, 'flip' now"),
        ({"augmentation": "none"}, "augmentation: 'crop' there, "),
        ({"black": (-1.0,)}, r"black: \[\] there, \[-1.0\] now"),
    ],
    ids=["another", "none", "black"],
)


class StopError(Exception):
    """What cuts a training off."""


def stop(progress):
    if progress.epoch == 2:
        raise StopError


@pytest.fixture(scope="module")
def plain(tiny_space):
    return Problem(tiny_space, load_dataset("digits", train_samples=64, validation_samples=40), timesteps=1)


@pytest.fixture(scope="module")
def cropped(plain):
    return changed(plain, augmentation="crop")


def changed(problem, **change):
    return replace(problem, data=replace(problem.data, **change))


def cut_off(problem, folder, how):
    """Trains for an epoch, and is cut off in the second, with its state saved."""
    with pytest.raises(StopError):
        go_on(problem, folder, how, on_step=stop)


def go_on(problem, folder, how, on_step=None):
    if how == "supernet":
        return train_supernet(problem, settings=TWO_EPOCHS, folder=folder, on_step=on_step, workers=1)
    training = ScratchTraining(problem, PATH, settings=TWO_EPOCHS, folder=folder, on_step=on_step)
    while training.step():
        pass
    return training


@OTHERS
@pytest.mark.parametrize("how", ["supernet", "scratch"])
def test_a_training_does_not_go_on_with_samples_augmented_otherwise(cropped, tmp_path, monkeypatch, how, change, said):
    monkeypatch.setattr(TrainingState, "save", saving_always(TrainingState.save))
    cut_off(cropped, tmp_path, how)
    with pytest.raises(CheckpointError, match=f"unfinished training of another kind .*{said}"):
        go_on(changed(cropped, **change), tmp_path, how)


@OTHERS
def test_a_training_that_was_moved_does_not_either(cropped, tmp_path, change, said):
    training = ScratchTraining(cropped, PATH, settings=TWO_EPOCHS)
    training.step()
    training.save(tmp_path)
    other = ScratchTraining(changed(cropped, **change), PATH, settings=TWO_EPOCHS)
    other.load(tmp_path)
    with pytest.raises(CheckpointError, match=said):
        other.step()


@OTHERS
def test_a_kept_network_is_not_used_for_samples_augmented_otherwise(cropped, tmp_path, change, said):
    kept = train_and_keep(cropped, PATH, folder=tmp_path, seed=0, settings=ONE_EPOCH)
    with pytest.raises(CheckpointError, match=f"already holds another network .*{said}"):
        train_and_keep(changed(cropped, **change), PATH, folder=tmp_path, seed=0, settings=ONE_EPOCH)
    again = train_and_keep(cropped, PATH, folder=tmp_path, seed=0, settings=ONE_EPOCH)
    assert again.validation == kept.validation


def test_a_kept_network_of_earlier_versions_that_do_not_say_black_is_used(cropped, tmp_path):
    train_and_keep(cropped, PATH, folder=tmp_path, seed=0, settings=ONE_EPOCH)
    file = tmp_path / "network.json"
    description = json.loads(file.read_text())
    del description["data"]["black"]
    file.write_text(json.dumps(description))
    train_and_keep(cropped, PATH, folder=tmp_path, seed=0, settings=ONE_EPOCH)
    assert TrainedNetwork.load(tmp_path).data == description["data"]


def test_without_augmentation_all_is_named_as_before(plain, cropped, tmp_path):
    training = ScratchTraining(plain, PATH, settings=TWO_EPOCHS)
    training.step()
    training.save(tmp_path)
    with safe_open(str(tmp_path / "training.safetensors"), framework="pt") as file:
        identity = json.loads(file.metadata()["identity"])
    assert set(identity) == {"space", "architecture", "data", "timesteps", "neuron"}
    assert "black" not in plain.data.describe()
    assert changed(plain, black=(-1.0,)).checksum == plain.checksum, "black comes in with augmentation alone"
    known = "ba9afb5e896934b314a21318602327632c128a4253a55e838a4f50eb4d30d49a"
    assert plain.checksum == known
    others = [cropped, changed(cropped, augmentation="flip"), changed(cropped, black=(-1.0,))]
    assert len({plain.checksum, *(problem.checksum for problem in others)}) == 4
    assert len({problem.data.checksum for problem in (plain, *others)}) == 1, "the samples are the same"
