"""A search's loop without anything that evaluates: what is asked, written, told, tried again, and what ends it."""

from __future__ import annotations

import itertools
import math
import os

import numpy as np
import pytest

import analysis
import search_spaces
from autosnn_ray.algorithms import AutoSNN, Enumeration, Given, RandomSearch, replay
from autosnn_ray.errors import AutoSNNError, InvalidInputError, JournalError
from autosnn_ray.evaluations import Evaluation, Failure
from autosnn_ray.journal import Ask, Fail, Journal, JournalContents, Tell, read_correct, read_journal
from autosnn_ray.loop import SearchLoop, report_failure, report_of
from autosnn_ray.objectives import Goal, SpikeAwareFitness

SPACE = search_spaces.load("digits_16")
GOAL = Goal((SpikeAwareFitness(1000.0),))


def score(architecture) -> Evaluation:
    worth = sum((place + 1) * len(choice) for place, choice in enumerate(architecture))
    return Evaluation.measured(accuracy=worth / 200, spikes=500.0 + worth, samples=360)


def good(candidates) -> list[dict[str, object]]:
    return [report_of(score(candidate.architecture)) for candidate in candidates]


def indices(candidates) -> list[int]:
    return [candidate.index for candidate in candidates]


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    now = [0.0]
    monkeypatch.setattr("autosnn_ray.loop.losses.time.monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


class Search:
    """A loop in a folder, and what its callback was told."""

    def __init__(self, folder, algorithm, candidates: int, together: int = 1) -> None:
        self.folder, self.told = folder, []
        self.state = algorithm.start(SPACE, candidates, GOAL)
        is_new = not (folder / "journal.jsonl").exists()
        self.journal = Journal.create(folder) if is_new else Journal.append_to(folder)
        if is_new:
            config = {"problem": {"space": SPACE.to_dict()}, "candidates": candidates, "goal": GOAL.to_dict()}
            self.journal.write("start", config=config)
        else:
            replay(self.state, self.journal.contents.events)
        self.loop = SearchLoop(self.state, self.journal, self.note, together)

    def note(self, candidate, outcome) -> None:
        """Whatever is told is on the disk by then."""
        events = read_journal(self.folder).events
        assert any(isinstance(event, Tell | Fail) and event.index == candidate.index for event in events)
        self.told.append((candidate.index, outcome))

    def failed(self) -> dict[int, int]:
        return {index: outcome.attempts for index, outcome in self.told if isinstance(outcome, Failure)}

    def attempts(self) -> dict[int, int]:
        events = read_journal(self.folder).events
        return {event.index: event.attempts for event in events if isinstance(event, Tell | Fail)}


@pytest.fixture
def begin(tmp_path):
    """Begins searches; their journals are closed at the end."""
    begun = []

    def begin(algorithm, candidates: int, *, together: int = 1, folder="run") -> Search:
        begun.append(Search(tmp_path / folder, algorithm, candidates, together))
        return begun[-1]

    yield begin
    for search in begun:
        search.journal.close()


def test_what_is_asked_is_written_before_it_is_given_away_and_told_when_it_comes_back(begin):
    search = begin(RandomSearch(), 3)
    away = [search.loop.take() for _ in range(3)]
    assert [indices(one) for one in away] == [[0], [1], [2]]
    assert len([e for e in read_journal(search.folder).events if isinstance(e, Ask)]) == 3
    assert search.loop.take() == []
    for one in reversed(away):
        assert not search.loop.done
        search.loop.finish(one, good(one))
    assert search.loop.done
    assert search.loop.remaining == 0
    assert search.loop.error is None
    assert [index for index, _ in search.told] == [2, 1, 0]
    assert analysis.read(search.folder).status.tolist() == ["done"] * 3


def test_none_is_given_away_before_a_generation_is_told(begin):
    search = begin(AutoSNN(population=3, parents=2, mutants=2, crossovers=1), 6)
    first = [search.loop.take() for _ in range(3)]
    assert search.loop.take() == []
    for one in first[:2]:
        search.loop.finish(one, good(one))
    assert search.loop.take() == []
    search.loop.finish(first[2], good(first[2]))
    assert search.loop.take()[0].generation == 1


def test_failures_and_what_is_not_finite_are_told_with_their_reason(begin):
    search = begin(RandomSearch(), 3)
    reports = [
        report_failure("ValueError: no current"),
        report_of(Evaluation.measured(accuracy=math.nan, spikes=10.0)),
        report_of(score(("skip",))),
    ]
    for report in reports:
        search.loop.finish(search.loop.take(), [report])
    reasons = [outcome.reason if isinstance(outcome, Failure) else None for _, outcome in search.told]
    assert reasons == ["ValueError: no current", "not finite: accuracy nan, spikes 10.0", None]
    assert search.attempts() == {0: 1, 1: 1, 2: 1}


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (
            Evaluation.given({"accuracy": 93.5, "spikes": 1.0}),
            "accuracy: expected a share from 0 to 1, got 93.5; ",
        ),
        (Evaluation.given({"accuracy": -0.1}), "accuracy: expected a share from 0 to 1, got -0.1"),
        (Evaluation.given({"accuracy": 0.5, "spikes": -3.0}), "spikes: expected spikes/sample, 0 or more, got -3.0"),
        (
            Evaluation.measured(accuracy=0.5, spikes=1.0, layer_spikes={"stem": 1.0, "head": math.nan}),
            "not finite: accuracy 0.5, spikes 1.0, head nan",
        ),
        (Evaluation.measured(accuracy=0.5, spikes=1.0, seconds=math.inf), "not finite"),
    ],
)
def test_what_cannot_be_is_its_candidates_failure_and_the_search_goes_on(begin, found, reason):
    search = begin(RandomSearch(), 2)
    search.loop.finish(search.loop.take(), [report_of(found)])
    candidates = search.loop.take()
    search.loop.finish(candidates, good(candidates))
    assert search.loop.error is None
    (_, failure), (_, told) = search.told
    assert isinstance(failure, Failure)
    assert failure.reason.startswith(reason)
    assert isinstance(told, Evaluation)
    assert analysis.read(search.folder).status.tolist() == ["failed", "done"]


