"""A supernet trained by several processes of this machine: to the last bit the weights of one; nobody left behind."""

from __future__ import annotations

import errno
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import norse.torch
import numpy as np
import psutil
import pytest
import torch

import autosnn_ray as asr
import search_spaces
from autosnn_ray.errors import AutoSNNError, InvalidInputError
from autosnn_ray.problem import Problem
from autosnn_ray.spiking import NeuronSettings
from autosnn_ray.training import Supernet, TrainSettings, helpers, train_supernet, worth
from autosnn_ray.training.balance import PathCosts, deal_out
from autosnn_ray.training.board import Board
from autosnn_ray.training.group import Group
from autosnn_ray.training.helpers import Share, share_threads
from autosnn_ray.training.memory import plan_memory

SCRIPT = Path(__file__).with_name("train_in_a_process.py")

ODD_SPACE = """
name = "odd"
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
kind = "scb_k3"
channels = 4

[[layers]]
kind = "max_pool"

[[layers]]
kind = "slot"
channels = 8
choices = ["skip", "scb_k3"]
"""
"""A block that every path runs, and a slot of which two paths run the same choice."""

pytestmark = pytest.mark.filterwarnings("ignore:the supernet has not learned")

# The last batch of an epoch has one sample.
SETTINGS = TrainSettings(epochs=2, batch_size=64, learning_rate=2e-2)


@pytest.fixture
def started():
    """Returns a look at the processes that this test has started; earlier ones may have left some behind."""
    others = set(psutil.Process().children())
    return lambda: set(psutil.Process().children()) - others


@pytest.fixture(scope="module")
def odd(tmp_path_factory, digits):
    file = tmp_path_factory.mktemp("odd") / "odd.toml"
    file.write_text(ODD_SPACE)
    return Problem(search_spaces.load(file), replace(digits, train=digits.train.head(3 * 64 + 1)), timesteps=2)


@pytest.fixture(autouse=True)
def two_threads():
    """What a machine of two cores gives; and no process is left when a test ends."""
    before, children = torch.get_num_threads(), set(psutil.Process().children())
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)
    assert set(psutil.Process().children()) <= children


def train(problem, workers=1, settings=SETTINGS, **how):
    # One thread for each: floats are added in another order by two.
    torch.set_num_threads(workers)
    losses = []
    supernet = train_supernet(
        problem, settings=settings, workers=workers, on_step=lambda at: losses.append(at.loss), **how
    )
    return supernet.weights_checksum, losses


@pytest.fixture(scope="module")
def alone(odd):
    return train(odd)


@pytest.fixture
def meeting(tmp_path, monkeypatch):
    """Where helpers meet, and steps that wait until there is one that is ready."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def is_ready(meeting) -> bool:
    return bool(list(meeting.glob("autosnn-ray-*/ready-1")))


def test_two_that_join_in_mid_training_end_with_the_weights_of_one_to_the_last_bit(odd, alone, meeting, monkeypatch):
    monkeypatch.setattr(worth, "_SECONDS", 0.0)
    monkeypatch.setattr(worth, "_WATCHED", 1)
    told, losses, joined_at = [], [], []

    def on_step(at) -> None:
        losses.append(at.loss)
        while at.step == 5 and not is_ready(meeting):
            time.sleep(0.05)
        joined_at.extend([at.step] if is_ready(meeting) and not joined_at else [])

    supernet = train_supernet(odd, settings=SETTINGS, say=told.append, on_step=on_step)
    assert (supernet.weights_checksum, losses) == alone
    assert told == ["training with 2 processes of one thread each: they share out the paths of a step"]
    assert 0 < joined_at[0] < len(losses) - 1, "nobody joined: nothing is shown"
    assert not list(meeting.iterdir())


@pytest.mark.parametrize(
    ("workers", "change", "sampling"),
    [
        (2, {"distillation": 0.3, "memory": 0.001}, "strict"),
        pytest.param(3, {}, "strict", marks=pytest.mark.slow),
        pytest.param(2, {"distillation": 0.3}, "sandwich", marks=pytest.mark.slow),
        pytest.param(3, {"precision": "bfloat16"}, "sandwich", marks=pytest.mark.slow),
    ],
)
def test_any_number_of_processes_gives_the_losses_and_weights_of_one(odd, workers, change, sampling):
    settings = replace(SETTINGS, **change)
    if settings.memory:
        parts = plan_memory(odd.network(torch.Generator()), odd.data.train.x, settings.batch_size, settings.memory)
        assert parts.micro_batch < settings.batch_size
    found = train(odd, workers, settings, sampling=sampling)
    assert found == train(odd, 1, settings, sampling=sampling)


def test_without_room_for_shared_memory_the_weights_are_the_same(odd, alone, meeting, monkeypatch):
    def full(file: Path) -> None:
        file.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Board, "make", full)
    told = []
    assert train(odd, 2, say=told.append) == alone
    assert told[1:] == [
        "they share no memory, which is slower, and gives the same weights ([Errno 28] No space left on device)"
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "sampling"), [(5, "strict"), (2, "uniform")])
def test_more_processes_than_paths_share_out_the_batch(odd, workers, sampling):
    """Batch norm then takes sums over a team's samples, which rounds otherwise than over those of one process."""
    expected, found = (train(odd, count, sampling=sampling)[1] for count in (1, workers))
    assert found[:4] == pytest.approx(expected[:4], rel=1e-5)


