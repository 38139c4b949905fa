"""Agreement of two orders: hand-computed values, ties, intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.agreement import MEASURES, Scores, agreement, kendall_tau, regret, scores, spearman


def test_tau_and_spearman_by_hand():
    judge, truth = scores([1, 2, 3, 4]), scores([1, 3, 2, 4])
    # Five of six pairs in the same order, one turned: (5 - 1) / 6; sum of squared rank differences 2.
    assert kendall_tau(judge, truth) == pytest.approx(4 / 6)
    assert spearman(judge, truth) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert kendall_tau(judge, scores([4, 3, 2, 1])) == pytest.approx(-1)


@pytest.mark.parametrize("count", [5, 60, 201])
def test_both_are_what_scipy_says_with_ties_too(count):
    rng = np.random.default_rng(count)
    one, other = rng.integers(0, count // 2, size=(2, count)).astype(float)
    judge, truth = Scores(one, one), Scores(other, other)
    assert kendall_tau(judge, truth) == pytest.approx(stats.kendalltau(one, other).statistic)
    assert spearman(judge, truth) == pytest.approx(stats.spearmanr(one, other).statistic)


def test_a_judge_that_tells_none_apart_is_not_a_number():
    flat = scores([1, 1, 1, 1])
    assert math.isnan(kendall_tau(flat, scores([1, 2, 3, 4])))
    assert math.isnan(spearman(flat, scores([1, 2, 3, 4])))


def test_regret_by_hand():
    judge, truth = scores([4, 3, 2, 1]), scores([0.90, 0.95, 0.99, 0.50])
    assert regret(judge, truth, 1) == pytest.approx(0.09)
    assert regret(judge, truth, 2) == pytest.approx(0.04)
    assert regret(judge, truth, 3) == 0


def test_equal_accuracies_are_told_apart_by_their_loss():
    tied = scores([0.9, 0.9, 0.9], loss=[0.03, 0.01, 0.02])
    assert tied.order.tolist() == [0, 2, 1]
    assert tied.worth.tolist() == [0.9, 0.9, 0.9]
    assert kendall_tau(tied, scores([1, 3, 2])) == pytest.approx(1)
    assert scores([0.9, 0.8], loss=[math.nan, math.nan]).order.tolist() == [1, 0]


def test_intervals_hold_the_value_and_shrink_with_more_architectures():
    rng = np.random.default_rng(0)
    widths = []
    for count in (20, 200):
        truth = rng.normal(size=count)
        found = agreement([(scores(truth + rng.normal(size=count)), scores(truth))], rng, resamples=200)
        assert set(found) == set(MEASURES)
        tau = found["tau"]
        assert tau.low < tau.value < tau.high
        widths.append(tau.high - tau.low)
    assert widths[1] < 0.6 * widths[0]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=12))
def test_measures_stay_in_their_range(values):
    judge, truth = (scores(column) for column in zip(*values, strict=True))
    for tau in (kendall_tau(judge, truth), spearman(judge, truth)):
        assert math.isnan(tau) or -1.000001 <= tau <= 1.000001
    losses = [regret(judge, truth, top) for top in range(1, len(values) + 1)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == 0
