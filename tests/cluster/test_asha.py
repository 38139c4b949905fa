"""Trainings that are cut short: what is journalled, resumed, refused; and the one that trains to its end is as ever."""

from __future__ import annotations

import json

import numpy as np
import pytest

import autosnn_ray as asr
from autosnn_ray.cluster.asha import worth_of
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.objectives import Goal
from tests.runs.common import LOCAL, cut

EVALUATOR = asr.TrainFromScratch(epochs=3, training={"batch_size": 32, "learning_rate": 2e-2, "schedule": "constant"})
ASHA = asr.Asha(grace=1, factor=3)


@pytest.mark.ray
def test_weak_trainings_are_cut_short_and_every_row_says_so(tiny_problem, tmp_path, shared_ray):
    how = {"algorithm": asr.RandomSearch(seed=1), "candidates": 9, "objectives": asr.Maximize("accuracy")}
    run = asr.search(tiny_problem, EVALUATOR, path=tmp_path / "run", executor=asr.Ray(asha=ASHA), **how)
    frame = run.frame()
    assert (frame.status == "done").all()
    assert set(frame.epochs) == {1.0, 3.0}
    assert ((frame.cut == 1) == (frame.epochs == 1)).all()
    assert 1 <= (frame.cut == 0).sum() < 9
    assert run.config()["executor"]["asha"] == {"grace": 1, "factor": 3}
    assert f"for up to 3 epochs ({int(frame.cut.sum())} of 9 cut short)" in frame.attrs["provenance"]
    whole = asr.search(tiny_problem, EVALUATOR, path=tmp_path / "whole", executor=LOCAL, **how).frame()
    short = asr.TrainFromScratch(epochs=1, training=EVALUATOR.training)
    once = asr.search(tiny_problem, short, path=tmp_path / "once", executor=LOCAL, **how).frame()
    assert list(frame.architecture) == list(whole.architecture) == list(once.architecture)
    for name in ("accuracy", "spikes", "loss", "parameters", "accuracy_low"):
        expected = np.where(frame.cut == 1, once[name], whole[name])
        np.testing.assert_array_equal(frame[name], expected, err_msg=name)
    survivors, ended = frame[frame.cut == 0], frame[frame.cut == 1]
    first = once.accuracy
    assert first[survivors.index].mean() > first[ended.index].mean(), "it was not the weak ones that were cut"


@pytest.mark.slow
@pytest.mark.ray
def test_a_resumed_run_keeps_what_was_told_and_goes_on_cutting(tiny_problem, tmp_path, shared_ray):
    run = asr.search(
        tiny_problem, EVALUATOR, path=tmp_path / "run", algorithm=asr.RandomSearch(seed=2), candidates=8,
        executor=asr.Ray(asha=ASHA, seconds=100),
    )  # fmt: skip
    lines = (run.path / "journal.jsonl").read_text().splitlines()
    told = [number for number, line in enumerate(lines) if json.loads(line)["event"] == "tell"]
    cut(run.path, told[3] + 1)
    before = run.frame()
    found = asr.resume(run.path).frame()
    done = before.status == "done"
    assert done.sum() == 4
    for name in ("accuracy", "epochs", "cut"):
        assert (found[name][done] == before[name][done]).all()
    assert (found.status == "done").all()
    assert found.epochs.notna().all(), "the executor was not found again"


def test_what_cannot_be_cut_short_is_refused_before_anything_is_written(tiny_problem, tiny_supernet, tmp_path):
    for evaluator, objectives, said in [
        (asr.SupernetPath(tiny_supernet), None, "expected an evaluator that trains"),
        (asr.TrainFromScratch(epochs=1), None, "nothing to cut short"),
        (asr.TrainFromScratch(epochs=4, keep=True), None, "keep=True"),
        (EVALUATOR, [asr.Maximize("accuracy"), asr.Minimize("spikes")], "expected one objective"),
    ]:
        with pytest.raises(InvalidInputError, match=said):
            asr.search(
                tiny_problem, evaluator, path=tmp_path / "run", objectives=objectives, executor=asr.Ray(asha=ASHA)
            )
        assert not (tmp_path / "run").exists()
    for wrong, said in [({"grace": 0}, "grace"), ({"factor": 1}, "factor above 1"), ({"more": 1}, "grace and factor")]:
        with pytest.raises(InvalidInputError, match=said):
            asr.Ray(asha=wrong)
    with pytest.raises(InvalidInputError, match="expected such as Asha"):
        asr.Ray(asha=3)


def test_one_that_is_infeasible_is_worth_less_than_any_other():
    goal = Goal((asr.Minimize("spikes"),), (asr.Constraint("accuracy", at_least=0.5),))
    found = [asr.Evaluation.measured(accuracy=a, spikes=s) for a, s in [(0.9, 1e9), (0.9, 10), (0.4, 1), (0.1, 1)]]
    worths = [worth_of(one, goal) for one in found]
    assert worths[1] > worths[0] > worths[2] > worths[3]
