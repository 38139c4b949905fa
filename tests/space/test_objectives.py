"""The spike-aware fitness, against values computed by hand."""

from __future__ import annotations

import math

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
    assert fitness(Evaluation(accuracy, spikes)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "evaluation", [Evaluation(math.nan, 1.0), Evaluation(0.5, math.nan), Evaluation(0.5, math.inf)]
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
    assert fitness(Evaluation(accuracy, few)) > fitness(Evaluation(accuracy, few * factor))


def test_a_fitness_survives_a_round_trip():
    fitness = SpikeAwareFitness(123.5, -0.16)
    assert SpikeAwareFitness.from_dict(fitness.to_dict()) == fitness
