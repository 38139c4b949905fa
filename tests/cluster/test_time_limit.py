"""Evaluations that hang, end their process or outlive their time."""

from __future__ import annotations

import pytest

import autosnn_ray as asr
from tests.runs.evaluators import Scripted, Slow

pytestmark = pytest.mark.ray


@pytest.mark.slow
def test_what_hangs_or_ends_its_process_fails_alone_and_what_ends_in_time_is_left_alone(
    tiny_problem, tmp_path, shared_ray
):
    """Of nine candidates two hang (one holds the interpreter's lock) and two end their process."""
    notes = tmp_path / "notes"
    notes.mkdir()
    (tmp_path / "slow").mkdir()
    batches = [
        asr.Batch(tiny_problem, Scripted(str(notes)), tmp_path / "run", asr.RandomSearch(seed=0), 9),
        asr.Batch(tiny_problem, Slow(str(tmp_path / "slow"), 0.5), tmp_path / "in_time", asr.RandomSearch(), 4),
    ]
    run, in_time = asr.evaluate_all(batches, executor=asr.Ray(seconds=2))
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
    assert (in_time.frame().status == "done").all()
    assert in_time.config()["executor"] == {"name": "ray", "cpus": 1, "gpus": 0, "seconds": 2, "asha": None}
