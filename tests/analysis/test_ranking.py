"""Rankings read from runs: against a truth that is known."""

from __future__ import annotations

import pytest

import analysis
from analysis.ranking import evaluator_label
from autosnn_ray.errors import AutoSNNWarning, InvalidInputError
from autosnn_ray.passes import Passes
from tests.analysis.studies import sample, write_run


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


def test_a_run_of_another_problem_is_never_held_against_a_truth(folder):
    """The same names are other networks there."""
    write_run(folder / "evaluators" / "other", "path", noise=0.03, seed=5, data={"train": 500, "validation": 360})
    with pytest.raises(InvalidInputError, match=r"other: expected a run of the same problem as .*seed_1.*train: 1000"):
        analysis.read_rankings(folder, resamples=9)
    write_run(folder / "ground_truth" / "seed_3", "scratch", noise=0.03, seed=3, data={"train": 7, "validation": 360})
    with pytest.raises(InvalidInputError, match=r"seed_3: expected a run of the same problem"):
        analysis.read_rankings(folder, resamples=9)


def test_an_evaluator_is_not_judged_by_what_it_was_fitted_on(folder):
    names = sample(30)
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


def test_the_label_names_settings_and_those_of_the_training():
    entry = {"name": "scratch", "settings": {"epochs": 4, "training": {"loss": "mse"}}}
    assert evaluator_label({"evaluator": entry}) == "scratch(epochs=4, loss=mse)"
    assert evaluator_label({"evaluator": {"name": "scratch", "settings": {"epochs": 4, "training": None}}}) == (
        "scratch(epochs=4)"
    )
    assert evaluator_label({"evaluator": {"name": "path", "settings": {}}}) == "path"


def test_an_unfinished_evaluator_is_held_against_what_it_has(folder):
    write_run(folder / "evaluators" / "half", "recalibrated", 0.03, seed=5, told=13)
    write_run(folder / "evaluators" / "fitted", "predictor", 0.03, 6, settings={"fitted": {"architectures": sample(9)}})
    by_name = {ranking.evaluator: ranking for ranking in analysis.read_rankings(folder, resamples=9)}
    half = by_name["recalibrated"]
    assert half.extent == "13 of 30 architectures"
    assert half.table["architecture"].tolist() == sample(30)[:13]
    assert by_name["scratch"].extent == "30 architectures"
    assert by_name["predictor"].extent == "21 of 30 architectures (it was fitted on 9 others)"
    frame = analysis.rankings_frame([half])
    assert (frame["architectures"].unique(), frame["wanted"].unique()) == (13, 30)
    # Of the same architectures alone, a finished run says the same.
    whole = folder / "whole"
    (whole / "evaluators").mkdir(parents=True)
    write_run(whole / "evaluators" / "half", "recalibrated", 0.03, seed=5, count=13)
    (alone,) = analysis.read_rankings(whole, truth=folder / "ground_truth", resamples=9)
    assert alone.figures == half.figures
    assert alone.extent == "13 architectures"


def test_more_than_every_run_was_asked_for_is_not_waited_for(folder):
    write_run(folder / "ground_truth" / "seed_3", "scratch", 0.03, seed=6, count=40, told=35)
    write_run(folder / "evaluators" / "larger", "enumerated", 0.03, seed=6, count=50)
    fitted = {"fitted": {"architectures": sample(1)}}
    write_run(folder / "evaluators" / "fitted", "predictor", 0.03, 6, settings=fitted)
    extents = {ranking.evaluator: ranking.extent for ranking in analysis.read_rankings(folder, resamples=9)}
    assert extents["enumerated"] == "30 architectures"
    assert extents["predictor"] == "29 of 30 architectures (it was fitted on 1 other)"


def test_an_unfinished_ground_truth_counts_as_far_as_every_seed_is(folder):
    write_run(folder / "ground_truth" / "seed_3", "scratch", 0.03, seed=6, told=7)
    assert [ranking.extent for ranking in analysis.read_rankings(folder, resamples=9)] == ["7 of 30 architectures"] * 2
    write_run(folder / "ground_truth" / "seed_4", "scratch", 0.03, seed=7, told=4)
    (folder / "ground_truth" / "seed_5").mkdir()
    with pytest.warns(AutoSNNWarning) as said:
        rankings = analysis.read_rankings(folder, resamples=9)
    assert [(one.extent, one.seeds) for one in rankings] == [("7 of 30 architectures", 3)] * 2
    assert ["seed_4: left out: 4 of 30 architectures so far" in str(one.message) for one in said] == [True, False]
    assert "seed_5: left out: it has not begun" in str(said[1].message)


