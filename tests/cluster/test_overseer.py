"""When an evaluation may begin: what the overseer says, without Ray."""

from __future__ import annotations

import time

import pytest

from autosnn_ray.cluster import overseer
from autosnn_ray.cluster.overseer import GO, WAIT, Overseer


def begin(watch: Overseer, index: int = 0, last_seconds: float = 0.0) -> str:
    return watch.begin(index, b"handle", last_seconds)


def test_quick_evaluations_wait_until_all_actors_are_up():
    watch = Overseer(2, None)
    assert begin(watch) == WAIT
    watch.expect(1)
    assert begin(watch) == WAIT
    watch.expect(0)
    assert begin(watch) == GO


def test_where_one_is_to_be_replaced_the_others_wait():
    watch = Overseer(0, None)
    assert begin(watch, 0, 0.1) == GO
    watch.expect(1)
    assert begin(watch, 1, 0.1) == WAIT
    watch.expect(0)
    assert begin(watch, 1, 0.1) == GO


def test_long_evaluations_wait_for_nobody():
    """An actor starts while one of them runs."""
    assert begin(Overseer(1, None), last_seconds=60.0) == GO


def test_nobody_waits_for_ever_for_an_actor_that_never_comes(monkeypatch):
    monkeypatch.setattr(overseer, "_LEAST_PATIENCE_SECONDS", 0.2)
    watch = Overseer(5, None)
    started = time.monotonic()
    while begin(watch) == WAIT:
        assert time.monotonic() - started < 5
        time.sleep(0.01)
    assert time.monotonic() - started >= 0.19
    assert begin(watch, 1) == GO, "given up once, not for each candidate"


def test_where_the_first_took_long_the_next_may_too(monkeypatch):
    monkeypatch.setattr(overseer, "_LEAST_PATIENCE_SECONDS", 0.01)
    watch = Overseer(2, None)
    time.sleep(0.2)
    watch.expect(1)
    started = time.monotonic()
    while begin(watch) == WAIT:
        assert time.monotonic() - started < 5
        time.sleep(0.01)
    assert time.monotonic() - started >= 0.6


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_an_evaluation_that_ended_is_not_watched(seconds):
    watch = Overseer(0, seconds)
    assert begin(watch) == GO
    watch.end(0)
    assert begin(watch) == GO
    watch.end(0)
    assert watch._running == {}
