"""The additive model: equal to leaving one out by hand, honest about noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import search_spaces
from autosnn_ray.algorithms import Stratified
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import AdditiveModel

SPACE = search_spaces.load("digits_16")


def sample(count, seed=0):
    state = Stratified(seed=seed).start(SPACE, count, SpikeAwareFitness(1.0))
    return [state.ask().architecture for _ in range(count)]


def additive(rng):
    effects = [dict(zip(slot.choices, rng.normal(size=len(slot.choices)), strict=True)) for slot in SPACE.slots]
    return lambda one: 3.0 + sum(slot[choice] for slot, choice in zip(effects, one, strict=True))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_is_additive_is_found_at_architectures_never_seen(seed):
    truth = additive(np.random.default_rng(seed))
    learned, unseen = sample(40), sample(30, seed=99)
    model = AdditiveModel.fit(learned, [truth(one) for one in learned])
    true = np.array([truth(one) for one in unseen])
    found = np.array([model.predict(one) for one in unseen])
    assert np.corrcoef(true, found)[0, 1] > 0.98
    assert model.explained > 0.9


def test_noise_is_predicted_to_be_its_mean():
    explained = []
    for seed in range(20):
        values = np.random.default_rng(seed).normal(size=40)
        model = AdditiveModel.fit(sample(40), values)
        explained.append(model.explained)
        spread = np.std([model.predict(one) for one in sample(100, seed=5)])
        assert spread < 0.5, "noise was taken for effects"
    assert np.median(explained) < 0.05


def test_the_error_is_that_of_leaving_each_out():
    """The closed form against forty fits by hand, at the penalty it chose."""
    rng = np.random.default_rng(3)
    architectures, truth = sample(20), additive(rng)
    values = np.array([truth(one) for one in architectures]) + rng.normal(scale=0.5, size=20)
    model = AdditiveModel.fit(architectures, values)
    features = np.array([[one[s] == c for s in range(5) for c in SPACE.slots[s].choices] for one in architectures])
    errors = []
    for penalty in np.logspace(-1, 4, 26):
        left = []
        for row in range(20):
            rest = np.delete(np.arange(20), row)
            centre = features[rest].mean(axis=0)
            x, y = features[rest] - centre, values[rest] - values[rest].mean()
            weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
            left.append(values[row] - values[rest].mean() - (features[row] - centre) @ weights)
        errors.append(np.sqrt(np.mean(np.square(left))))
    assert model.error == pytest.approx(min(errors), rel=1e-9)
    alone = [values[row] - np.delete(values, row).mean() for row in range(20)]
    assert model.spread == pytest.approx(np.sqrt(np.mean(np.square(alone))))


def test_a_model_survives_being_written_and_a_choice_never_seen_adds_nothing():
    model = AdditiveModel.fit([("a", "x"), ("b", "x"), ("a", "y"), ("b", "y"), ("a", "x")], [1, 2, 3, 4, 1])
    assert AdditiveModel.from_dict(model.to_dict()) == model
    assert model.predict(("a", "z")) == pytest.approx(model.mean + model.effects[0]["a"])


@pytest.mark.parametrize("values", [[1.0] * 4, [1.0, 2.0, float("nan"), 3.0, 4.0]])
def test_too_few_or_undefined_values_are_refused(values):
    with pytest.raises(InvalidInputError, match="at least 5 architectures"):
        AdditiveModel.fit(sample(len(values)), values)
