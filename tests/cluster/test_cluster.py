"""Clusters of several nodes: each node `ray start`ed as it would be on a machine of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
import ray
from ray._raylet import Config

import autosnn_ray as asr
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.cluster.slots import slots
from autosnn_ray.errors import InvalidInputError
from tests.cluster.nodes import cluster
from tests.runs.common import larger_problem, undisturbed
from tests.runs.evaluators import Placed, score

pytestmark = pytest.mark.ray


@pytest.fixture(autouse=True)
def _with_token(monkeypatch):
    """As a user does who sets RAY_AUTH_MODE=token before the start of Python; Ray keeps what it read first."""
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    Config.initialize("")


@pytest.mark.slow
def test_nodes_die_and_join_in_mid_search_and_the_run_is_the_undisturbed_one(tmp_path):
    """A worker's raylet is killed while it evaluates; another node joins; both evaluate, none is lost or doubled."""
    notes = tmp_path / "notes"
    notes.mkdir()
    with cluster() as nodes:
        nodes.start_head()
        worker = nodes.start_worker()
        told = 0

        def on_result(candidate, outcome) -> None:
            nonlocal told
            told += 1
            if told == 20:
                nodes.kill_raylet(worker)
                nodes.start_worker()
            if told == 30:
                _wait_for_nodes(3)  # on a busy machine the search would else be over before the new node is up

        with ray_session(nodes.address):
            _wait_for_cpus(2)
        run = asr.search(
            larger_problem(),
            Placed(str(notes), 0.3),
            path="runs/a",
            storage=tmp_path,
            algorithm=asr.AutoSNN(seed=5),
            candidates=100,
            executor=asr.Ray(address=nodes.address, runtime_env={"env_vars": {"BENCH": "seven"}}),
            on_result=on_result,
        )
    assert run.path == tmp_path / "runs" / "a"
    frame = run.frame()
    lost = frame[frame.status != "done"]
    assert lost.empty, lost[["index", "status", "attempts", "reason"]].to_dict("records")
    expected = undisturbed(tmp_path / "whole", larger_problem(), asr.AutoSNN(seed=5), 100).frame()
    beside = ["seconds", "told", "attempts"]
    assert frame.drop(columns=beside).equals(expected.drop(columns=beside))
    places = [note.name.split("-")[:2] for note in notes.iterdir()]
    assert {environment for _, environment in places} == {"seven"}
    by_node = [sum(node == name for node, _ in places) for name in {node for node, _ in places}]
    assert len(by_node) == 3, f"candidates by node: {by_node}"
    assert min(by_node) >= 3, f"candidates by node: {by_node}"


@pytest.mark.slow
def test_candidates_share_a_gpu_and_say_so_where_torch_sees_none(tiny_problem, tmp_path):
    """Ray's bookkeeping of GPUs needs none; what it schedules is refused by torch with a reason."""
    import torch

    with cluster() as nodes:
        nodes.start_head("--num-gpus=1", "--num-cpus=4")
        with ray_session(nodes.address):
            _wait_for_cpus(4)
            assert slots(cpus=1, gpus=0.5) == 2
            assert slots(cpus=1, gpus=0.1) == 4
            assert slots(cpus=0.25, gpus=0) == 16
            assert slots(cpus=3, gpus=0) == 1
            for asked in ((5, 0), (1, 2)):
                with pytest.raises(InvalidInputError, match="no node has as much: 4 CPUs, 1 GPUs"):
                    slots(*asked)
        assert "the cluster asks for a token" in _join_without_token(nodes.address)
        run = asr.search(
            tiny_problem, score, path=tmp_path, candidates=4, executor=asr.Ray(address=nodes.address, gpus=0.5)
        )  # fmt: skip
    frame = run.frame()
    if torch.cuda.is_available():
        assert (frame.status == "done").all()
    else:
        assert frame.reason.str.contains("0.5 asked for, and torch .* sees no GPU on node").all()
        assert (frame.attempts == 1).all()


def _join_without_token(address: str) -> str:
    code = f"from autosnn_ray.cluster.session import ray_session\nwith ray_session({address!r}): pass"
    environment = {**os.environ, "RAY_AUTH_MODE": "disabled"}
    joined = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert joined.returncode == 1
    return joined.stderr.splitlines()[-1]


def _wait_for_nodes(count: int) -> None:
    """Waits until so many nodes have ever joined; those that died are counted."""
    deadline = time.monotonic() + 90
    while len(ray.nodes()) < count:
        assert time.monotonic() < deadline, ray.nodes()
        time.sleep(0.1)


def _wait_for_cpus(count: int) -> None:
    deadline = time.monotonic() + 60
    while ray.cluster_resources().get("CPU", 0) < count:
        assert time.monotonic() < deadline, ray.nodes()
        time.sleep(0.1)
