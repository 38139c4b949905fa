"""The pool of actors: kept over generations and from one search to the next, and no larger than asked for."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

import autosnn_ray as asr
from tests.runs.common import LOCAL, cut, larger_problem, rows, undisturbed, untrained
from tests.runs.evaluators import Slow, Vandal, score

pytestmark = pytest.mark.ray


def spans(notes):
    """Start, end and process of every evaluation, in the order of their starts."""
    named = (note.name.split("-") for note in notes.glob("*-*-*"))
    return sorted((float(start), float(end), pid) for pid, start, end in named)


def test_a_generation_keeps_both_actors_busy_to_its_end(tmp_path, shared_ray):
    """Three generations of twenty on two slots: two processes throughout, both at work in every generation."""
    notes = tmp_path / "notes"
    notes.mkdir()
    run = asr.search(
        larger_problem(), Slow(str(notes), 0.1), path=tmp_path / "run", algorithm=asr.AutoSNN(seed=0), candidates=60
    )
    found = spans(notes)
    assert len(found) == 60
    assert len({pid for *_, pid in found}) == 2, "an actor was lost between generations"
    for generation in range(3):
        own = found[20 * generation : 20 * generation + 20]
        per_actor = [sum(pid == name for *_, pid in own) for name in {pid for *_, pid in found}]
        assert min(per_actor) >= 7, f"generation {generation}: one actor had nearly all: {per_actor}"
    assert rows(run) == rows(undisturbed(tmp_path / "whole", larger_problem(), asr.AutoSNN(seed=0), 60))


def test_no_more_run_side_by_side_than_asked_for_and_the_run_is_the_same(tmp_path, shared_ray):
    run = asr.search(
        larger_problem(), Slow(str(tmp_path), 0.05), path=tmp_path / "run", algorithm=asr.AutoSNN(seed=3),
        candidates=45, executor=asr.Ray(concurrent=1),
    )  # fmt: skip
    found = spans(tmp_path)
    assert len({pid for *_, pid in found}) == 1
    assert all(end <= start for (_, end, _), (start, _, _) in pairwise(found))
    assert rows(run) == rows(undisturbed(tmp_path / "whole", larger_problem(), asr.AutoSNN(seed=3), 45))


@pytest.mark.slow
def test_candidates_of_two_cpus_each_run_one_at_a_time_and_the_run_is_the_same(tmp_path, shared_ray):
    run = asr.search(
        larger_problem(), score, path=tmp_path / "run", algorithm=asr.AutoSNN(seed=3), candidates=60,
        executor=asr.Ray(cpus=2),
    )  # fmt: skip
    assert rows(run) == rows(undisturbed(tmp_path / "whole", larger_problem(), asr.AutoSNN(seed=3), 60))


def test_several_searches_keep_their_actors_and_one_that_writes_into_shared_weights_harms_no_other(
    tiny_problem, tiny_supernet, tmp_path, shared_ray
):
    notes = [tmp_path / name for name in ("first", "last")]
    for folder in notes:
        folder.mkdir()
    evaluators = [Slow(str(notes[0]), 0.2), Vandal(untrained(tiny_problem)), Slow(str(notes[1]), 0.2),
                  asr.SupernetPath(tiny_supernet)]  # fmt: skip
    batches = [
        asr.Batch(tiny_problem, one, tmp_path / f"run_{number}", asr.RandomSearch(), 8)
        for number, one in enumerate(evaluators)
    ]
    first, vandal, last, paths = (run.frame() for run in asr.evaluate_all(batches))
    pids = [{pid for *_, pid in spans(folder)} for folder in notes]
    assert len(pids[0]) == 2
    assert pids[0] == pids[1], "another search started other actors"
    assert (vandal.status == "failed").all()
    assert vandal.reason.str.contains("shared weights were overwritten").any()
    for frame in (first, last, paths):
        assert (frame.status == "done").all()
    alone = asr.search(
        tiny_problem, evaluators[-1], path=tmp_path / "alone", algorithm=asr.RandomSearch(), candidates=8,
        executor=LOCAL,
    )  # fmt: skip
    assert rows(asr.Run(tmp_path / "run_3")) == rows(alone)


def test_a_search_and_its_resumption_end_to_end(tiny_problem, tiny_supernet, tmp_path, shared_ray):
    """Nothing is said but the folder: problem, supernet and executor are found again."""
    told = []
    run = asr.search(
        tiny_problem, asr.SupernetPath(tiny_supernet), path=tmp_path / "run", algorithm=asr.AutoSNN(seed=1),
        candidates=6, executor=asr.Ray(cpus=0.5),
    )  # fmt: skip
    assert run.config()["executor"] == {"name": "ray", "cpus": 0.5, "gpus": 0, "seconds": None, "asha": None}
    before = rows(run)
    cut(run.path, 6)
    assert rows(asr.resume(run.path, on_result=lambda one, _: told.append(one.index))) == before
    assert sorted(told) == list(range(6))
    last = json.loads((run.path / "journal.jsonl").read_text().splitlines()[-1])
    assert last["reason"] == "all candidates are evaluated"
