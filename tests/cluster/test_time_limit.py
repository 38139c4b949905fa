"""Evaluations that hang, end their process or outlive their time."""

from __future__ import annotations

import pytest

import autosnn_ray as asr
from autosnn_ray.cluster.session import ray_session
from tests.cluster.evaluators import Scripted, Slow

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module", autouse=True)
def two_slots():
    with ray_session(num_cpus=2):
        yield


def test_what_hangs_or_ends_its_process_fails_alone(tiny_supernet, digits, tmp_path):
    """Of nine candidates two hang (one holds the interpreter's lock) and two end their process."""
    notes = tmp_path / "notes"
    notes.mkdir()
    run = asr.search(
        tiny_supernet,
        digits,
        path=tmp_path / "run",
        algorithm=asr.RandomSearch(seed=0),
        candidates=9,
        evaluator=Scripted(notes),
        seconds_per_candidate=2,
    )
    frame = run.frame().set_index("architecture")
    hung, dead = ["srb_k3/skip", "srb_k3/scb_k3"], ["scb_k3/skip", "scb_k3/scb_k3"]
    assert set(frame[frame.status == "failed"].index) == {*hung, *dead}
    assert (frame.status == "done").sum() == 5
    assert frame.loc[hung].reason.eq("the evaluation took longer than 2 seconds and was ended").all()
    assert frame.loc[dead].reason.str.contains("process died").all()
    starts = {a: len(list(notes.glob(f"{a.replace('/', '-')}.*"))) for a in frame.index}
    assert [starts[a] for a in hung] == [1, 1], "what ran out of time is not tried again"
    assert [starts[a] for a in dead] == [3, 3]
    assert frame.attempts.to_dict() == starts


def test_what_ends_in_time_is_left_alone(tiny_supernet, digits, tmp_path):
    run = asr.search(
        tiny_supernet,
        digits,
        path=tmp_path / "run",
        candidates=4,
        evaluator=Slow(tmp_path, 0.5),
        seconds_per_candidate=30,
    )
    assert (run.frame().status == "done").all()
    assert run.config()["resources"] == {"cpus": 1, "gpus": 0, "seconds": 30}
