"""Which lost candidates are tried again, when, and which are given up."""

from __future__ import annotations

import pytest

from autosnn_ray.algorithms import Candidate
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.loop import Losses


@pytest.fixture
def losses(monkeypatch):
    """With a clock that stands still until it is moved."""
    now = [0.0]
    monkeypatch.setattr("autosnn_ray.loop.losses.time.monotonic", lambda: now[0])
    found = Losses()
    found.pass_seconds = lambda seconds: now.__setitem__(0, now[0] + seconds)
    return found


def candidate(index: int) -> Candidate:
    return Candidate(index, ("skip",), "random", (), 0)


def lose(losses: Losses, *indices: int) -> None:
    losses.add([candidate(index) for index in indices])


def taken(losses: Losses) -> list[int]:
    return [one.index for one in iter(losses.again, None)]


def test_one_is_tried_at_once_then_after_a_pause_then_given_up(losses):
    losses.works()
    lose(losses, 7)
    assert losses.attempts(7) == 2
    assert taken(losses) == [7]
    lose(losses, 7)
    assert taken(losses) == []
    lose(losses, 8)
    assert taken(losses) == [8], "others are not kept waiting"
    losses.pass_seconds(5)
    assert taken(losses) == [7]
    assert losses.failed(last=False) == []
    lose(losses, 7)
    assert taken(losses) == []
    assert losses.failed(last=False) == [(candidate(7), 3)]
    assert losses.failed(last=False) == []


def test_where_nothing_was_evaluated_none_is_failed_before_it_is_the_last(losses):
    for _ in range(3):
        lose(losses, 0)
    assert losses.failed(last=False) == []
    lose(losses, 1)
    assert losses.failed(last=True) == [], "one still waits for its turn"
    for _ in range(2):
        assert losses.failed(last=False) == []
        losses.pass_seconds(5)
        taken(losses)
        lose(losses, 1)
    assert [(one.index, attempts) for one, attempts in losses.failed(last=True)] == [(0, 3), (1, 3)]


def test_one_that_was_given_up_is_failed_as_soon_as_another_is_evaluated(losses):
    for _ in range(3):
        lose(losses, 0)
    losses.works()
    assert losses.failed(last=False) == [(candidate(0), 3)]


def test_three_given_up_and_none_evaluated_is_an_error(losses):
    for _ in range(2):
        lose(losses, 0, 1, 2)
    lose(losses, 0, 1)
    with pytest.raises(AutoSNNError, match="none of them is failed for that"):
        lose(losses, 2)


def test_once_something_works_any_number_may_be_given_up(losses):
    losses.works()
    for _ in range(3):
        lose(losses, *range(10))
    assert len(losses.failed(last=False)) == 10
