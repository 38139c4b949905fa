"""What several suites share: quiet threads, a tiny space, a tiny trained supernet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("shared-cores", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared-cores")

TINY_SPACE = """
name = "tiny"
stem = "static"
channels = 4
in_channels = 1
input_size = [8, 8]
head = "flatten"
voters = 2
choices = ["skip", "scb_k3", "srb_k3"]

[[layers]]
kind = "slot"

[[layers]]
kind = "max_pool"

[[layers]]
kind = "slot"
channels = 8
"""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Two cores are shared: more threads than one make tests slower and their floats less repeatable."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def tiny_space_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("space") / "tiny.toml"
    path.write_text(TINY_SPACE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_space(tiny_space_file):
    import search_spaces

    return search_spaces.load(tiny_space_file)


@pytest.fixture(scope="session")
def shared_frames_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def frames_cache(shared_frames_cache, monkeypatch) -> Path:
    """Frames of event data are kept in a folder of this session's: what one test has cut, another finds."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_frames_cache))
    return shared_frames_cache / "autosnn-ray" / "frames"


@pytest.fixture(scope="session")
def digits():
    from autosnn_ray.data import load_dataset

    return load_dataset("digits")


@pytest.fixture(scope="session")
def tiny_settings():
    from autosnn_ray.training import TrainSettings

    return TrainSettings(epochs=6, batch_size=32, learning_rate=2e-2)


@pytest.fixture(scope="session")
def tiny_supernet(tiny_space, digits, tiny_settings):
    """A supernet of nine paths that has learned something, in a few seconds."""
    import torch

    from autosnn_ray.training import train_supernet

    torch.set_num_threads(1)
    return train_supernet(tiny_space, digits, timesteps=2, settings=tiny_settings)


@pytest.fixture(scope="session")
def tiny_supernet_folder(tiny_supernet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_supernet.save(tmp_path_factory.mktemp("supernet"))
