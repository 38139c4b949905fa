"""Candidates that are evaluated in a row by one process: sub-trees of the whole space."""

from __future__ import annotations

import json

import pytest

import autosnn_ray as asr
import search_spaces
from autosnn_ray.algorithms import Enumeration
from autosnn_ray.cluster.searcher import AskTellSearcher
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.cluster.trainable import OUTCOMES
from autosnn_ray.journal import Journal
from tests.cluster.evaluators import Deadly, score
from tests.cluster.runs import with_space

OBJECTIVE = asr.SpikeAwareFitness(1000.0)


@pytest.fixture
def searcher(tmp_path):
    with Journal.create(tmp_path) as journal:
        yield AskTellSearcher(
            Enumeration().start(search_spaces.load("digits_16"), 3125, OBJECTIVE), journal, together=25
        )


def indices(config) -> list[int]:
    return [index for index, _, _ in config["candidates"]]


def test_a_trial_is_a_sub_tree(searcher):
    first, second = searcher.suggest("a"), searcher.suggest("b")
    assert indices(first) == list(range(25))
    assert indices(second) == list(range(25, 50))
    assert len({tuple(architecture[:3]) for _, architecture, _ in second["candidates"]}) == 1


def test_what_is_left_of_a_sub_tree_goes_on_in_one(searcher, tmp_path):
    algorithm = Enumeration().start(search_spaces.load("digits_16"), 3125, OBJECTIVE)
    for _ in range(60):
        algorithm.ask()
    for index in (*range(20), *range(26, 55)):
        algorithm.tell(index, score(search_spaces.load("digits_16").at(index)))
    resumed = AskTellSearcher(algorithm, searcher._journal, together=25)
    asked = [indices(resumed.suggest(str(number))) for number in range(5)]
    blocks = [range(20, 25), range(25, 26), range(55, 75), range(75, 100), range(100, 125)]
    assert asked == [list(block) for block in blocks]


def test_the_candidates_of_a_lost_trial_are_tried_each_by_itself(searcher):
    told = []
    searcher._on_told = lambda candidate, outcome: told.append((candidate.index, outcome))
    searcher.suggest("a")
    searcher.on_trial_complete("a", error=True)
    assert told == []
    for index in range(25):
        assert indices(searcher.suggest(f"alone-{index}")) == [index]
    report = {"evaluation": score(("skip",)).to_dict()}
    searcher.on_trial_complete("alone-0", result={OUTCOMES: json.dumps([report])})
    searcher.on_trial_complete("alone-1", error=True)
    assert [index for index, _ in told] == [0]
    assert indices(searcher.suggest("b")) == list(range(25, 50)), "one that was lost twice waits"


@pytest.mark.ray
@pytest.mark.slow
def test_a_sub_tree_is_one_process_and_one_that_ends_it_costs_no_other(tiny_supernet, digits, tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    supernet = with_space(tiny_supernet, "digits_16")
    with ray_session(num_cpus=2):
        run = asr.search(
            supernet, digits, path=tmp_path / "run", algorithm=Enumeration(), candidates=3125, evaluator=Deadly(notes)
        )
    frame = run.frame()
    assert frame["index"].tolist() == list(range(3125))
    lost = frame[frame.status == "failed"]
    assert lost.architecture.tolist() == ["skip/skip/skip/scb_k3/skip"]
    assert lost.attempts.tolist() == [3]
    assert (frame.attempts[25:] == 1).all()
    others = [note.name.partition(".")[0] for note in notes.iterdir()]
    assert all(others.count(tree) == 1 for tree in set(others) - {"skip-skip-skip"})
    assert len({note.name.partition(".")[2] for note in notes.iterdir()}) >= 2