def test_a_helper_that_is_killed_ends_the_training_which_goes_on_to_the_same_weights(odd, alone, tmp_path, started):
    def kill(at) -> None:
        if at.step == 6:
            (helper,) = started()
            helper.kill()

    with pytest.raises(
        AutoSNNError, match=r"helped to train has ended \(exit status -9\); the same call goes on"
    ) as got:
        train_supernet(odd, settings=SETTINGS, folder=tmp_path, workers=2, on_step=kill, save_every_seconds=0.0)
    assert "\n" not in str(got.value)
    steps = []
    supernet = train_supernet(odd, settings=SETTINGS, folder=tmp_path, on_step=lambda at: steps.append(at.step))
    assert steps[0] == 5
    assert supernet.weights_checksum == alone[0]
    assert Supernet.load(tmp_path).weights_checksum == alone[0]


def test_a_helper_that_cannot_build_the_network_says_why(odd):
    """A neuron that was registered in this process is not known in another."""
    asr.register(norse.torch.LIFBoxCell, kind="neuron", name="only:here")
    problem = replace(odd, neuron=NeuronSettings(model="only:here"))
    with pytest.raises(AutoSNNError, match=r"ended \(exit status 1, .*only:here.*\); with workers 1"):
        train(problem, 2)


@pytest.mark.slow
def test_a_helper_that_was_not_asked_for_is_done_without(odd, meeting, monkeypatch, started):
    monkeypatch.setattr(worth, "_SECONDS", 0.0)
    monkeypatch.setattr(worth, "_WATCHED", 1)
    asr.register(norse.torch.LIFBoxCell, kind="neuron", name="only:here")
    problem = replace(odd, neuron=NeuronSettings(model="only:here"))

    def on_step(at) -> None:
        while at.step == 5 and any(one.status() != psutil.STATUS_ZOMBIE for one in started()):
            time.sleep(0.05)

    with pytest.warns(RuntimeWarning, match="only:here.*training goes on in this process alone"):
        found = train_supernet(problem, settings=SETTINGS, on_step=on_step)
    assert found.weights_checksum == train(problem)[0]


def test_a_short_training_starts_nobody(odd, alone, meeting, monkeypatch):
    monkeypatch.setattr(worth, "_WATCHED", 1)
    told = []
    supernet = train_supernet(odd, settings=SETTINGS, say=told.append)
    assert supernet.weights_checksum == alone[0]
    (line,) = told
    assert re.fullmatch(
        r"training in this process alone: it takes \d s more, too short for another to be started", line
    )
    assert not list(meeting.iterdir())


def test_a_training_that_leaves_no_memory_starts_nobody(monkeypatch):
    monkeypatch.setattr(worth, "_free_bytes", lambda: 2.0 * worth._peak_bytes())
    watch = worth.Worth()
    assert [watch.of(10**9, 1) for _ in range(worth._WATCHED + worth._FIRST)] == [None] * 8
    assert watch.of(10**9, 1) is True
    assert "of memory" in str(watch.of(10**9, 2))
    assert "too short" in str(watch.of(1, 1))


