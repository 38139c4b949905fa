"""A supernet's files: whole, safe, and refused when they are not what is asked for."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import search_spaces
from autosnn_ray.errors import CheckpointError, InvalidInputError, UntrainedSupernetWarning
from autosnn_ray.evaluation import evaluate
from autosnn_ray.training import Supernet, TrainSettings, train_supernet
from autosnn_ray.training.loop import TrainingDivergedError


@pytest.fixture
def copy(tiny_supernet_folder, tmp_path) -> Path:
    return Path(shutil.copytree(tiny_supernet_folder, tmp_path / "copy"))


def sign(folder: Path) -> None:
    """Writes the weights' present checksum into the description."""
    description = json.loads((folder / "supernet.json").read_text())
    description["weights"]["sha256"] = hashlib.sha256((folder / "supernet.safetensors").read_bytes()).hexdigest()
    (folder / "supernet.json").write_text(json.dumps(description))


def edit(folder: Path, **changes) -> None:
    description = json.loads((folder / "supernet.json").read_text())
    (folder / "supernet.json").write_text(json.dumps({**description, **changes}))


def test_a_loaded_supernet_is_the_saved_one(tiny_supernet, tiny_supernet_folder, digits):
    loaded = Supernet.load(tiny_supernet_folder)
    assert loaded.space == tiny_supernet.space
    assert loaded.paths == tiny_supernet.paths
    assert loaded.neuron == tiny_supernet.neuron
    assert loaded.describe() == tiny_supernet.describe()
    for architecture in tiny_supernet.space.enumerate():
        before = evaluate(tiny_supernet.network, digits.validation, architecture)
        after = evaluate(loaded.network, digits.validation, architecture)
        assert (before.accuracy, before.spikes) == (after.accuracy, after.spikes)


def test_the_description_holds_what_is_needed_to_repeat_the_training(tiny_supernet_folder, digits):
    description = json.loads((tiny_supernet_folder / "supernet.json").read_text())
    assert description["timesteps"] == 2
    assert description["data"]["checksum"] == digits.checksum
    assert description["seed"] == 0
    assert description["sampling"] == "strict"
    assert description["training"]["epochs"] == 6
    assert description["neuron"]["model"] == "plif"
    assert description["versions"]["torch"] == torch.__version__


def test_the_reference_is_the_mean_over_uniformly_drawn_paths(tiny_supernet, digits):
    """Fifty draws out of nine paths estimate the mean over all nine."""
    spikes = [evaluate(tiny_supernet.network, digits.validation, a).spikes for a in tiny_supernet.space.enumerate()]
    assert tiny_supernet.reference_spikes == pytest.approx(sum(spikes) / len(spikes), rel=0.15)


def test_the_tiny_supernet_has_learned(tiny_supernet):
    assert tiny_supernet.paths.better_than_chance
    assert tiny_supernet.paths.accuracy_median > 0.3


def test_a_supernet_that_learned_nothing_is_said_to_be_so(tiny_problem):
    settings = TrainSettings(epochs=1, batch_size=512, learning_rate=1e-9)
    with pytest.warns(UntrainedSupernetWarning, match=r"median validation accuracy is 0\.\d+, guessing reaches 0\.1"):
        train_supernet(tiny_problem, settings=settings)


def test_truncated_weights_are_refused(copy):
    path = copy / "supernet.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CheckpointError, match="truncated or was changed"):
        Supernet.load(copy)


def test_weights_with_nan_are_refused(copy):
    path = copy / "supernet.safetensors"
    tensors = load_file(path)
    tensors["stem.conv1.weight"].view(-1)[0] = float("nan")
    save_file(tensors, path)
    sign(copy)
    with pytest.raises(CheckpointError, match="NaN or infinite"):
        Supernet.load(copy)


def test_a_pickle_is_never_opened(copy, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    (copy / "supernet.safetensors").write_bytes(pickle.dumps(Bomb()))
    sign(copy)
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        Supernet.load(copy)
    (tmp_path / "supernet.pt").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(CheckpointError, match="pickles among them, are not opened"):
        Supernet.load(tmp_path / "supernet.pt")
    assert not (tmp_path / "exploded").exists()


def test_another_space_or_t_than_expected_is_refused(tiny_supernet_folder):
    with pytest.raises(CheckpointError, match=r"of space 'tiny', expected 'digits_16'"):
        Supernet.load(tiny_supernet_folder, space=search_spaces.load("digits_16"))
    with pytest.raises(CheckpointError, match=r"T=2, expected T=4"):
        Supernet.load(tiny_supernet_folder, timesteps=4)


def test_weights_of_another_space_are_refused(copy):
    edit(copy, space=search_spaces.load("digits_16").to_dict())
    with pytest.raises(CheckpointError, match="weights are not of space 'digits_16'"):
        Supernet.load(copy)


@pytest.mark.parametrize("key", ["space", "neuron", "paths", "weights", "timesteps", "data", "training", "seed"])
def test_a_description_without_an_entry_is_refused(copy, key):
    description = json.loads((copy / "supernet.json").read_text())
    del description[key]
    (copy / "supernet.json").write_text(json.dumps(description))
    with pytest.raises(CheckpointError, match=key):
        Supernet.load(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', "null"])
def test_a_description_that_is_none_is_refused(copy, content):
    (copy / "supernet.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"supernet\.json"):
        Supernet.load(copy)


def test_missing_files_are_named(copy, tmp_path):
    with pytest.raises(CheckpointError, match="expected a folder"):
        Supernet.load(tmp_path / "nowhere")
    (copy / "supernet.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"supernet\.safetensors: cannot be read"):
        Supernet.load(copy)


def test_an_unknown_sampling_is_named_with_the_known_ones(tiny_problem):
    with pytest.raises(InvalidInputError, match="unknown sampling 'fair'; expected one of: uniform, strict"):
        train_supernet(tiny_problem, sampling="fair")


def test_weights_that_are_no_numbers_are_never_called_trained(tiny_problem, tmp_path):
    """At this rate every neuron falls silent: the loss stays a number, the weights do not."""
    settings = TrainSettings(epochs=1, learning_rate=1e30, schedule="constant")
    with pytest.raises(TrainingDivergedError, match="lower the learning rate"):
        train_supernet(tiny_problem, settings=settings, folder=tmp_path)
    assert not (tmp_path / "supernet.json").exists()


@pytest.mark.parametrize("classes", [2**53, 1e300])
def test_sizes_that_no_network_has_are_refused(tiny_supernet, tmp_path, classes):
    folder = tiny_supernet.save(tmp_path / "supernet")
    file = folder / "supernet.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"classes": classes}))
    with pytest.raises(CheckpointError, match="expected the description of a"):
        Supernet.load(folder)
