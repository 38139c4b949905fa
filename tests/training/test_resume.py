"""A training that is killed goes on, and ends with the weights of an undisturbed one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from autosnn_ray.errors import CheckpointError, InvalidInputError
from autosnn_ray.training import Supernet, TrainSettings, train_supernet

SCRIPT = Path(__file__).with_name("train_in_a_process.py")


def start(space: Path, folder: Path, sampling: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(space), str(folder), sampling],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def kill_after(process: subprocess.Popen[str], steps: int) -> bool:
    """Kills the process with SIGKILL after so many steps; False where it ended before."""
    assert process.stdout is not None
    for _ in range(steps):
        if not process.stdout.readline():
            break
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("sampling", ["uniform", "strict"])
def test_killed_again_and_again_it_ends_with_the_same_weights(tiny_space_file, tmp_path, sampling):
    undisturbed = start(tiny_space_file, tmp_path / "whole", sampling)
    undisturbed.communicate()
    assert undisturbed.returncode == 0
    rng = random.Random(0)  # noqa: S311
    kills = 0
    for _ in range(3):
        kills += kill_after(start(tiny_space_file, tmp_path / "killed", sampling), rng.randint(3, 40))
    assert kills == 3
    survivor = start(tiny_space_file, tmp_path / "killed", sampling)
    output, _ = survivor.communicate()
    assert survivor.returncode == 0
    assert not output.startswith("step 1\n"), "it began anew instead of going on"
    whole, killed = Supernet.load(tmp_path / "whole"), Supernet.load(tmp_path / "killed")
    assert whole.weights_checksum == killed.weights_checksum
    assert whole.reference_spikes == killed.reference_spikes
    assert not list((tmp_path / "killed").glob("training*")), "the unfinished state is gone when the supernet is safe"


def test_same_seed_same_weights_and_another_seed_others(tiny_problem):
    settings = TrainSettings(epochs=1, batch_size=256, learning_rate=1e-2)
    torch.manual_seed(1)
    runs = [_quiet(tiny_problem, settings, seed=seed) for seed in (5, 5, 6)]
    assert runs[0].weights_checksum == runs[1].weights_checksum
    assert runs[0].weights_checksum != runs[2].weights_checksum


def test_training_leaves_the_global_generators_alone(tiny_problem):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    _quiet(tiny_problem, TrainSettings(epochs=1, batch_size=512), seed=0)
    assert torch.equal(torch.rand(1), expected)


def test_an_unfinished_training_of_another_kind_is_refused(tiny_problem, tmp_path):
    class StopError(Exception):
        pass

    def stop(progress):
        if progress.epoch == 2:
            raise StopError

    settings = TrainSettings(epochs=2, batch_size=512)
    with pytest.raises(StopError):
        train_supernet(tiny_problem, settings=settings, folder=tmp_path, on_step=stop, save_every_seconds=0)
    with pytest.raises(CheckpointError, match=r"seed: 0 there, 1 now"):
        train_supernet(tiny_problem, seed=1, settings=settings, folder=tmp_path)


def test_a_damaged_training_state_is_refused_not_started_over(tiny_problem, tmp_path):
    (tmp_path / "training.safetensors").write_bytes(b"\x80\x04not a safetensors file")
    with pytest.raises(CheckpointError, match="not a training state"):
        train_supernet(tiny_problem, settings=TrainSettings(epochs=1), folder=tmp_path)


def test_a_folder_with_a_finished_supernet_is_refused(tiny_problem, tiny_supernet_folder):
    before = json.loads((tiny_supernet_folder / "supernet.json").read_text())
    with pytest.raises(InvalidInputError, match="already holds a supernet"):
        train_supernet(tiny_problem, folder=tiny_supernet_folder)
    assert json.loads((tiny_supernet_folder / "supernet.json").read_text()) == before


def _quiet(problem, settings, seed):
    import warnings

    from autosnn_ray.errors import UntrainedSupernetWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UntrainedSupernetWarning)
        return train_supernet(problem, seed=seed, settings=settings)