@pytest.fixture(params=[False, True], ids=["silent", "refused"])
def lost_on_the_way(request, monkeypatch, started):
    """Helpers that are killed when they are ready and nobody has met them yet."""
    is_refused = request.param

    def kill(folder: Path, rank: int, size: int) -> Group:
        for helper in started():
            helper.kill()
            while helper.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)
        if is_refused:  # it had said where it is to be met, before it died
            raise RuntimeError("Gloo connectFullMesh failed: Connection refused")
        threading.Event().wait()  # as a connection does that nobody answers
        raise AssertionError

    monkeypatch.setattr(helpers, "local_group", kill)


def test_a_helper_that_dies_before_it_is_met_is_not_waited_for(odd, lost_on_the_way):
    with pytest.raises(AutoSNNError, match=r"helped to train has ended \(exit status -9\); with workers 1"):
        train(odd, 2)


@pytest.mark.slow
def test_a_helper_not_asked_for_that_dies_before_it_is_met_is_done_without(
    odd, alone, meeting, lost_on_the_way, monkeypatch
):
    monkeypatch.setattr(worth, "_SECONDS", 0.0)
    monkeypatch.setattr(worth, "_WATCHED", 1)
    losses = []

    def on_step(at) -> None:
        losses.append(at.loss)
        while at.step == 5 and not is_ready(meeting):
            time.sleep(0.05)

    with pytest.warns(RuntimeWarning, match="exit status -9.*training goes on in this process alone"):
        supernet = train_supernet(odd, settings=SETTINGS, on_step=on_step)
    assert (supernet.weights_checksum, losses) == alone


def _hears_interrupts() -> None:
    """What a shell starts in the background ignores them, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_helpers_end_with_the_process_that_started_them(tiny_space_file, tmp_path, how):
    long = ("strict", "2", "400")  # it must not have ended by itself, however long the signal is on its way
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(tiny_space_file), str(tmp_path / "supernet"), *long],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        preexec_fn=_hears_interrupts,
    )
    for _ in range(3):
        process.stdout.readline()
    (helper,) = psutil.Process(process.pid).children()
    (folder,) = tmp_path.glob("autosnn-ray-*")
    for number in range(10_000):  # it takes a while to remove: the helper's other thread must not end it before
        (folder / str(number)).touch()
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    psutil.wait_procs([helper], timeout=60)
    assert not helper.is_running()
    assert not folder.exists()
    # By itself, and not by an abort in the end: a second signal would be SIGABRT.
    assert process.returncode == -signal.SIGKILL or (process.returncode in (1, -how) and "KeyboardInterrupt" in errors)


def test_shares_follow_the_threads_and_the_paths():
    torch.set_num_threads(6)
    assert share_threads(None, 5) == Share(5, 1)
    assert share_threads(None, 3) == Share(3, 2)
    assert share_threads(None, 1) == share_threads(1, 5) == share_threads(None, 5, is_free=False) == Share(1, 6)
    assert share_threads(8, 5) == Share(8, 1)


@pytest.mark.parametrize("workers", [0, -1, True, 1.5])
def test_a_number_of_workers_that_is_none_is_refused(odd, workers):
    with pytest.raises(InvalidInputError, match="workers: expected a whole number of at least 1"):
        train_supernet(odd, workers=workers)


def test_paths_are_dealt_out_as_evenly_as_can_be():
    """Held against all ways to deal them out."""
    rng = np.random.default_rng(0)
    worse = []
    for _ in range(200):
        costs, workers = rng.gamma(2.0, size=5), int(rng.integers(2, 5))
        owners = deal_out(list(costs), [1.0] * workers)
        assert set(owners) == set(range(workers)), "somebody has nothing to do"
        ways = itertools.product(range(workers), repeat=5)
        best = min(max(np.bincount(way, costs, workers)) for way in ways)
        worse.append(max(np.bincount(owners, costs, workers)) / best)
    assert np.mean(worse) < 1.01
    assert max(worse) < 1.2


def test_a_larger_team_gets_the_dearer_path():
    assert deal_out([1.0, 2.0, 1.1], [1, 2, 1]) in ([0, 1, 2], [2, 1, 0])
    ranks, team = Group(4, 5, among=lambda _: None).teams(3)
    assert ranks == [[0, 1], [2, 3], [4]]
    assert (team.rank, team.size) == (0, 1)


def test_wide_kernels_cost_more_than_skips(odd):
    costs = PathCosts(odd.network(torch.Generator()), 32)
    assert costs.of(("scb_k3", "scb_k3")) > costs.of(("scb_k3", "skip")) > costs.of(("skip", "skip")) > 0
