"""The state machine of a search, driven by hand: no executor, no network."""

from __future__ import annotations

import numpy as np
import pytest

import search_spaces
from autosnn_ray.algorithms import Enumeration, RandomSearch
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.evaluations import Evaluation, Failure
from autosnn_ray.journal import Ask, Fail, Journal, Tell, read_correct, read_journal
from autosnn_ray.loop import SearchLoop, report_failure, report_of

SPACE = search_spaces.load("digits_16")


@pytest.fixture
def journal(tmp_path):
    with Journal.create(tmp_path / "run") as journal:
        journal.write("start", config={"candidates": 20})
        yield journal


def loop_of(journal, algorithm=None, candidates=20, **options) -> SearchLoop:
    return SearchLoop((algorithm or RandomSearch(seed=0)).start(SPACE, candidates), journal, **options)


def found(accuracy: float = 0.5) -> dict:
    return report_of(Evaluation.measured(accuracy=accuracy, spikes=100.0, samples=10))


def events(journal, kind) -> list:
    return [event for event in read_journal(journal.path).events if isinstance(event, kind)]


def test_what_is_given_away_is_in_the_journal_before_and_what_comes_back_before_it_is_told(journal):
    told = []
    loop = loop_of(journal, candidates=3, on_result=lambda *result: told.append((result, len(events(journal, Tell)))))
    while candidates := loop.take():
        assert events(journal, Ask)[-1].index == candidates[-1].index
        loop.finish(candidates, [found()])
    assert loop.done
    assert loop.error is None
    assert [written for _, written in told] == [1, 2, 3]
    assert [candidate.index for (candidate, _), _ in told] == [0, 1, 2]


def test_failures_are_written_with_their_reason(journal):
    loop = loop_of(journal, candidates=1)
    loop.finish(loop.take(), [report_failure("no current at the bench")])
    (failure,) = events(journal, Fail)
    assert (failure.reason, failure.attempts) == ("no current at the bench", 1)
    assert loop.done


def test_what_is_not_finite_is_a_failure_that_says_what():
    report = report_of(Evaluation.measured(accuracy=float("nan"), spikes=3.0))
    assert report == {"failure": "not finite: accuracy nan, spikes 3.0"}


def test_neighbours_are_given_away_together_and_lost_ones_one_by_one(journal):
    loop = loop_of(journal, Enumeration(), candidates=20, together=5)
    first, second = loop.take(), loop.take()
    assert [one.index for one in first] == [0, 1, 2, 3, 4]
    assert [one.index for one in second] == [5, 6, 7, 8, 9]
    loop.finish(second, [found()] * 5)
    loop.lose(first)
    again = [loop.take() for _ in range(5)]
    assert [[one.index for one in part] for part in again] == [[0], [1], [2], [3], [4]]
    assert [one.index for one in loop.take()] == [10, 11, 12, 13, 14]


def test_one_that_ends_its_process_three_times_is_failed_and_the_others_are_not(journal, monkeypatch):
    monkeypatch.setattr("autosnn_ray.loop.losses._PAUSE_SECONDS", 0.0)
    loop = loop_of(journal, candidates=2)
    (deadly,), (good,) = loop.take(), loop.take()
    loop.finish([good], [found()])
    for _ in range(3):
        loop.lose([deadly])
        taken = loop.take()
        assert taken in ([deadly], [])
    (failure,) = events(journal, Fail)
    assert (failure.index, failure.attempts) == (deadly.index, 3)
    assert loop.done


def test_where_no_process_lives_nothing_is_failed_and_the_search_stops(journal, monkeypatch):
    monkeypatch.setattr("autosnn_ray.loop.losses._PAUSE_SECONDS", 0.0)
    loop = loop_of(journal)
    for _ in range(20):
        candidates = loop.take()
        if not candidates:
            break
        loop.lose(candidates)
    assert isinstance(loop.error, AutoSNNError)
    assert "ray.log" in str(loop.error)
    assert loop.done
    assert not events(journal, Fail)


def test_what_is_abandoned_stays_pending(journal):
    loop = loop_of(journal, candidates=3)
    taken = [*loop.take(), *loop.take()]
    loop.abandon(taken)
    asked = {event.index for event in events(journal, Ask)}
    assert asked == {0, 1}
    assert not events(journal, Tell)


def test_a_journal_that_cannot_be_written_ends_the_loop_and_says_why(journal, monkeypatch):
    loop = loop_of(journal)
    candidates = loop.take()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autosnn_ray.journal.writer.os.write", full)
    loop.finish(candidates, [found()])
    assert "No space left on device" in str(loop.error)
    assert loop.take() == []


def test_which_samples_were_right_is_kept_beside_the_journal(journal):
    right = np.arange(10) % 3 == 0
    evaluation = Evaluation.measured(
        accuracy=right.mean(), spikes=1.0, samples=10, correct=np.packbits(right).tobytes()
    )
    loop = loop_of(journal, candidates=2)
    loop.finish(loop.take(), [report_of(evaluation)])
    loop.finish(loop.take(), [found()])
    kept = read_correct(journal.path.parent)
    assert list(kept) == [0]
    assert kept[0].tolist() == right.tolist()
    assert "correct" not in journal.path.read_text()


def test_a_damaged_line_of_what_was_right_is_left_out(journal):
    folder = journal.path.parent
    (folder / "correct.jsonl").write_text(
        '{"index":0,"samples":3,"correct":"oA=="}\n{"index":1,"sam\n[]\n{"index":2}\n'
    )
    assert {index: bits.tolist() for index, bits in read_correct(folder).items()} == {0: [True, False, True]}


def test_a_failure_is_told_as_one(journal):
    told = []
    loop = loop_of(journal, candidates=1, on_result=lambda candidate, outcome: told.append(outcome))
    loop.finish(loop.take(), [report_failure("late", late=True)])
    assert told == [Failure("late", 1)]