def test_what_is_hardly_begun_is_left_out_and_said(folder):
    write_run(folder / "evaluators" / "hardly", "recalibrated", 0.03, seed=5, told=4)
    (folder / "evaluators" / "not_begun").mkdir()
    (folder / "evaluators" / "notes.txt").write_text("no run")
    with pytest.warns(AutoSNNWarning) as said:
        rankings = analysis.read_rankings(folder, resamples=9)
    assert [ranking.evaluator for ranking in rankings] == ["path", "scratch"]
    assert [str(one.message).partition("left out: ")[2] for one in said] == [
        "4 of 30 architectures so far, and a ranking takes at least 5",
        "it has not begun, and a ranking takes at least 5",
    ]
    # Nothing more is to come of one that is finished: that is no matter of time.
    write_run(folder / "evaluators" / "few", "recalibrated", 0.03, seed=5, count=4)
    with pytest.raises(InvalidInputError, match="few: expected at least 5 architectures that are also in the ground"):
        analysis.read_rankings(folder, resamples=9)


def test_a_run_that_is_being_written_to_is_read(folder):
    write_run(folder / "evaluators" / "half", "recalibrated", 0.03, seed=5, told=13)
    journal = folder / "evaluators" / "half" / "journal.jsonl"
    before = analysis.read_rankings(folder, resamples=9)
    journal.write_bytes(journal.read_bytes() + b'{"v":2,"seq":27,"event":"te')
    with pytest.warns(AutoSNNWarning, match="half-written line") as said:
        torn = analysis.read_rankings(folder, resamples=9)
    assert len(said) == 1
    assert [one.figures for one in torn] == [one.figures for one in before]


def test_a_study_without_an_evaluators_run_is_refused(tmp_path):
    for seed in (1, 2):
        write_run(tmp_path / "ground_truth" / f"seed_{seed}", "scratch", 0.03, seed)
    with pytest.raises(InvalidInputError, match="expected the run of an evaluator"):
        analysis.read_rankings(tmp_path)


def test_an_architecture_that_was_evaluated_twice_is_refused(folder):
    path = folder / "evaluators" / "good" / "journal.jsonl"
    lines = path.read_text().splitlines()
    path.unlink()
    (path.parent / "lock").unlink(missing_ok=True)
    assert sum('"event":"ask"' in line for line in lines) == 30
    write_run(path.parent, "scratch", 0.03, seed=3, repeated=True)
    with pytest.raises(InvalidInputError, match="one evaluation an architecture, got several of"):
        analysis.read_rankings(folder, resamples=9)


def test_costs_are_those_that_runs_say_and_of_older_ones_those_that_follow(folder):
    """Runs of before said nothing: what a training from scratch costs follows from its epochs."""
    settings = {"epochs": 8, "seed": 0}
    for seed in (3, 4):
        write_run(folder / "ground_truth" / f"seed_{seed}", "scratch", 0.03, seed, settings=settings, seconds=9.0)
    for seed in (1, 2):
        (folder / "ground_truth" / f"seed_{seed}").rename(folder / f"seed_{seed}")
    said = {"candidate": Passes(0, 360).to_dict(), "before": Passes(16_000, 7_200).to_dict()}
    write_run(folder / "evaluators" / "said", "predictor", 0.03, 5, passes=said)
    costs = analysis.costs_frame(analysis.read_rankings(folder, resamples=9)).set_index("evaluator")
    assert costs.loc["predictor"].tolist() == [0.1, 0, 360, 16_000, 7_200, 0, 2]
    assert costs.loc["ground truth, one seed"].tolist() == [9.0, 8_000, 360, 0, 0, 1, 0]
    assert costs.loc["path"].isna().tolist() == [False, *[True] * 6]
    frame = analysis.rankings_frame(analysis.read_rankings(folder, resamples=9)).groupby("evaluator").first()
    assert frame.loc["predictor", "training_passes_before"] == 16_000


def test_of_trainings_that_were_cut_short_it_is_not_known_what_each_took(folder):
    write_run(folder / "evaluators" / "cut", "scratch", 0.03, 5, settings={"epochs": 2}, seconds=1.0, cut=True)
    ranking = next(one for one in analysis.read_rankings(folder, resamples=9) if one.seconds == 1.0)
    assert ranking.passes is None
    assert ranking.passes_before == Passes()


def test_two_predictors_are_told_apart_by_their_folders(folder):
    for name in ("predictor,fitted=aa", "predictor,fitted=bb"):
        write_run(folder / "evaluators" / name, "predictor", 0.03, seed=5)
    names = {ranking.evaluator for ranking in analysis.read_rankings(folder, resamples=9)}
    assert names == {"path", "scratch", "predictor,fitted=aa", "predictor,fitted=bb"}
