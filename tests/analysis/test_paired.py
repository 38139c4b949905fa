"""Two evaluators on the same architectures: what a paired comparison sees, and what it must not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import analysis
from analysis.agreement import agreement, paired_differences, scores
from autosnn_ray.errors import InvalidInputError
from tests.analysis.studies import sample, write_run


@pytest.fixture
def folder(tmp_path):
    for seed in (1, 2):
        write_run(tmp_path / "ground_truth" / f"seed_{seed}", "scratch", noise=0.03, seed=seed)
    write_run(tmp_path / "evaluators" / "good", "scratch", noise=0.03, seed=3, seconds=2.0)
    write_run(tmp_path / "evaluators" / "again", "from_path", noise=0.03, seed=8, seconds=1.0)
    write_run(tmp_path / "evaluators" / "blind", "path", noise=3.0, seed=4)
    return tmp_path


def by_measure(frame):
    return {(row.quantity, row.measure): row for row in frame.itertuples()}


def test_the_better_is_told_from_the_worse_and_equals_are_not(folder):
    blind, again, good = analysis.read_rankings(folder, resamples=60)
    worse = by_measure(analysis.compare_rankings(blind, good, resamples=400))
    assert len(worse) == 6
    tau = worse["accuracy", "tau"]
    assert (tau.evaluator, tau.than, tau.architectures) == ("path", "scratch", 30)
    own, best = (one.figures["accuracy"]["tau"].value for one in (blind, good))
    assert tau.difference == pytest.approx(own - best)
    assert tau.low < tau.difference < tau.high < 0
    assert tau.p_value < 0.01
    assert worse["fitness", "tau"].p_value < 0.01
    assert worse["fitness", "regret_10"].difference >= 0
    assert worse["spikes", "tau"].p_value > 0.05, "spikes are ranked alike"
    equal = by_measure(analysis.compare_rankings(again, good, resamples=400))
    for quantity in ("accuracy", "spikes", "fitness"):
        row = equal[quantity, "tau"]
        assert row.low < 0 < row.high
        assert row.p_value > 0.05
    # Turned round, signs and ends are turned round and nothing else.
    turned = by_measure(analysis.compare_rankings(good, blind, resamples=400))["accuracy", "tau"]
    assert (turned.difference, turned.low, turned.high) == pytest.approx((-tau.difference, -tau.high, -tau.low))
    assert turned.p_value == tau.p_value


def test_one_held_against_itself_differs_in_nothing(folder):
    good = analysis.read_rankings(folder, resamples=9)[2]
    frame = analysis.compare_rankings(good, good, resamples=50)
    assert (frame[["difference", "low", "high"]] == 0).all().all()
    assert (frame["p_value"] == 1).all()


def test_what_both_have_in_common_cancels_out():
    """Two judges that are wrong about the same architectures: their difference is surer than either's tau."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=60)
    shared = truth + rng.normal(size=60)
    pairs = [[(scores(shared + 0.05 * rng.normal(size=60)), scores(truth))] for _ in range(2)]
    found = paired_differences(*pairs, ["tau"], np.random.default_rng(0), 300)["tau"]
    alone = agreement(pairs[0], np.random.default_rng(0), 300)["tau"]
    assert found.high - found.low < 0.4 * (alone.high - alone.low)


def test_chance_is_called_chance_as_often_as_it_should_be():
    """Two judges of the same worth: p falls below 20 % in about one drawing in five, a little less with few."""
    below = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        truth = rng.normal(size=60)
        pairs = [[(scores(truth + rng.normal(size=60)), scores(truth))] for _ in range(2)]
        below += paired_differences(*pairs, ["tau"], rng, 120)["tau"].p_value < 0.2
    assert 6 <= below <= 26


def test_a_judge_that_tells_none_apart_has_no_difference():
    truth = scores(np.arange(9.0))
    found = paired_differences([(scores(np.ones(9)), truth)], [(truth, truth)], ["tau"], np.random.default_rng(0), 20)
    assert np.isnan([found["tau"].value, found["tau"].p_value]).all()


def test_every_evaluator_is_held_against_the_best_by_fitness(folder):
    rankings = analysis.read_rankings(folder, resamples=60)
    best = max(rankings, key=lambda one: one.figures["fitness"]["tau"].value)
    frame = analysis.compare_with_best(rankings, resamples=20)
    assert set(frame["than"]) == {best.evaluator}
    assert set(frame["evaluator"]) == {one.evaluator for one in rankings} - {best.evaluator}
    assert len(frame) == 2 * 6
    assert analysis.compare_with_best(rankings[:1]).empty


def test_only_what_both_evaluated_is_compared(folder):
    names = sample(30)
    for name, learned in (("first", names[:12]), ("last", names[18:])):
        fitted = {"fitted": {"architectures": learned}}
        write_run(folder / "evaluators" / name, name, 0.03, seed=5, settings=fitted, seconds=3.0)
    by_name = {ranking.evaluator: ranking for ranking in analysis.read_rankings(folder, resamples=9)}
    frame = analysis.compare_rankings(by_name["first"], by_name["last"], resamples=9)
    assert (frame["architectures"] == 6).all()
    few = replace(by_name["first"], own=by_name["first"].own.tail(13))
    with pytest.raises(InvalidInputError, match="first and last: expected at least 5 architectures that both"):
        analysis.compare_rankings(few, by_name["last"])


def test_another_ground_truth_is_refused(folder, tmp_path):
    for seed in (5, 6):
        write_run(tmp_path / "other" / f"seed_{seed}", "scratch", noise=0.03, seed=seed)
    one = analysis.read_rankings(folder, resamples=9)[0]
    other = analysis.read_rankings(folder, truth=tmp_path / "other", resamples=9)[1]
    with pytest.raises(InvalidInputError, match="the same ground truth, got two"):
        analysis.compare_rankings(one, other)
