"""What a predictor's intervals hold: by hand, and where it is known what they should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.calibration import calibrate
from tests.analysis.studies import write_run


def intervals(rows) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])


def test_share_shift_and_interval_by_hand():
    predicted = intervals({"a": (0.5, 0.4, 0.6), "b": (0.7, 0.6, 0.8), "c": (0.9, 0.8, 1.0), "d": (0.1, 0.0, 0.2)})
    truths = [
        pd.Series({"a": 0.6, "b": 0.85, "c": 0.9, "x": 0.5}),
        pd.Series({"c": 1.0, "b": 0.75, "a": 0.7}),
    ]
    found = calibrate(predicted, truths)
    assert (found.architectures, found.seeds, found.nominal) == (3, 2, 0.95)
    # Of six values 0.85 and 0.7 lie outside; an end belongs to the interval.
    assert found.held.value == pytest.approx(4 / 6)
    assert (found.held.low, found.held.high) == pytest.approx(analysis.wilson_interval(4 / 6, 3))
    above = np.array([0.15, 0.1, 0.05])
    assert found.shift.value == pytest.approx(0.1)
    half = 1.96 * above.std(ddof=1) / np.sqrt(3)
    assert (found.shift.low, found.shift.high) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-5)
    # 0.5 to 0.7, 0.7 to 0.9, 0.9 to 1.1: all.
    assert found.held_shifted == 1
    assert calibrate(predicted, [pd.Series({"x": 0.5})] * 2) is None


@pytest.mark.parametrize("below", [0.0, 0.1])
def test_intervals_that_are_right_hold_what_they_claim_and_a_shift_is_told_apart_from_their_width(below):
    rng = np.random.default_rng(0)
    names = [str(number) for number in range(400)]
    true = rng.uniform(0.6, 0.8, size=400)
    predicted = intervals({name: (v - below, v - below - 0.0392, v - below + 0.0392) for name, v in zip(names, true)})  # noqa: B905
    truths = [pd.Series(true + 0.02 * rng.normal(size=400), index=names) for _ in range(2)]
    found = calibrate(predicted, truths)
    assert found.shift.low < below < found.shift.high
    assert found.held_shifted == pytest.approx(0.95, abs=0.025)
    if below:
        assert found.held.high < 0.05
    else:
        assert found.held.low < 0.95 < found.held.high


def test_predictors_have_a_calibration_and_others_have_none(tmp_path):
    for seed in (1, 2):
        write_run(tmp_path / "ground_truth" / f"seed_{seed}", "scratch", noise=0.03, seed=seed)
    write_run(tmp_path / "evaluators" / "path", "path", noise=0.03, seed=3)
    write_run(tmp_path / "evaluators" / "right", "predictor", 0.03, seed=4, below=(0.0, 0.0), seconds=0.2, told=23)
    write_run(tmp_path / "evaluators" / "low", "mine", 0.03, seed=5, below=(0.2, -300.0), seconds=0.3)
    path, right, low = analysis.read_rankings(tmp_path, resamples=9)
    assert not path.calibration
    assert list(right.calibration) == list(low.calibration) == ["accuracy", "spikes"]
    for quantity in ("accuracy", "spikes"):
        found = right.calibration[quantity]
        assert (found.architectures, found.seeds) == (23, 2)
        assert found.held.low < 0.95 < found.held.high
        assert low.calibration[quantity].held.value == 0
        assert low.calibration[quantity].held_shifted > 0.85
    assert low.calibration["accuracy"].shift.value == pytest.approx(0.2, abs=0.02)
    assert low.calibration["spikes"].shift.value == pytest.approx(-300, abs=5)
    frame = analysis.calibration_frame([path, right, low])
    assert frame["evaluator"].tolist() == ["predictor"] * 2 + ["mine"] * 2
    assert frame["held"].tolist()[2:] == [0, 0]
    assert analysis.calibration_frame([path]).empty
