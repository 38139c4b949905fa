"""What touches private attributes of Ray: it works, and what it shadows is left as it was."""

from __future__ import annotations

import contextlib
import time

import psutil
import pytest
import ray
from ray._private import ray_constants, services
from ray._private.node import Node
from ray.tune import registry
from ray.tune.execution import class_cache

import autosnn_ray as asr
from autosnn_ray.cluster.private import (
    TUNES_VARIABLES,
    in_waiting_processes,
    on_loopback,
    remembered,
    while_it_starts,
    without_monitors,
)
from autosnn_ray.cluster.session import ray_session
from tests.runs.evaluators import faulty, score, where_it_runs

pytestmark = pytest.mark.ray


def test_a_search_asks_once_the_next_gets_its_own_evaluator_and_no_actor_is_left(
    tiny_problem, tmp_path, monkeypatch, shared_ray
):
    asked, ask = [], registry._internal_kv_get

    def counted(key):
        asked.append(key)
        return ask(key)

    monkeypatch.setattr(registry, "_internal_kv_get", counted)
    first = asr.search(tiny_problem, score, path=tmp_path / "first", candidates=9)
    once = len(asked)
    second = asr.search(tiny_problem, faulty, path=tmp_path / "second", candidates=9)
    assert 0 < once < 9, "Tune asked for every candidate"
    assert (first.frame().status == "done").all()
    assert (second.frame().status == "failed").sum() == 6
    deadline = time.monotonic() + 30
    while overseers := _processes_named("Overseer"):
        assert time.monotonic() < deadline, overseers
        time.sleep(0.2)


def _processes_named(part: str) -> list[str]:
    names = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended between the two looks
            names.append(process.name())
    return [name for name in names if part in name]


def test_the_registry_and_rays_constants_are_left_as_they_were():
    before = dict(vars(registry._global_registry))
    with remembered():
        assert {"contains", "get"} <= set(vars(registry._global_registry))
    assert vars(registry._global_registry) == before
    constant = ray_constants.ENABLE_RAY_CLUSTER
    with on_loopback():
        assert ray_constants.ENABLE_RAY_CLUSTER is False
    assert constant == ray_constants.ENABLE_RAY_CLUSTER
    methods, variables, look = dict(vars(Node)), dict(vars(class_cache)), services.get_node
    assert class_cache.DEFAULT_ENV_VARS == TUNES_VARIABLES
    with without_monitors(), in_waiting_processes(), while_it_starts(lambda: None):
        assert services.get_node is not look
        assert not class_cache.DEFAULT_ENV_VARS
        assert vars(Node) != methods
    assert dict(vars(Node)) == methods
    assert dict(vars(class_cache)) == variables
    assert services.get_node is look


def test_ray_starts_no_monitor_and_actors_run_in_processes_that_waited(tiny_problem, tmp_path):
    """Each further process takes half a second of a core; Tune's actors would have a process of their own each."""
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    with asr.Ray(num_cpus=2).open() as opened:
        deadline = time.monotonic() + 60
        while len(waiting := _workers(before)) < 2:
            assert time.monotonic() < deadline, waiting
            time.sleep(0.1)
        commands = [" ".join(process.cmdline()) for process in psutil.Process().children(recursive=True)]
        run = asr.search(tiny_problem, where_it_runs, path=tmp_path / "run", candidates=9, executor=opened)
    monitors = ("autoscaler/_private/monitor.py", "log_monitor.py", "dashboard/dashboard.py")
    assert not [command for command in commands if any(monitor in command for monitor in monitors)]
    ran_in = set(run.frame()["pid"].astype(int))
    assert ran_in & waiting, (ran_in, waiting)
    assert (run.frame()["lightning"] == 1).all(), "what Tune gives its actors is not there"
    assert (run.frame()["needless"] == 0).all(), "actors import what they do not use"


def _workers(before: set[int]) -> set[int]:
    processes = [one for one in psutil.Process().children(recursive=True) if one.pid not in before]
    return {one.pid for one in processes if one.name().startswith("ray::IDLE")}


def test_what_is_done_while_ray_starts_is_done_before_it_is_there_and_once():
    """Ray itself would look for its node after a second, whatever is done meanwhile."""
    done = []

    def meanwhile():
        done.append(ray.is_initialized())

    with ray_session(num_cpus=1, meanwhile=meanwhile) as cpus:
        assert cpus == 1
        assert done == [False]
