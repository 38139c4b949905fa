"""kill -9: of an actor in mid-evaluation, and of the driver again and again, at any instant of its life."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

import numpy as np
import pytest

import autosnn_ray as asr
from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.journal import Resume, read_journal
from tests.runs.common import larger_problem, rows, undisturbed
from tests.runs.evaluators import Deadly, DiesOnce, Hostage, Unusable, scored
from tests.runs.kills import drive, live_and_die

pytestmark = pytest.mark.ray


def test_an_actor_killed_in_mid_evaluation_is_replaced_and_the_retry_counted(tiny_problem, tmp_path, shared_ray):
    def kill() -> None:
        note = tmp_path / "pid"
        while not (note.exists() and note.read_text()):
            time.sleep(0.01)
        os.kill(int(note.read_text()), signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    told = []
    run = asr.search(
        tiny_problem, Hostage(str(tmp_path)), path=tmp_path / "run", candidates=9,
        on_result=lambda one, _: told.append(one.index),
    )  # fmt: skip
    frame = run.frame()
    assert not killer.is_alive()
    assert (frame.status == "done").all()
    assert sorted(frame.attempts) == [1] * 8 + [2]
    assert sorted(told) == list(range(9)), "each is told once"
    assert len(list(tmp_path.glob("by-*"))) == 2, "the pool did not grow again"


@pytest.mark.slow
def test_a_process_that_ends_itself_is_replaced_and_its_candidate_told_once(tiny_problem, tmp_path, shared_ray):
    victim = "scb_k3/srb_k3"
    run = asr.search(
        tiny_problem, DiesOnce(str(tmp_path), victim), path=tmp_path / "run", algorithm=asr.RandomSearch(), candidates=9
    )
    frame = run.frame().set_index("architecture")
    assert (tmp_path / "died").exists()
    assert (frame.status == "done").all()
    assert frame.loc[victim, "attempts"] == 2
    assert frame.drop(victim).attempts.eq(1).all()
    assert frame.loc[victim, "accuracy"] == pytest.approx(scored(victim.split("/")).accuracy)


@pytest.mark.slow
def test_a_search_of_which_no_process_lives_stops_with_nothing_failed_and_is_gone_on_with(
    tiny_problem, tmp_path, shared_ray
):
    evaluator = Unusable(str(tmp_path))
    with pytest.raises(AutoSNNError, match="the evaluating process died with each of the first 3 candidates"):
        asr.search(tiny_problem, evaluator, path=tmp_path / "run", candidates=9)
    frame = asr.Run(tmp_path / "run").frame()
    assert not frame.status.isin(["done", "failed"]).any()
    (tmp_path / "mended").touch()
    frame = asr.resume(tmp_path / "run", evaluator=evaluator).frame()
    assert (frame.status == "done").all()
    assert len(frame) == 9


@pytest.mark.slow
def test_a_sub_tree_is_one_process_and_one_that_ends_it_costs_no_other(tmp_path, shared_ray):
    from autosnn_ray.algorithms import Enumeration

    notes = tmp_path / "notes"
    notes.mkdir()
    run = asr.search(
        larger_problem(), Deadly(str(notes)), path=tmp_path / "run", algorithm=Enumeration(), candidates=3125
    )
    frame = run.frame()
    assert frame["index"].tolist() == list(range(3125))
    lost = frame[frame.status == "failed"]
    assert lost.architecture.tolist() == ["skip/skip/skip/scb_k3/skip"]
    assert lost.attempts.tolist() == [3]
    assert (frame.attempts[25:] == 1).all()
    others = [note.name.partition(".")[0] for note in notes.iterdir()]
    assert all(others.count(tree) == 1 for tree in set(others) - {"skip-skip-skip"})
    assert len({note.name.partition(".")[2] for note in notes.iterdir()}) >= 2


@pytest.mark.timeout(1800)  # two minutes on two idle cores; Ray's start is all of it, and shared cores stretch it
@pytest.mark.parametrize(
    ("algorithm", "by_clock", "by_progress"),
    [
        pytest.param("autosnn", 3, 2, marks=pytest.mark.slow),
        pytest.param("steady_state", 0, 2, marks=pytest.mark.slow),
    ],
)
def test_a_driver_killed_again_and_again_loses_nothing(tmp_path, algorithm, by_clock, by_progress):
    """Half-way through an import, before Ray is up, amid a write: the clock does not choose."""
    candidates = 160
    rng = np.random.default_rng(0)
    lives = [("clock", float(rng.uniform(0, 6))) for _ in range(by_clock)]
    lives += [("progress", float(rng.uniform(0, 6))) for _ in range(by_progress)]
    seconds = 0.1 if len(lives) > 1 else 0.02
    command = drive(tmp_path / "run", algorithm, candidates, tmp_path, seconds, "ray")
    for position in rng.permutation(len(lives)):
        live_and_die(command, tmp_path / "run" / "journal.jsonl", *lives[position])
    subprocess.run(command, check=True, capture_output=True, timeout=300)

    run, problem = asr.Run(tmp_path / "run"), larger_problem()
    frame = run.frame()
    assert frame["index"].tolist() == list(range(candidates))
    assert frame.architecture.is_unique
    assert (frame.status == "done").all()
    for row in frame.itertuples():
        assert row.accuracy == scored(problem.space.parse(row.architecture)).accuracy
    resumed = sum(isinstance(event, Resume) for event in read_journal(run.path).events)
    assert resumed >= by_progress
    settings = make_algorithm(algorithm, seed=4)
    if not settings.order_matters:
        assert rows(run) == rows(undisturbed(tmp_path / "whole", problem, settings, candidates))
