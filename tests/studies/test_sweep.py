"""A sweep of exponents: each candidate evaluated once, each search what it would be alone."""

from __future__ import annotations

import pytest

import autosnn_ray as asr
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.runs.executors import Local
from tests.runs.common import cut, larger_problem
from tests.runs.evaluators import Counting

LOCAL = Local(threads=1)


def alone(problem, notes, exponent, path):
    return asr.search(
        problem, Counting(str(notes)), path=path, objectives=asr.SpikeAwareFitness(None, exponent), candidates=60,
        executor=LOCAL,
    )  # fmt: skip


def names(notes):
    return [path.name.rsplit(".", 1)[0] for path in notes.iterdir()]


def swept(executor, tmp_path):
    problem, notes = larger_problem(), tmp_path / "notes"
    notes.mkdir()
    runs = asr.sweep_exponents(
        problem, Counting(str(notes)), path=tmp_path / "sweep", exponents=(0, -0.16, -2), candidates=60,
        executor=executor,
    )  # fmt: skip
    return problem, notes, runs


def check(notes, runs):
    proposed = {name for run in runs.values() for name in run.frame().architecture}
    assert len(names(notes)) == len(set(names(notes))) == len(proposed)
    table = asr.sweep_table(runs)
    assert [record["exponent"] for record in table] == [0, -0.16, -2]
    assert sum(record["evaluated"] for record in table) == len(proposed) < 180
    assert all(record["evaluated"] + record["reused"] == 60 for record in table)
    assert table[0]["reused"] == 0 < table[1]["reused"]
    assert table[-1]["spikes"] < table[0]["spikes"]  # dear spikes


def test_each_candidate_is_evaluated_once_and_each_search_is_what_it_is_alone(tmp_path):
    problem, notes, runs = swept(LOCAL, tmp_path)
    check(notes, runs)
    (tmp_path / "others").mkdir()
    columns = ["architecture", "origin", "accuracy", "spikes", "fitness", "rank"]
    for exponent, run in runs.items():
        other = alone(problem, tmp_path / "others", exponent, tmp_path / f"alone{exponent}")
        assert run.frame()[columns].equals(other.frame()[columns])


def test_a_sweep_that_was_stopped_goes_on(tmp_path):
    problem, notes, runs = swept(LOCAL, tmp_path)
    whole = {exponent: run.frame().architecture.tolist() for exponent, run in runs.items()}
    cut(runs[-0.16].path, 30)
    again = asr.sweep_exponents(
        problem, Counting(str(notes)), path=tmp_path / "sweep", exponents=(0, -0.16, -2), candidates=60, executor=LOCAL
    )
    assert {exponent: run.frame().architecture.tolist() for exponent, run in again.items()} == whole


def test_without_an_evaluator_one_predictor_serves_all_exponents(tiny_problem, tmp_path):
    where = {"path": tmp_path / "sweep", "exponents": (0, -0.5), "candidates": 5, "executor": LOCAL}
    runs = asr.sweep_exponents(tiny_problem, **where, progress=False)
    evaluators = [run.config()["evaluator"] for run in runs.values()]
    assert evaluators[0] == evaluators[1]
    assert evaluators[0]["name"] == "predictor"
    assert (tmp_path / "sweep" / "predictor" / "scratch").is_dir()
    assert asr.sweep_table(asr.sweep_exponents(tiny_problem, **where, progress=False)) == asr.sweep_table(runs)


@pytest.mark.slow
@pytest.mark.ray
def test_on_ray_too_each_candidate_is_evaluated_once(tmp_path):
    _, notes, runs = swept(asr.Ray(num_cpus=2), tmp_path)
    check(notes, runs)


def test_exponents_that_are_none_are_refused(tmp_path):
    for exponents, text in (((), "expected at least one"), ((0, 0), "each once"), ((0, 0.1), "would reward spikes")):
        with pytest.raises(InvalidInputError, match=text):
            asr.sweep_exponents(
                larger_problem(), "training_free", path=tmp_path / "sweep", exponents=exponents, executor=LOCAL
            )
    assert not (tmp_path / "sweep").exists()
