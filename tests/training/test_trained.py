"""Networks of their own in safe files, and paths taken out of a supernet: equal to what they were."""

from __future__ import annotations

import json

import pytest
import torch

from autosnn_ray.data import load_described
from autosnn_ray.errors import CheckpointError, InvalidInputError
from autosnn_ray.training import TrainedNetwork, TrainSettings, open_network, train_from_scratch
from autosnn_ray.training.state import TrainingState


@pytest.fixture(scope="module")
def trained(tiny_problem):
    settings = TrainSettings(epochs=1, batch_size=64)
    path = tiny_problem.space.at(tiny_problem.space.size - 1)
    network = train_from_scratch(tiny_problem, path, settings=settings, seed=5)
    return TrainedNetwork.of(network, tiny_problem.data, settings, seed=5)


@pytest.fixture
def folder(trained, tmp_path):
    return trained.save(tmp_path / "network")


def test_a_loaded_network_is_the_saved_one(trained, folder, digits):
    loaded = TrainedNetwork.load(folder)
    x = digits.validation.x[:20]
    assert torch.equal(loaded.network(x).logits, trained.network(x).logits)
    assert loaded.architecture == trained.architecture
    assert loaded.validation.to_dict() == trained.validation.to_dict()
    assert (loaded.space, loaded.training, loaded.seed) == (trained.space, trained.training, 5)
    assert load_described(loaded.data).checksum == digits.checksum
    opened = open_network(folder)
    assert torch.equal(opened.network(x).logits, trained.network(x).logits)
    assert not opened.shared
    open_network(folder, "/".join(trained.architecture))


def test_another_architecture_than_the_networks_is_refused(trained, folder):
    other = "/".join(trained.space.at(0))
    with pytest.raises(InvalidInputError, match=f"holds the network .*, not {other}"):
        open_network(folder, other)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text, weights: (text, weights[:-1]), "truncated or was changed"),
        (lambda text, weights: (text.replace('"seed"', '"sown"'), weights), "an entry is missing or wrong"),
        (lambda text, weights: (text.replace('"format": 1', '"format": 9'), weights), "description of a network"),
        (lambda text, weights: (text[:-9], weights), "expected JSON"),
        (lambda text, weights: (text.replace('"timesteps": 2', '"timesteps": "x"'), weights), "missing or wrong"),
    ],
)
def test_damaged_files_are_refused(damage, said, folder):
    paths = folder / "network.json", folder / "network.safetensors"
    text, weights = damage(paths[0].read_text(), paths[1].read_bytes())
    paths[0].write_text(text)
    paths[1].write_bytes(weights)
    with pytest.raises(CheckpointError, match=said):
        TrainedNetwork.load(folder)


def test_weights_of_another_architecture_are_refused(trained, folder):
    description = json.loads((folder / "network.json").read_text())
    description["architecture"] = list(trained.space.at(0))
    (folder / "network.json").write_text(json.dumps(description))
    with pytest.raises(CheckpointError, match="the weights are not of space"):
        open_network(folder)


def test_a_path_taken_out_of_a_supernet_runs_as_it_did_inside(tiny_supernet, tiny_supernet_folder, digits):
    x = digits.validation.x[:20]
    for path in tiny_supernet.space.enumerate():
        opened = open_network(tiny_supernet_folder, "/".join(path))
        inside, outside = tiny_supernet.network(x, path), opened.network(x)
        assert torch.equal(inside.logits, outside.logits)
        assert torch.equal(inside.spikes, outside.spikes)
        assert opened.shared
    with pytest.raises(InvalidInputError, match="holds a supernet: give an architecture"):
        open_network(tiny_supernet_folder)
    with pytest.raises(CheckpointError, match="no such file"):
        open_network(tiny_supernet_folder.parent)


def test_a_training_that_was_cut_off_ends_with_the_same_weights(tiny_problem, tmp_path, monkeypatch):
    class Stop(Exception):  # noqa: N818 - what cuts the training off
        pass

    def stop(progress):
        if progress.epoch == 3:
            raise Stop

    monkeypatch.setattr(TrainingState, "save", saving_always(TrainingState.save))
    settings = TrainSettings(epochs=4, batch_size=200)
    path = ("scb_k3", "skip")
    whole = train_from_scratch(tiny_problem, path, settings=settings)
    with pytest.raises(Stop):
        train_from_scratch(tiny_problem, path, settings=settings, folder=tmp_path, on_step=stop)
    steps = []
    again = train_from_scratch(
        tiny_problem, ("scb_k3", "skip"), settings=settings, folder=tmp_path, on_step=steps.append
    )
    assert steps[0].epoch == 3
    assert all(torch.equal(whole.state_dict()[name], tensor) for name, tensor in again.state_dict().items())
    with pytest.raises(CheckpointError, match=r"unfinished training of another kind.*architecture"):
        train_from_scratch(tiny_problem, ("srb_k3", "skip"), settings=settings, folder=tmp_path)


def saving_always(save):
    """Makes ``TrainingState.save`` deaf to how little time has passed."""

    def saving(self, network, optimizer, epoch, *, last):
        save(self, network, optimizer, epoch, last=True)

    return saving
