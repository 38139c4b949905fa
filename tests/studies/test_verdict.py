"""What a winner is worth is said: chance, and who cannot be told apart."""

from __future__ import annotations

import pytest

from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.studies.placed import Finalist
from autosnn_ray.studies.verdict import judge

FITNESS = SpikeAwareFitness(1000.0)


def finalist(name: str, accuracies: list[float], spikes: float = 1000.0, number: int = 1, place: int = 1) -> Finalist:
    found = tuple(Evaluation.measured(accuracy=one, spikes=spikes, samples=360) for one in accuracies)
    worth = tuple(map(FITNESS, found))
    return Finalist(name, number, place, sum(worth) / len(worth), found, worth)


def test_a_winner_at_chance_is_called_so():
    """Five spikes make the highest fitness of all, and say nothing."""
    dead, other = finalist("dead", [0.10, 0.10], spikes=5.0), finalist("other", [0.11, 0.10])
    verdict = judge([dead, other], chance=0.1)
    assert not verdict.is_above_chance
    assert "nothing is better than chance (10.0%)" in verdict.warnings[0]
    assert "--constraint 'accuracy>=0.20'" in verdict.warnings[0]


def test_first_and_second_are_held_apart_over_the_same_seeds():
    first, second = finalist("first", [0.90, 0.80, 0.70]), finalist("second", [0.89, 0.79, 0.685])
    verdict = judge([first, second], chance=0.1)
    assert verdict.is_told_apart, "their seeds differ by much, and they differ by the same in each"
    assert verdict.warnings == []
    blurred = judge([first, finalist("second", [0.70, 0.95, 0.71])], chance=0.1)
    assert blurred.is_told_apart is False
    assert "cannot be told apart" in blurred.warnings[0]


@pytest.mark.parametrize("others", [[], [finalist("second", [0.8])]])
def test_where_nothing_can_be_said_of_two_nothing_is_said(others):
    verdict = judge([finalist("first", [0.9]), *others], chance=0.1)
    assert verdict.is_told_apart is None
    assert verdict.is_above_chance
    assert verdict.warnings == []


def test_the_last_round_counts():
    earlier = finalist("early", [0.1, 0.1], number=0)
    assert judge([finalist("late", [0.9, 0.9]), earlier], chance=0.1).is_above_chance
    assert judge([], chance=0.1) is None