def test_a_report_for_every_candidate_is_needed(begin):
    search = begin(RandomSearch(), 2)
    candidates = search.loop.take()
    with pytest.raises(ValueError, match="zip"):
        search.loop.finish(candidates, [])


def test_a_lost_candidate_is_tried_three_times_and_then_failed(begin, clock):
    search = begin(RandomSearch(), 3)
    first, second = search.loop.take(), search.loop.take()
    search.loop.finish(second, good(second))
    search.loop.lose(first)
    assert search.loop.take() == first, "again at once"
    search.loop.lose(first)
    assert indices(search.loop.take()) == [2], "then others come first"
    assert search.loop.take() == []
    clock(5)
    assert search.loop.take() == first
    assert search.failed() == {}
    search.loop.lose(first)
    assert search.failed() == {0: 3}
    assert search.told[-1][1].reason == "the evaluating process died, each time it was tried"
    assert search.attempts() == {1: 1, 0: 3}


def test_one_that_succeeds_after_losses_counts_its_starts(begin):
    search = begin(RandomSearch(), 1)
    first = search.loop.take()
    search.loop.lose(first)
    search.loop.finish(search.loop.take(), good(first))
    assert search.attempts() == {0: 2}
    assert search.loop.done


def test_a_start_that_only_learns_that_time_was_up_is_no_attempt(begin):
    """Time is noticed by killing the process; the next start finds the note of it."""
    search = begin(RandomSearch(), 2)
    first = search.loop.take()
    search.loop.lose(first)
    search.loop.finish(search.loop.take(), [report_failure("over 5 s", late=True)])
    assert search.attempts() == {0: 1}


def test_where_every_process_dies_the_search_ends_and_no_candidate_is_failed(begin, clock):
    search = begin(RandomSearch(), 9)
    for _ in range(40):
        candidates = search.loop.take()
        if candidates:
            search.loop.lose(candidates)
        else:
            clock(5)
        if search.loop.done:
            break
    assert isinstance(search.loop.error, AutoSNNError)
    assert "the evaluating process died with each of the first 3 candidates" in str(search.loop.error)
    assert "ray.log" in str(search.loop.error)
    assert search.told == []
    assert search.loop.take() == []
    search.journal.close()
    frame = analysis.read(search.folder)
    assert (frame.status == "pending").all()
    again = begin(RandomSearch(), 9)
    assert sorted(again.state.pending, key=lambda one: one.index) == list(again.state.pending)
    while candidates := again.loop.take():
        again.loop.finish(candidates, good(candidates))
    assert analysis.read(search.folder).status.tolist() == ["done"] * 9


def test_one_that_always_dies_alone_is_failed_at_the_end(begin, clock):
    """Nothing else is left to try: a search of one candidate is not kept waiting for another's success."""
    search = begin(RandomSearch(), 1)
    for _ in range(3):
        clock(5)
        search.loop.lose(search.loop.take())
    assert search.failed() == {}
    assert search.loop.take() == []
    assert search.failed() == {0: 3}
    assert search.loop.done
    assert search.loop.error is None


