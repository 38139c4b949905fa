"""The spike-aware fitness, against values computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import SpikeAwareFitness


@pytest.mark.parametrize(
    ("accuracy", "spikes", "reference", "exponent", "expected"),
    [
        (0.9, 110_000, 110_000, -0.08, 0.9),
        (0.8867, 108_000, 110_000, -0.08, 0.888002579),  # (108/110) ** -0.08 = 1.001469027
        (0.9, 55_000, 110_000, -0.08, 0.951316),  # 2 ** 0.08 = 1.0570180
        (0.9, 220_000, 110_000, -0.08, 0.851452),
        (0.9, 220_000, 110_000, 0.0, 0.9),
        (0.5, 1.0, 4.0, -0.5, 1.0),
        (0.9, 0.0, 110_000, -0.08, 0.0),
        (0.9, 0.0, 110_000, 0.0, 0.9),
        (0.0, 10.0, 110_000, -0.08, 0.0),
    ],
)
def test_values_by_hand(accuracy, spikes, reference, exponent, expected):
    fitness = SpikeAwareFitness(reference, exponent)
    assert fitness(Evaluation.measured(accuracy=accuracy, spikes=spikes)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "evaluation",
    [
        Evaluation.measured(accuracy=math.nan, spikes=1.0),
        Evaluation.measured(accuracy=0.5, spikes=math.nan),
        Evaluation.measured(accuracy=0.5, spikes=math.inf),
    ],
)
def test_what_is_not_finite_has_no_fitness(evaluation):
    assert math.isnan(SpikeAwareFitness(1.0)(evaluation))


@pytest.mark.parametrize("reference", [0.0, -1.0, math.nan, math.inf])
def test_references_that_are_none_are_refused(reference):
    with pytest.raises(InvalidInputError, match="reference_spikes: expected a positive number"):
        SpikeAwareFitness(reference)


@pytest.mark.parametrize("exponent", [0.08, math.nan, math.inf, -math.inf])
def test_exponents_that_are_none_are_refused(exponent):
    with pytest.raises(InvalidInputError, match="exponent: expected 0"):
        SpikeAwareFitness(1000.0, exponent)


positive = st.floats(1e-3, 1e7)


@given(accuracy=st.floats(0.01, 1), few=positive, factor=st.floats(1.01, 1e3), exponent=st.floats(-2, -0.01))
def test_fewer_spikes_at_the_same_accuracy_are_always_better(accuracy, few, factor, exponent):
    fitness = SpikeAwareFitness(1000.0, exponent)
    assert fitness(Evaluation.measured(accuracy=accuracy, spikes=few)) > fitness(
        Evaluation.measured(accuracy=accuracy, spikes=few * factor)
    )


accuracies = st.one_of(st.floats(0, 1), st.sampled_from([math.nan, math.inf, -math.inf]))
spikes = st.one_of(st.just(0.0), positive, st.sampled_from([math.nan, math.inf]))
references = st.none() | positive


@given(
    points=st.lists(st.tuples(accuracies, spikes), min_size=1, max_size=12),
    reference=references,
    exponent=st.just(0.0) | st.floats(-2, -1e-3),
)
def test_of_an_array_is_what_it_is_of_each(points, reference, exponent):
    """By hand: a product of two floats, and nothing where one is not finite."""
    fitness = SpikeAwareFitness(reference, exponent)
    columns = np.array(points)
    found = fitness.of(columns[:, 0], columns[:, 1])
    assert found.shape == (len(points),)
    for value, (accuracy, fired) in zip(found, points, strict=True):
        one = fitness(Evaluation.measured(accuracy=accuracy, spikes=fired))
        # Powers of whole arrays may be rounded otherwise than of one number: in the last bit.
        assert one == pytest.approx(value, rel=1e-14, abs=0, nan_ok=True)
        if not (math.isfinite(accuracy) and math.isfinite(fired)):
            assert math.isnan(one)
        elif exponent == 0:
            assert one == accuracy
        elif fired == 0:
            assert one == 0
        else:
            assert one == pytest.approx(accuracy * (fired / (reference or 1.0)) ** exponent, rel=1e-12)


def test_a_grid_of_accuracies_and_spikes_is_broadcast():
    """As contour lines need it."""
    found = SpikeAwareFitness(100.0, -0.5).of([[0.5], [1.0]], [25.0, 100.0, 400.0])
    assert found == pytest.approx(np.array([[1.0, 0.5, 0.25], [2.0, 1.0, 0.5]]))


@given(points=st.lists(st.tuples(st.floats(0, 1), positive), min_size=2, max_size=8), reference=positive)
def test_a_reference_changes_no_order(points, reference):
    with_one, without = SpikeAwareFitness(reference), SpikeAwareFitness(None)
    factor = reference**0.08
    for accuracy, fired in points:
        assert with_one.of(accuracy, fired) == pytest.approx(factor * without.of(accuracy, fired), rel=1e-12)


def test_a_score_is_weighed_in_the_accuracys_place():
    fitness = SpikeAwareFitness(100.0, -0.5, measure="score")
    assert fitness(Evaluation.given({"score": 0.4, "spikes": 25.0})) == pytest.approx(0.8)
    assert math.isnan(fitness(Evaluation.measured(accuracy=0.9, spikes=25.0))), "no score, no fitness"
    assert fitness.formula == "score * (spikes / 100) ** -0.5"
    assert SpikeAwareFitness(None).formula == "accuracy * spikes ** -0.08"
    assert SpikeAwareFitness(None, 0.0).formula == "accuracy"


@pytest.mark.parametrize("reference", [True, "1000"])
def test_what_is_no_number_is_refused(reference):
    with pytest.raises(InvalidInputError, match="reference_spikes: expected a positive number"):
        SpikeAwareFitness(reference)
    with pytest.raises(InvalidInputError, match="exponent: expected 0"):
        SpikeAwareFitness(None, reference)
