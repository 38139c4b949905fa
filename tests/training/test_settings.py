"""Training settings: checked once, with the valid names in the error."""

from __future__ import annotations

import math

import pytest
import torch

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation import LOSSES
from autosnn_ray.training import SCHEDULES, TrainSettings


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epochs": 0}, "epochs: expected a whole number of at least 1, got 0"),
        ({"epochs": 1.5}, "epochs"),
        ({"batch_size": -3}, "batch_size"),
        ({"learning_rate": math.nan}, "learning_rate: expected a positive number, got nan"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"schedule": "cosine"}, "unknown schedule 'cosine'; expected one of: constant, one_cycle"),
        ({"precision": "float8"}, "unknown precision 'float8'"),
        ({"distillation": 1.5}, "distillation: expected a share from 0 to 1, got 1.5"),
        ({"loss": "hinge"}, "unknown loss 'hinge'; expected one of: mse, cross_entropy"),
    ],
)
def test_bad_settings_are_refused(change, said):
    with pytest.raises(InvalidInputError, match=said):
        TrainSettings(**change)


def test_settings_survive_a_round_trip():
    settings = TrainSettings(epochs=7, loss="cross_entropy")
    assert TrainSettings.from_dict(settings.to_dict()) == settings


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_stay_between_zero_and_the_peak(name):
    values = [SCHEDULES[name](step / 1000) for step in range(1001)]
    assert min(values) >= 0
    assert max(values) == pytest.approx(1.0, abs=1e-3)


def test_one_cycle_rises_then_falls_to_zero():
    course = [SCHEDULES["one_cycle"](progress) for progress in (0.0, 0.3, 0.65, 1.0)]
    assert course == pytest.approx([0.04, 1.0, 0.5, 0.0], abs=1e-9)


def test_losses_against_values_computed_by_hand():
    rate, y = torch.tensor([[1.0, 0.0], [0.5, 0.5]]), torch.tensor([0, 1])
    assert LOSSES["mse"](rate, y).tolist() == pytest.approx([0.0, 0.25])
    expected = [math.log(1 + math.exp(-1)), math.log(2)]
    assert LOSSES["cross_entropy"](rate, y).tolist() == pytest.approx(expected, rel=1e-6)