def test_an_evolution_whose_generation_dies_goes_on_with_the_next(begin, clock):
    """Two of two given up, fewer than make it hopeless: the barrier must not wait for ever."""
    search = begin(AutoSNN(population=2, parents=1, mutants=1, crossovers=0), 4)
    for _ in range(30):
        candidates = search.loop.take()
        if candidates and candidates[0].index >= 2:
            break
        if candidates:
            search.loop.lose(candidates)
        else:
            clock(5)
    assert search.failed() == {0: 3, 1: 3}
    search.loop.finish(candidates, good(candidates))
    candidates = search.loop.take()
    search.loop.finish(candidates, good(candidates))
    assert search.loop.done
    assert search.loop.error is None


def test_a_full_disk_ends_the_loop_and_says_why(begin, tmp_path):
    """/dev/full takes no byte."""
    full = tmp_path / "full"
    full.mkdir()
    (full / "journal.jsonl").symlink_to("/dev/full")
    journal = Journal(full, os.open(full / "lock", os.O_CREAT | os.O_RDWR), JournalContents((), False, 0))
    state = RandomSearch().start(SPACE, 3, GOAL)
    loop = SearchLoop(state, journal)
    assert loop.take() == []
    assert loop.done
    assert isinstance(loop.error, JournalError)
    assert "cannot be written: No space left on device" in str(loop.error)
    journal.close()


def test_a_disk_that_fills_between_ask_and_tell_tells_nobody(begin):
    """What is not in the journal has not happened; others that come back afterwards are not written either."""
    search = begin(RandomSearch(), 4)
    first, second = search.loop.take(), search.loop.take()
    full = os.open("/dev/full", os.O_WRONLY)
    kept = os.dup(search.journal._file)
    os.dup2(full, search.journal._file)
    search.loop.finish(first, good(first))
    os.dup2(kept, search.journal._file)
    assert isinstance(search.loop.error, JournalError)
    search.loop.finish(second, good(second))
    assert search.told == []
    assert search.loop.take() == []
    assert [type(event) for event in read_journal(search.folder).events[1:]] == [Ask, Ask]
    assert indices(search.state.pending) == [0, 1]
    os.close(full)
    os.close(kept)


def test_what_a_callback_raises_of_ours_ends_the_loop_after_the_journal_has_it(begin):
    search = begin(RandomSearch(), 3)

    def taken_over(candidate, outcome):
        raise JournalError("another driver is at work")

    loop = SearchLoop(search.state, search.journal, taken_over)
    first = loop.take()
    loop.finish(first, good(first))
    assert str(loop.error) == "another driver is at work"
    assert search.attempts() == {0: 1}


def test_what_is_abandoned_stays_pending_and_is_taken_first_when_resumed(begin):
    search = begin(RandomSearch(), 4)
    away = [search.loop.take() for _ in range(3)]
    search.loop.finish(away[1], good(away[1]))
    for one in (away[0], away[2]):
        search.loop.abandon(one)
    assert not search.loop.done
    assert indices(search.state.pending) == [0, 2]
    search.journal.close()
    assert analysis.read(search.folder).status.tolist() == ["pending", "done", "pending"]
    again = begin(RandomSearch(), 4)
    taken = []
    while candidates := again.loop.take():
        taken += indices(candidates)
        again.loop.finish(candidates, good(candidates))
    assert taken == [0, 2, 3]


def test_a_trial_is_a_sub_tree(begin):
    loop = begin(Enumeration(), 3125, together=25).loop
    first, second = loop.take(), loop.take()
    assert indices(first) == list(range(25))
    assert indices(second) == list(range(25, 50))
    assert len({candidate.architecture[:3] for candidate in second}) == 1


def test_what_is_left_of_a_sub_tree_goes_on_in_one(begin):
    search = begin(Enumeration(), 3125)
    asked = list(itertools.chain.from_iterable(search.loop.take() for _ in range(60)))
    told = [candidate for candidate in asked if candidate.index in (*range(20), *range(26, 55))]
    for candidate in told:
        search.loop.finish([candidate], good([candidate]))
    search.journal.close()
    resumed = begin(Enumeration(), 3125, together=25).loop
    blocks = [range(20, 25), range(25, 26), range(55, 75), range(75, 100), range(100, 125)]
    assert [indices(resumed.take()) for _ in range(5)] == [list(block) for block in blocks]


