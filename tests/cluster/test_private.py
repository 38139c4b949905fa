"""What touches private attributes of Ray: it works, and what it shadows is left as it was."""

from __future__ import annotations

import contextlib
import time

import psutil
import pytest
from ray._private import ray_constants
from ray.tune import registry

import autosnn_ray as asr
from autosnn_ray.cluster.private import on_loopback, remembered
from tests.runs.evaluators import faulty, score

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
