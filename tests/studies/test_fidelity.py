"""Evaluators held against a ground truth, with real trainings of tiny networks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.passes import Passes
from autosnn_ray.runs.sample import balanced_sample
from autosnn_ray.studies.fidelity import folder_name
from tests.runs.common import LOCAL


@pytest.fixture(scope="module")
def small(tiny_problem):
    """The problem with a few samples: trainings of a moment, which learn nothing."""
    data = replace(tiny_problem.data, train=tiny_problem.data.train.head(128))
    return replace(tiny_problem, data=data)


def rankings(folder, **options):
    return analysis.read_rankings(folder, resamples=20, **options)


def told(folder):
    lines = (folder / "journal.jsonl").read_text().splitlines()
    return [json.loads(line)["index"] for line in lines if json.loads(line)["event"] == "tell"]


def test_a_ranking_is_measured_and_used_again(tiny_problem, tmp_path):
    options = {"path": tmp_path / "study", "sample": 8, "seeds": 2, "epochs": 2, "executor": LOCAL}
    short = asr.TrainFromScratch(epochs=1, seed=7)
    folder = asr.fidelity(tiny_problem, ["training_free"], **options)
    (ranking,) = rankings(folder)
    assert (ranking.evaluator.partition("(")[0], len(ranking.table), ranking.seeds) == ("training_free", 8, 2)
    data = tiny_problem.data
    assert ranking.truth_passes == Passes(2 * len(data.train), len(data.validation))
    assert (ranking.passes, ranking.passes_before) == (Passes(0, 2 * 64 + len(data.validation)), Passes())
    assert ranking.extent == "8 architectures"
    for seed in (0, 1):
        assert sorted(told(folder / "ground_truth" / f"seed_{seed}")) == list(range(8))
    before = (folder / "ground_truth" / "seed_0" / "journal.jsonl").read_bytes()

    asr.fidelity(tiny_problem, ["training_free", short], **options)
    assert (folder / "ground_truth" / "seed_0" / "journal.jsonl").read_bytes() == before, "trained once more"
    assert {ranking.evaluator.partition("(")[0] for ranking in rankings(folder)} == {
        "training_free",
        "scratch",
    }
    asr.fidelity(tiny_problem, ["training_free"], **{**options, "sample": 9})
    assert (folder / "ground_truth" / "seed_0" / "journal.jsonl").read_bytes().startswith(before)
    extended = {ranking.evaluator.partition("(")[0]: ranking for ranking in rankings(folder)}
    assert {name: len(ranking.table) for name, ranking in extended.items()} == {"training_free": 9, "scratch": 8}
    # The ground truth's table is what the trainings gave.
    frames = [analysis.read(folder / "ground_truth" / f"seed_{seed}").set_index("architecture") for seed in (0, 1)]
    assert not frames[0].accuracy.equals(frames[1].accuracy), "both seeds gave the same"
    for row in ranking.table.itertuples():
        accuracies = [frame.loc[row.architecture, "accuracy"] for frame in frames]
        assert row.true_accuracy == pytest.approx(sum(accuracies) / 2)

    elsewhere = asr.fidelity(
        tiny_problem, [short], **{**options, "path": tmp_path / "other"}, ground_truth=folder / "ground_truth"
    )
    assert not (elsewhere / "ground_truth").exists()
    (again,) = rankings(elsewhere, truth=folder / "ground_truth")
    assert again.evaluator.startswith("scratch")


def test_a_study_in_the_folders_of_an_older_one_goes_on_in_them(small, tmp_path):
    options = {"path": tmp_path, "sample": 5, "epochs": 1, "executor": LOCAL}
    asr.fidelity(small, ["training_free"], **options)
    (tmp_path / "ground_truth").rename(tmp_path / "truth")
    before = (tmp_path / "truth" / "seed_0" / "journal.jsonl").read_bytes()
    asr.fidelity(small, ["training_free"], **options)
    assert not (tmp_path / "ground_truth").exists()
    assert (tmp_path / "truth" / "seed_0" / "journal.jsonl").read_bytes() == before


def test_the_sample_is_balanced_and_begins_with_the_smaller_one(small, tmp_path):
    def sampled(name, sample):
        batch = balanced_sample(small, asr.TrainingFree(), tmp_path / name, "", sample=sample, seed=1, on_run=None)
        return asr.evaluate_all([batch], executor=LOCAL)[0].frame()

    three, nine = sampled("three", 3), sampled("nine", 9)
    for slot in ("slot_0", "slot_1"):
        assert three[slot].value_counts().eq(1).all()
    assert nine.architecture.tolist()[:3] == three.architecture.tolist()


def test_whoever_watches_is_told_of_every_run(small, tmp_path):
    begun, told = [], []

    def on_run(title, candidates):
        begun.append((title, candidates))
        return lambda candidate, _: told.append((title, candidate.index))

    asr.fidelity(small, ["training_free"], path=tmp_path, sample=5, epochs=1, executor=LOCAL, on_run=on_run)
    titles = ["ground truth, seed 0", "ground truth, seed 1", "training_free"]
    assert begun == [(title, 5) for title in titles]
    assert told == [(title, index) for title in titles for index in range(5)]


def test_bad_input_is_refused(small, tmp_path):
    with pytest.raises(InvalidInputError, match="at least 2, or nothing says"):
        asr.fidelity(small, [], path=tmp_path / "study", seeds=1)
    with pytest.raises(InvalidInputError, match="at least 5 architectures"):
        asr.fidelity(small, [], path=tmp_path / "study", sample=2)
    with pytest.raises(InvalidInputError, match="unknown evaluator 'magic'"):
        asr.fidelity(small, ["magic"], path=tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_trainings_of_other_settings_have_folders_of_their_own():
    names = [
        folder_name(asr.TrainFromScratch(epochs=2, training=training))
        for training in (None, {"learning_rate": 0.1}, {"learning_rate": 0.2}, {"loss": "mse", "learning_rate": 0.1})
    ]
    assert names == [
        "scratch,epochs=2",
        "scratch,epochs=2,learning_rate=0.1",
        "scratch,epochs=2,learning_rate=0.2",
        'scratch,epochs=2,learning_rate=0.1,loss="mse"',
    ]
