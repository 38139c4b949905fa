"""What several suites share: quiet threads, a tiny space, a tiny trained supernet."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

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


# More threads than one make tests that run side by side slower, and their floats less repeatable. PyTorch looks here
# when it is imported, which no test has done yet; so do the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
MOST_PROCESSES = 4
"""Each test process takes up to a gigabyte."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite runs in a process for each processor; a part that is asked for by name runs in this one."""
    if "tests" not in config.args:
        return 0
    return min(len(os.sched_getaffinity(0)), MOST_PROCESSES)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests run in one process, and all that start Ray in the same: each Ray takes the whole machine."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return ByFile(config, log)


def group_of(nodeid: str) -> str:
    """Returns what a test shares its process with."""
    file, _, test = nodeid.partition("::")
    name = test.partition("[")[0].rpartition("::")[2]
    return "ray" if name in marked_ray(file) else file


@cache
def marked_ray(file: str) -> frozenset[str]:
    """Reads which tests of a file are marked so, all of them or one by one."""
    if not file.endswith(".py"):
        return frozenset()
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    marked = any(
        isinstance(one, ast.Assign) and "pytestmark" in ast.unparse(one.targets[0]) and _is_of_ray(one.value)
        for one in tree.body
    )
    tests = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    return frozenset(one.name for one in tests if marked or any(map(_is_of_ray, one.decorator_list)))


def _is_of_ray(mark: ast.expr) -> bool:
    return "pytest.mark.ray" in ast.unparse(mark)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """What a test draws from PyTorch's own generator is the same, whichever tests ran before it in its process."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(scope="session")
def _the_process_of_ray(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Fails where another process of these tests starts Ray too."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        (tmp_path_factory.getbasetemp().parent / "starts-ray").touch(exist_ok=False)


@pytest.fixture(autouse=True)
def _ray_starts_in_one_process(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("ray"):
        request.getfixturevalue("_the_process_of_ray")


@pytest.fixture(autouse=True)
def _what_tests_register_is_theirs() -> Iterator[None]:
    """No test finds what another has registered."""
    from tests.registering import registries_put_back

    with registries_put_back():
        yield


@pytest.fixture(scope="session")
def shared_ray(_the_process_of_ray: None) -> Iterator[None]:
    """One Ray of two CPUs for all tests that ask for it; they come last, since others start one of their own."""
    import ray

    from autosnn_ray.cluster.session import ray_session

    with ray_session(num_cpus=2) as cpus:
        assert cpus == 2
        yield
    assert not ray.is_initialized()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts tests that share a Ray behind those that start one of their own.

    Side by side, the group that starts Ray comes first: it is the longest, and the other processes would wait for it.
    """
    items.sort(key=lambda item: "shared_ray" in getattr(item, "fixturenames", ()))
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: group_of(item.nodeid) != "ray")


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
def tiny_problem(tiny_space, digits):
    from autosnn_ray.problem import Problem

    return Problem(tiny_space, digits, timesteps=2)


@pytest.fixture(scope="session")
def tiny_supernet(tiny_problem, tiny_settings):
    """A supernet of nine paths that has learned something, in a few seconds."""
    import torch

    from autosnn_ray.training import train_supernet

    torch.set_num_threads(1)
    return train_supernet(tiny_problem, settings=tiny_settings)


@pytest.fixture(scope="session")
def tiny_supernet_folder(tiny_supernet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_supernet.save(tmp_path_factory.mktemp("supernet"))


@pytest.fixture
def free(tiny_space_file: Path) -> tuple[Any, ...]:
    """Options of a search without a supernet, in this process: a tiny space, few samples."""
    return ("--space", tiny_space_file, "--data", "digits", "--timesteps", 2, "--train-samples", 96,
            "--validation-samples", 60, "--executor", "local")  # fmt: skip
