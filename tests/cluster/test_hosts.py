"""A cluster of three hosts, one of which is cut off from the network while it evaluates."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

import autosnn_ray as asr
from tests.cluster.hosts import can_make_hosts, hosts
from tests.cluster.nodes import cluster
from tests.runs.common import larger_problem, undisturbed
from tests.runs.evaluators import Placed
from tests.runs.kills import drive

pytestmark = [
    pytest.mark.ray,
    pytest.mark.slow,
    pytest.mark.skipif(not can_make_hosts(), reason="network namespaces cannot be made: needs root and iproute2"),
]

SOON_DEAD = {  # how long Ray listens for a silent node before it takes it for dead; by default about half a minute
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "8",
}
CANDIDATES = 400
SECONDS = 1.0  # a candidate, until all has happened: a host whose actor starts late still finds work


def test_a_host_cut_off_in_mid_search_is_done_without_and_comes_back(tmp_path):
    """Nothing tells anyone that it is gone: packets vanish, its processes go on, their results reach nobody."""
    notes = tmp_path / "notes"
    notes.mkdir()
    with hosts("head", "near", "far") as network, cluster(network) as nodes:
        nodes.start_head(environment=SOON_DEAD)
        nodes.start_worker(host="near")
        nodes.start_worker(host="far")
        command = [*network.at("head"), *drive(tmp_path / "run", "autosnn", CANDIDATES, notes, SECONDS, nodes.address)]
        with (tmp_path / "driver.log").open("w") as log:
            environment = {**os.environ, "RAY_AUTH_MODE": "token"}
            driver = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            _wait(lambda: all(_by(notes, network.addresses[name]) >= 3 for name in network.addresses), driver)
            network.cut_off("far")
            before = _by(notes, network.addresses["near"])
            _wait(lambda: _by(notes, network.addresses["near"]) >= before + 10, driver)
            network.connect("far")
            cut = _by(notes, network.addresses["far"])
            nodes.start_worker(host="far")
            _wait(lambda: _by(notes, network.addresses["far"]) >= cut + 3, driver)
            Placed.hurry(notes).touch()
            assert driver.wait(300) == 0, (tmp_path / "driver.log").read_text()
        finally:
            driver.kill()
            driver.wait()
    frame = asr.Run(tmp_path / "run").frame()
    assert (frame.status == "done").all()
    assert frame.attempts.max() == 2, "no candidate was lost with the host, or one was lost again and again"
    beside = ["seconds", "told", "attempts"]
    expected = undisturbed(tmp_path / "whole", larger_problem(), asr.AutoSNN(seed=4), CANDIDATES).frame()
    assert frame.drop(columns=beside).equals(expected.drop(columns=beside))


def _by(notes: Path, address: str) -> int:
    return sum(address in note.name.split("-") for note in notes.iterdir())


def _wait(until, driver: subprocess.Popen) -> None:
    deadline = time.monotonic() + 180
    while not until():
        assert driver.poll() is None, f"the driver ended too early, status {driver.returncode}; see driver.log"
        assert time.monotonic() < deadline, "it does not come to that"
        time.sleep(0.1)
