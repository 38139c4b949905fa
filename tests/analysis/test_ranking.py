"""Rankings read from runs: against a truth that is known."""

from __future__ import annotations

import numpy as np
import pytest

import analysis
import search_spaces
from analysis.ranking import evaluator_label
from autosnn_ray.algorithms import Stratified
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.journal import Journal
from autosnn_ray.objectives import Goal, SpikeAwareFitness

SPACE = search_spaces.load("digits_16")


def write_run(folder, evaluator, noise, seed, count=30, seconds=0.1, settings=None):
    """A run of the sample whose accuracies and spikes follow one hidden order, blurred."""
    rng = np.random.default_rng(seed)
    state = Stratified(seed=0).start(SPACE, count)
    with Journal.create(folder) as journal:
        config = {
            "problem": {"space": SPACE.to_dict()},
            "goal": Goal((SpikeAwareFitness(1000.0),)).to_dict(),
            "evaluator": {"name": evaluator, "settings": settings or {}},
            "candidates": count,
        }
        journal.write("start", config=config)
        while (candidate := state.ask()) is not None:
            hidden = SPACE.index(candidate.architecture) / SPACE.size
            journal.write(
                "ask", index=candidate.index, architecture=list(candidate.architecture), origin="stratified",
                parents=[], generation=0, repetition=0,
            )  # fmt: skip
            evaluation = Evaluation.measured(
                accuracy=float(np.clip(0.5 + 0.4 * hidden + noise * rng.normal(), 0, 1)),
                spikes=float(1000 + 500 * hidden + 10 * rng.normal()),
                loss=0.1,
                samples=360,
                seconds=seconds,
            )
            journal.write("tell", index=candidate.index, evaluation=evaluation.to_dict(), attempts=1)


@pytest.fixture
def folder(tmp_path):
    for seed in (1, 2):
        write_run(tmp_path / "ground_truth" / f"seed_{seed}", "scratch", noise=0.03, seed=seed, seconds=9.0)
    write_run(tmp_path / "evaluators" / "good", "scratch", noise=0.03, seed=3, seconds=2.0)
    write_run(tmp_path / "evaluators" / "blind", "path", noise=3.0, seed=4)
    return tmp_path


def test_a_good_evaluator_reaches_the_ceiling_and_a_blind_one_does_not(folder):
    blind, good = analysis.read_rankings(folder, resamples=60)
    assert (blind.evaluator, good.evaluator) == ("path", "scratch"), "the cheapest first"
    assert good.truth_seconds == 9.0
    ceiling = good.ceiling["accuracy"]["tau"]
    assert good.figures["accuracy"]["tau"].value == pytest.approx(ceiling.value, abs=0.15)
    assert "can choose" in good.verdict("accuracy")
    assert "cannot choose" in blind.verdict("accuracy")
    assert "can choose" in blind.verdict("spikes"), "spikes are ranked well by both"
    assert f"{ceiling.value:.2f}" in good.verdict("accuracy")


def test_where_two_trainings_do_not_agree_there_is_nothing_to_choose(tmp_path):
    for seed in (1, 2):
        write_run(tmp_path / "ground_truth" / f"seed_{seed}", "scratch", noise=30.0, seed=seed)
    write_run(tmp_path / "evaluators" / "path", "path", noise=0.01, seed=3)
    (ranking,) = analysis.read_rankings(tmp_path, resamples=60)
    assert "nothing to choose between" in ranking.verdict("accuracy")
    assert "can choose" in ranking.verdict("spikes")


def test_an_evaluator_is_not_judged_by_what_it_was_fitted_on(folder):
    state = Stratified(seed=0).start(SPACE, 30)
    names = ["/".join(state.ask().architecture) for _ in range(30)]
    for learned in (20, 27):
        fitted = {"architectures": names[:learned]}
        write_run(folder / "evaluators" / f"seen_{learned}", "predictor", 0.03, seed=5, settings={"fitted": fitted})
        if learned == 20:
            ranking = next(one for one in analysis.read_rankings(folder, resamples=9) if one.evaluator == "predictor")
            assert sorted(ranking.table["architecture"]) == sorted(names[20:])
    with pytest.raises(InvalidInputError, match="fitted on, found 3; take another --seed"):
        analysis.read_rankings(folder, resamples=9)


def test_the_frame_has_a_row_each_evaluator_quantity_and_measure(folder):
    frame = analysis.rankings_frame(analysis.read_rankings(folder, resamples=60))
    assert len(frame) == 2 * 3 * 5
    assert (frame["architectures"] == 30).all()
    assert frame["low"].le(frame["high"]).all()
    assert not frame[["value", "ceiling"]].isna().any().any()


def test_the_table_holds_prediction_mean_and_range_of_the_truth(folder):
    table = analysis.read_rankings(folder, resamples=60)[1].table
    assert (table["true_accuracy_low"] <= table["true_accuracy"]).all()
    assert (table["true_accuracy"] <= table["true_accuracy_high"]).all()
    assert (table["accuracy_low"] < table["accuracy"]).all()


def test_everything_is_written(folder):
    written = analysis.save_rankings(analysis.read_rankings(folder, resamples=60), folder)
    assert {path.name for path in written} == {
        "rankings.csv", "ranking-scratch.png", "ranking-path.png", "fidelity.png",
    }  # fmt: skip
    assert all(path.stat().st_size > 1000 for path in written)


def test_one_seed_has_no_ceiling_and_is_refused(tmp_path):
    write_run(tmp_path / "ground_truth" / "seed_0", "scratch", 0.03, 1)
    with pytest.raises(InvalidInputError, match="at least two seeds, found 1"):
        analysis.read_rankings(tmp_path)


def test_the_label_names_settings_but_not_the_training():
    entry = {"name": "scratch", "settings": {"epochs": 4, "training": {"loss": "mse"}}}
    assert evaluator_label({"evaluator": entry}) == "scratch(epochs=4)"
    assert evaluator_label({"evaluator": {"name": "path", "settings": {}}}) == "path"
