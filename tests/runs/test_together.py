"""Candidates that are evaluated in a row by one process: sub-trees of the whole space."""

from __future__ import annotations

import pytest

import search_spaces
from autosnn_ray.algorithms import Enumeration
from autosnn_ray.journal import Journal
from autosnn_ray.loop import SearchLoop, report_of
from tests.runs.evaluators import scored

SPACE = search_spaces.load("digits_16")


@pytest.fixture
def journal(tmp_path):
    with Journal.create(tmp_path) as journal:
        yield journal


def loop_of(journal, algorithm=None, on_result=None) -> SearchLoop:
    return SearchLoop(algorithm or Enumeration().start(SPACE, 3125), journal, on_result, together=25)


def indices(candidates) -> list[int]:
    return [candidate.index for candidate in candidates]


def test_what_is_given_away_is_a_sub_tree(journal):
    loop = loop_of(journal)
    first, second = loop.take(), loop.take()
    assert indices(first) == list(range(25))
    assert indices(second) == list(range(25, 50))
    assert len({candidate.architecture[:3] for candidate in second}) == 1


def test_what_is_left_of_a_sub_tree_goes_on_in_one(journal):
    algorithm = Enumeration().start(SPACE, 3125)
    for _ in range(60):
        algorithm.ask()
    for index in (*range(20), *range(26, 55)):
        algorithm.tell(index, scored(SPACE.at(index)))
    resumed = loop_of(journal, algorithm)
    asked = [indices(resumed.take()) for _ in range(5)]
    blocks = [range(20, 25), range(25, 26), range(55, 75), range(75, 100), range(100, 125)]
    assert asked == [list(block) for block in blocks]


def test_the_candidates_of_a_lost_process_are_tried_each_by_itself(journal):
    told = []
    loop = loop_of(journal, on_result=lambda candidate, _: told.append(candidate.index))
    loop.lose(loop.take())
    assert told == []
    alone = [loop.take() for _ in range(25)]
    assert [indices(one) for one in alone] == [[index] for index in range(25)]
    loop.finish(alone[0], [report_of(scored(alone[0][0].architecture))])
    loop.lose(alone[1])
    assert told == [0]
    assert indices(loop.take()) == list(range(25, 50)), "one that was lost twice waits"
