"""What Tune looks up in its registry is remembered for one search, and no longer."""

from __future__ import annotations

import pytest
from ray.tune import registry

import autosnn_ray as asr
from autosnn_ray.cluster.registry import remembered
from autosnn_ray.cluster.session import ray_session
from tests.cluster.evaluators import Faulty, Score

pytestmark = pytest.mark.ray


def test_a_search_asks_once_and_the_next_one_gets_its_own_evaluator(tiny_supernet, digits, tmp_path, monkeypatch):
    asked, ask = [], registry._internal_kv_get

    def counted(key):
        asked.append(key)
        return ask(key)

    monkeypatch.setattr(registry, "_internal_kv_get", counted)
    with ray_session(num_cpus=2):
        first = asr.search(tiny_supernet, digits, path=tmp_path / "first", candidates=9, evaluator=Score)
        once = len(asked)
        second = asr.search(tiny_supernet, digits, path=tmp_path / "second", candidates=9, evaluator=Faulty)
    assert 0 < once < 9, "Tune asked for every candidate"
    assert (first.frame().status == "done").all()
    assert (second.frame().status == "failed").any()


def test_the_registry_is_left_as_it_was():
    before = dict(vars(registry._global_registry))
    with remembered():
        assert {"contains", "get"} <= set(vars(registry._global_registry))
    assert vars(registry._global_registry) == before
