"""kill -9: of an actor in mid-evaluation, and of the driver again and again, at any instant of its life."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

import autosnn_ray as asr
from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.journal import Resume, read_journal
from tests.cluster.evaluators import Hostage, score
from tests.cluster.runs import rows, undisturbed, with_space

pytestmark = pytest.mark.ray


def test_an_actor_killed_in_mid_evaluation_is_replaced_and_the_retry_counted(tiny_supernet, digits, tmp_path):
    def kill() -> None:
        note = tmp_path / "pid"
        while not (note.exists() and note.read_text()):
            time.sleep(0.01)
        os.kill(int(note.read_text()), signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    with ray_session(num_cpus=2):
        run = asr.search(tiny_supernet, digits, path=tmp_path / "run", candidates=9, evaluator=Hostage(tmp_path))
    frame = run.frame()
    assert not killer.is_alive()
    assert (frame.status == "done").all()
    assert sorted(frame.attempts) == [1] * 8 + [2]
    assert len(list(tmp_path.glob("by-*"))) == 2, "the pool did not grow again"


@pytest.mark.slow
@pytest.mark.timeout(1800)  # two minutes on two idle cores; Ray's start is all of it, and shared cores stretch it
@pytest.mark.parametrize(
    ("algorithm", "by_clock", "by_progress"),
    [("autosnn", 15, 5), ("steady_state", 0, 2)],
)
def test_a_driver_killed_again_and_again_loses_nothing(tiny_supernet, tmp_path, algorithm, by_clock, by_progress):
    """Half-way through an import, before Ray is up, amid a write: the clock does not choose."""
    candidates = 160
    supernet = with_space(tiny_supernet, "digits_16")
    folder = supernet.save(tmp_path / "supernet")
    rng = np.random.default_rng(0)
    lives = [("clock", float(rng.uniform(0, 6))) for _ in range(by_clock)]
    lives += [("progress", float(rng.uniform(0, 6))) for _ in range(by_progress)]
    command = [sys.executable, "-m", "tests.cluster.drive", tmp_path / "run", folder, algorithm]
    command += [candidates, tmp_path, "0.1"]
    for position in rng.permutation(len(lives)):
        _live_and_die([str(part) for part in command], tmp_path / "run" / "journal.jsonl", *lives[position])
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=300)

    run = asr.Run(tmp_path / "run")
    frame = run.frame()
    assert frame["index"].tolist() == list(range(candidates))
    assert frame.architecture.is_unique
    assert (frame.status == "done").all()
    for row in frame.itertuples():
        assert row.accuracy == score(supernet.space.parse(row.architecture)).accuracy
    resumed = sum(isinstance(event, Resume) for event in read_journal(run.path).events)
    assert resumed >= by_progress
    settings = make_algorithm(algorithm, seed=4)
    if not settings.order_matters:
        assert rows(run) == rows(undisturbed(tmp_path / "whole", supernet, settings, candidates))


def _live_and_die(command: list[str], journal: Path, kind: str, amount: float) -> None:
    """Starts the driver and kills it, after some seconds, or when its journal has grown by some lines."""
    before = _lines(journal)
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + (amount if kind == "clock" else 120)
    while time.monotonic() < deadline:
        assert driver.poll() is None, f"it ended by itself, status {driver.returncode}: no instant left to kill it at"
        if kind == "progress" and _lines(journal) > before + 2 + amount:
            time.sleep(amount / 60)
            break
        time.sleep(0.01)
    started = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.wait()
    _end(started)
    if journal.exists():
        read_journal(journal)


def _end(started: list[psutil.Process]) -> None:
    """Gives Ray's processes a moment to notice that their driver is gone, and ends those that have not."""
    _, alive = psutil.wait_procs(started, timeout=2)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=30)


def _lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0
