"""A supernet trained by several processes on Ray Train: the same losses and weights as by one, killed or not."""

from __future__ import annotations

from dataclasses import replace

import psutil
import pytest
import torch

import autosnn_ray as asr
from autosnn_ray.errors import CheckpointError, InvalidInputError
from autosnn_ray.training import TrainSettings
from autosnn_ray.training.memory import plan_memory
from autosnn_ray.training.state import STATE_FILE

pytestmark = [pytest.mark.ray, pytest.mark.slow]

# The last batch of an epoch has one sample, and one of the processes none; a memory of so little cuts steps in parts.
SETTINGS = TrainSettings(epochs=6, batch_size=64, learning_rate=2e-2, memory=0.00035, distillation=0.3)
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
    """Batch norm included: its statistics are of all samples of a step's part, wherever they are."""
    supernet, losses = by_two
    expected = []
    # Two processes have room for twice as many samples a part.
    settings = replace(SETTINGS, memory=2 * SETTINGS.memory)
    network = odd.network(torch.Generator())
    parts = plan_memory(network, odd.data.train.x, settings.batch_size, settings.memory)
    assert parts.recompute
    assert parts.micro_batch < settings.batch_size
    alone = asr.train_supernet(
        odd,
        on_step=lambda progress: expected.append(progress.loss),
        **{**ARGUMENTS, "settings": settings},
    )
    # Statistics of a process's own samples would show in the third decimal from the first step that spikes.
    assert losses[:48] == pytest.approx(expected[:48], rel=1e-6)
    assert expected[48] < 0.95 * expected[0], "it has not learned: nothing is shown"
    # Later a voltage within a float's rounding of the threshold has decided otherwise, and what follows from it.
    assert losses == pytest.approx(expected, rel=0.05)
    assert supernet.reference_spikes == pytest.approx(alone.reference_spikes, rel=0.1)


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
