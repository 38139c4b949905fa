"""A supernet trained by several processes on Ray Train: to the last bit the weights of one, killed or not."""

from __future__ import annotations

from dataclasses import replace

import psutil
import pytest
import torch

import autosnn_ray as asr
from autosnn_ray.errors import CheckpointError, InvalidInputError
from autosnn_ray.spiking.threads import limited_threads
from autosnn_ray.training import TrainSettings
from autosnn_ray.training.memory import plan_memory
from autosnn_ray.training.state import STATE_FILE

pytestmark = [pytest.mark.ray, pytest.mark.slow]

# The last batch of an epoch has one sample; a memory of so little cuts steps in parts.
SETTINGS = TrainSettings(epochs=6, batch_size=64, learning_rate=2e-2, memory=0.0007, distillation=0.3)
ARGUMENTS = {"settings": SETTINGS, "sampling": "strict"}


@pytest.fixture(scope="module")
def odd(tiny_problem):
    data = tiny_problem.data
    return replace(tiny_problem, data=replace(data, train=data.train.head(16 * SETTINGS.batch_size + 1)))


@pytest.fixture(scope="module")
def by_two(odd, tmp_path_factory, shared_ray):
    losses = []
    folder = tmp_path_factory.mktemp("by_two")
    supernet = asr.train_on_ray(
        odd, folder=folder, workers=2, on_step=lambda progress: losses.append(progress.loss), **ARGUMENTS
    )
    return supernet, losses


def test_two_processes_give_the_losses_and_weights_of_one(by_two, odd):
    supernet, losses = by_two
    parts = plan_memory(odd.network(torch.Generator()), odd.data.train.x, SETTINGS.batch_size, SETTINGS.memory)
    assert parts.micro_batch < SETTINGS.batch_size
    expected = []
    with limited_threads(1):
        alone = asr.train_supernet(odd, on_step=lambda progress: expected.append(progress.loss), **ARGUMENTS)
    assert losses == expected
    assert supernet.weights_checksum == alone.weights_checksum
    assert supernet.paths == alone.paths


def test_a_process_killed_in_mid_training_changes_nothing(by_two, odd, tmp_path):
    steps = -(-len(odd.data.train) // SETTINGS.batch_size)
    seen, killed = [], []

    def kill(progress) -> None:
        seen.append(progress.step)
        if progress.step > 2 * steps and not killed:
            workers = [p for p in psutil.Process().children(recursive=True) if "RayTrainWorker" in p.name()]
            killed.append(max(workers, key=lambda process: process.pid))
            killed[0].kill()

    supernet = asr.train_on_ray(odd, folder=tmp_path, workers=2, on_step=kill, save_every_seconds=0.0, **ARGUMENTS)
    assert len(killed) == 1
    assert seen.count(1) == 1, "it began anew instead of going on"
    assert supernet.weights_checksum == by_two[0].weights_checksum
    assert sorted(path.name for path in tmp_path.iterdir()) == ["supernet.json", "supernet.safetensors"]


def test_what_would_come_up_again_is_not_tried_again(odd, tmp_path, shared_ray):
    (tmp_path / STATE_FILE).write_bytes(b"no state")
    with pytest.raises(CheckpointError, match="not a training state of this program"):
        asr.train_on_ray(odd, folder=tmp_path, workers=1, **ARGUMENTS)
    assert [path.name for path in tmp_path.iterdir()] == [STATE_FILE]


@pytest.mark.parametrize("change", [{"workers": 0}, {"workers": True}, {"cpus_per_worker": 0}])
def test_bad_numbers_are_refused(odd, tmp_path, change):
    with pytest.raises(InvalidInputError, match="expected a whole number of at least 1"):
        asr.train_on_ray(odd, folder=tmp_path, **{"workers": 1, **change})
