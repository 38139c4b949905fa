"""Drivers that are killed, as by kill -9, and what they had started."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import psutil

from autosnn_ray.journal import read_journal


def drive(run: Path, algorithm: str, candidates: int, notes: Path, seconds: float, where: str) -> list[str]:
    """The command of a driver; see ``tests.cluster.drive``."""
    arguments = (run, algorithm, candidates, notes, seconds, where)
    return [sys.executable, "-m", "tests.cluster.drive", *map(str, arguments)]


def live_and_die(command: list[str], journal: Path, kind: str, amount: float) -> None:
    """Starts the driver and kills it, after some seconds, or when its journal has grown by some lines."""
    before = lines(journal)
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + (amount if kind == "clock" else 120)
    while time.monotonic() < deadline:
        assert driver.poll() is None, f"it ended by itself, status {driver.returncode}: no instant left to kill it at"
        if kind == "progress" and lines(journal) > before + 2 + amount:
            time.sleep(amount / 60)
            break
        time.sleep(0.01)
    kill(driver)
    if journal.exists():
        read_journal(journal)


def kill(driver: subprocess.Popen) -> None:
    """Kills a driver, gives what it has started a moment to notice, and ends what has not."""
    started = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.wait()
    _, alive = psutil.wait_procs(started, timeout=2)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=30)


def lines(journal: Path) -> int:
    """How many lines a journal has; 0 where there is none."""
    return journal.read_bytes().count(b"\n") if journal.exists() else 0
