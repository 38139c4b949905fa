"""A predictor fitted on a sample, with real trainings of tiny networks."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.errors import InvalidInputError, RunExistsError
from autosnn_ray.runs.fitting import fit_for_run
from autosnn_ray.runs.lengths import epochs_for
from tests.runs.common import LOCAL
from tests.runs.evaluators import score

OPTIONS = {"sample": 6, "epochs": 2, "executor": LOCAL}


@pytest.fixture(scope="module")
def fitted(tiny_problem, tiny_supernet, tmp_path_factory):
    folder = tmp_path_factory.mktemp("predictor")
    return folder, asr.fit_predictor(tiny_problem, tiny_supernet, path=folder, **OPTIONS)


def test_too_few_to_learn_from_are_refused_before_any_is_trained(tiny_problem, tiny_supernet, tmp_path):
    with pytest.raises(InvalidInputError, match="sample: expected at least 5 architectures to fit a predictor on, got"):
        asr.fit_predictor(tiny_problem, tiny_supernet, path=tmp_path / "sample", sample=4)
    assert not (tmp_path / "sample").exists()


def test_what_is_there_is_used_again_and_under_its_older_name(fitted, tiny_problem, tiny_supernet):
    folder, evaluator = fitted
    before = (folder / "scratch" / "journal.jsonl").read_bytes()
    for name in ("scratch", "alone"):
        if name == "alone":
            (folder / "scratch").rename(folder / "alone")
        assert asr.fit_predictor(tiny_problem, tiny_supernet, path=folder, **OPTIONS) == evaluator
        assert (folder / name / "journal.jsonl").read_bytes() == before, "the sample was trained once more"
    (folder / "alone").rename(folder / "scratch")


def test_it_predicts_and_its_journal_alone_holds_what_was_fitted(fitted, tiny_problem, tiny_supernet, tmp_path):
    _, evaluator = fitted
    run = asr.search(tiny_problem, evaluator, path=tmp_path / "run", candidates=4, executor=LOCAL)
    evaluated = {
        architecture: asr.evaluate(tiny_supernet.network, tiny_problem.data.validation, architecture)
        for architecture in tiny_problem.space.enumerate()
    }
    models = evaluator.models
    frame = run.frame()
    assert frame.accuracy.nunique() > 1, "nothing was learned: nothing is shown"
    for row in frame.itertuples():
        architecture = tuple(row.architecture.split("/"))
        assert row.spikes == pytest.approx(
            evaluated[architecture].spikes * math.exp(models.spikes.predict(architecture))
        )
        assert row.accuracy == pytest.approx(models.accuracy.predict(architecture))
    assert frame.basis.eq("prediction").all()

    extended = asr.resume(run.path, candidates=6).frame()
    assert len(extended) == 6
    whole = asr.search(tiny_problem, evaluator, path=tmp_path / "whole", candidates=6, executor=LOCAL)
    columns = ["architecture", "accuracy", "spikes", "accuracy_low", "accuracy_high"]
    assert extended[columns].equals(whole.frame()[columns])


def test_it_is_never_judged_by_what_it_saw(fitted, tiny_problem, tmp_path):
    _, evaluator = fitted
    study = asr.fidelity(tiny_problem, [evaluator], path=tmp_path, sample=9, epochs=1, executor=LOCAL)
    assert len(evaluator.fitted["architectures"]) == 6
    with pytest.raises(InvalidInputError, match="that the evaluator was fitted on, found 3"):
        analysis.read_rankings(study, resamples=20)


def test_of_few_samples_trainings_take_as_many_steps_by_more_epochs(tiny_problem, tmp_path):
    few = replace(tiny_problem, data=replace(tiny_problem.data, train=tiny_problem.data.train.head(400)))
    assert [epochs_for(few, epochs) for epochs in (1, 2, 8)] == [3, 6, 21], "13 steps an epoch, where digits have 34"
    assert [epochs_for(tiny_problem, epochs) for epochs in (1, 2, 8)] == [1, 2, 8]
    evaluator = asr.fit_predictor(few, path=tmp_path / "sample", sample=5, executor=LOCAL)
    assert evaluator.fitted["epochs"] == 6
    assert analysis.read_config(tmp_path / "sample" / "scratch")["evaluator"]["settings"]["epochs"] == 6


def test_it_needs_no_supernet(tiny_problem, tmp_path):
    evaluator = asr.fit_predictor(tiny_problem, path=tmp_path / "sample", sample=7, epochs=1, executor=LOCAL)
    assert not (tmp_path / "sample" / "path").exists()
    frame = asr.search(tiny_problem, evaluator, path=tmp_path / "run", candidates=9, executor=LOCAL).frame()
    sample = analysis.read(tmp_path / "sample" / "scratch")
    known = frame.set_index("architecture").loc[sample["architecture"]]
    assert frame["spikes"].between(sample["spikes"].min() * 0.5, sample["spikes"].max() * 2).all()
    trained = np.log(sample.set_index("architecture")["spikes"])
    untrained = np.log(analysis.read(tmp_path / "sample" / "untrained").set_index("architecture")["spikes"])
    mixed = trained.mean() + 0.25 * (trained - trained.mean()) + 0.75 * (untrained - untrained.mean())
    assert np.log(known["spikes"]).corr(mixed, method="spearman") > 0.8
    assert np.log(known["spikes"]).mean() == pytest.approx(trained.mean(), abs=0.05)
    assert frame["accuracy"].between(sample["accuracy"].min() - 1e-9, sample["accuracy"].max() + 1e-9).all()


def test_a_search_without_an_evaluator_fits_one_in_its_folder(tiny_problem, tmp_path, monkeypatch):
    """As the command line does: refused before anything is trained, and gone on with by the same sample."""
    monkeypatch.setattr("autosnn_ray.runs.search.fit_for_run", partial(fit_for_run, sample=6, epochs=1))
    path = tmp_path / "run"
    with pytest.raises(InvalidInputError, match="unknown objective"):
        asr.search(tiny_problem, path=path, objectives="latencies", executor=LOCAL)
    other = asr.search(tiny_problem, score, path=tmp_path / "other", candidates=1, executor=LOCAL)
    with pytest.raises(
        InvalidInputError, match=r"reuse: .*other holds evaluations .*evaluator\.name: .* 'predictor' now"
    ):
        asr.search(tiny_problem, path=path, candidates=4, executor=LOCAL, reuse=other)
    assert not path.exists()
    run = asr.search(tiny_problem, path=path, candidates=4, executor=LOCAL)
    assert run.frame()["basis"].eq("prediction").all()
    sample = (path / "predictor" / "scratch" / "journal.jsonl").read_bytes()
    again = asr.search(tiny_problem, path=path, candidates=4, executor=LOCAL, resume=True)
    assert again.frame().equals(run.frame())
    assert (path / "predictor" / "scratch" / "journal.jsonl").read_bytes() == sample
    more = asr.search(tiny_problem, path=tmp_path / "more", candidates=9, executor=LOCAL, reuse=run)
    assert more.frame()["reused_from"].eq(str(path)).sum() == 4, "the same sample teaches the same"
    with pytest.raises(RunExistsError):
        asr.search(tiny_problem, path=path, candidates=4, executor=LOCAL)