def test_the_candidates_of_a_lost_trial_are_tried_each_by_itself(begin, clock):
    search = begin(Enumeration(), 3125, together=25)
    block = search.loop.take()
    search.loop.lose(block)
    assert search.told == []
    alone = [search.loop.take() for _ in range(25)]
    assert [indices(one) for one in alone] == [[index] for index in range(25)]
    search.loop.finish(alone[0], good(alone[0]))
    search.loop.lose(alone[1])
    assert [index for index, _ in search.told] == [0]
    assert indices(search.loop.take()) == list(range(25, 50)), "one that was lost twice waits"


def test_a_block_may_come_back_in_parts(begin):
    """As one process tells each candidate when it is done, and is then stopped."""
    search = begin(Enumeration(), 50, together=25)
    block = search.loop.take()
    for candidate in block[:3]:
        search.loop.finish([candidate], good([candidate]))
    search.loop.abandon(block[3:])
    assert indices(search.state.pending) == list(range(3, 25))
    assert indices(search.loop.take()) == list(range(25, 50))


def test_the_last_block_is_what_is_left(begin):
    loop = begin(Enumeration(), 30, together=25).loop
    assert [len(loop.take()) for _ in range(3)] == [25, 5, 0]


def test_repetitions_are_written_and_given_away(begin):
    search = begin(Given(architectures=("skip/skip/skip/skip/skip",), repetitions=3), 3)
    for number in range(3):
        [candidate] = search.loop.take()
        assert candidate.repetition == number
        search.loop.finish([candidate], good([candidate]))
    frame = analysis.read(search.folder)
    assert frame.repetition.tolist() == [0, 1, 2]
    assert frame.generation.tolist() == [0, 0, 0]


def test_whatever_is_lost_when_every_candidate_is_told_once(begin, clock):
    """Losses at random over a whole evolution: it ends, and each candidate has one outcome."""
    import random

    draw = random.Random(0)  # noqa: S311
    search = begin(AutoSNN(population=6, parents=3, mutants=3, crossovers=2), 40)
    running = []
    for _ in range(5000):
        if search.loop.done:
            break
        while len(running) < 4 and (candidates := search.loop.take()):
            running.append(candidates)
        if running:
            candidates = running.pop(draw.randrange(len(running)))
            if draw.random() < 0.3:
                search.loop.lose(candidates)
            else:
                search.loop.finish(candidates, good(candidates))
        else:
            clock(1)
    assert search.loop.done
    assert search.loop.error is None
    assert sorted(index for index, _ in search.told) == list(range(40))
    assert all(1 <= attempts <= 3 for attempts in search.attempts().values())
    assert set(search.failed().values()) <= {3}


def test_a_goal_that_needs_what_was_not_measured_ends_the_loop(begin, tmp_path):
    """One clear line instead of a search that breeds from nothing."""
    from autosnn_ray.objectives import Constraint

    state = AutoSNN(population=2, parents=1, mutants=1, crossovers=0).start(
        SPACE, 4, Goal(GOAL.objectives, (Constraint("energy", at_most=1.0),))
    )
    with Journal.create(tmp_path / "run") as journal:
        journal.write("start", config={"candidates": 4})
        loop = SearchLoop(state, journal)
        for _ in range(2):
            candidates = loop.take()
            loop.finish(candidates, good(candidates))
        assert loop.take() == []
    assert isinstance(loop.error, InvalidInputError)
    assert "unknown measure 'energy'; expected one of: accuracy, spikes" in str(loop.error)


def test_which_samples_were_right_is_kept_beside_the_journal(begin):
    right = np.arange(10) % 3 == 0
    evaluation = Evaluation.measured(
        accuracy=right.mean(), spikes=1.0, samples=10, correct=np.packbits(right).tobytes()
    )
    search = begin(RandomSearch(), 2)
    search.loop.finish(search.loop.take(), [report_of(evaluation)])
    search.loop.finish(candidates := search.loop.take(), good(candidates))
    kept = read_correct(search.folder)
    assert list(kept) == [0]
    assert kept[0].tolist() == right.tolist()
    assert "correct" not in (search.folder / "journal.jsonl").read_text()


def test_a_damaged_line_of_what_was_right_is_left_out(tmp_path):
    (tmp_path / "correct.jsonl").write_text(
        '{"index":0,"samples":3,"correct":"oA=="}\n{"index":1,"sam\n[]\n{"index":2}\n'
    )
    assert {index: bits.tolist() for index, bits in read_correct(tmp_path).items()} == {0: [True, False, True]}
