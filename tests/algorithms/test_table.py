"""Algorithms on a table of a whole space propose what they would on the space itself."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from test_contract import make

import autosnn_ray as asr
from autosnn_ray.algorithms import ALGORITHMS, Enumeration
from autosnn_ray.algorithms.table import Table
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Failure
from autosnn_ray.journal import Journal
from autosnn_ray.objectives import Constraint, Goal, Maximize, Minimize
from autosnn_ray.testing.searches import with_parameters

OBJECTIVE = asr.SpikeAwareFitness(1000.0)
FAILED = 4


def evaluation(space, architecture) -> asr.Evaluation:
    places = [slot.choices.index(choice) for slot, choice in zip(space.slots, architecture, strict=True)]
    accuracy = 0.5 + 0.1 * places[0] + 0.02 * places[-1]
    found = asr.Evaluation.measured(accuracy=accuracy, spikes=900.0 + 100 * sum(places))
    return with_parameters(found, 1000.0 + sum(places))


@pytest.fixture
def whole(tiny_space, tmp_path):
    """A run that holds all nine architectures; one of them failed."""
    state = Enumeration().start(tiny_space, tiny_space.size, OBJECTIVE)
    config = {
        "problem": {"space": tiny_space.to_dict()},
        "candidates": tiny_space.size,
        "goal": Goal.of(OBJECTIVE).to_dict(),
    }
    with Journal.create(tmp_path) as journal:
        journal.write("start", config=config)
        while (candidate := state.ask()) is not None:
            journal.write("ask", **asdict(candidate))
            if candidate.index == FAILED:
                journal.write("fail", index=candidate.index, reason="no current", attempts=1)
                state.tell(candidate.index, Failure("no current"))
            else:
                found = evaluation(tiny_space, candidate.architecture)
                journal.write("tell", index=candidate.index, evaluation=found.to_dict(), attempts=1)
                state.tell(candidate.index, found)
        journal.write("stop", reason="the space is used up")
    return tmp_path


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_algorithm_proposes_on_the_table_what_it_would_on_the_space(name, whole, tiny_space):
    found = Table.read(whole).search(make(name, tiny_space, 6, seed=2), 6)
    state = make(name, tiny_space, 6, seed=2).start(tiny_space, 6, OBJECTIVE)
    for candidate, outcome in found:
        assert state.ask() == candidate
        if candidate.architecture == tiny_space.at(FAILED):
            assert isinstance(outcome, Failure)
        else:
            assert outcome == evaluation(tiny_space, candidate.architecture)
        state.tell(candidate.index, outcome)
    assert state.done


def test_the_best_of_the_table_is_the_best_there_is(whole, tiny_space):
    table = Table.read(whole)
    known = [tiny_space.at(index) for index in range(tiny_space.size) if index != FAILED]
    fitness, architecture = max((OBJECTIVE(evaluation(tiny_space, one)), one) for one in known)
    assert table.best() == ("/".join(architecture), fitness)
    assert table.best(table.search(Enumeration(), tiny_space.size)) == table.best()
    assert table.best(table.search(Enumeration(), 1))[0] == "/".join(tiny_space.at(0))


def test_a_run_that_holds_less_is_no_table(whole):
    journal = whole / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-4]))
    with pytest.raises(InvalidInputError, match="expected a run that holds all 9 architectures of 'tiny', got 6"):
        Table.read(whole)


def test_the_goal_of_the_run_decides_which_is_best(whole, tiny_space):
    """Under a bound that only the architectures with fewest spikes keep, these are the best."""
    table = Table.read(whole)
    fewest = Table(table.space, Goal((Minimize("spikes"),)), table.evaluations).best()
    assert fewest == ("/".join(tiny_space.at(0)), -900.0)
    bound = Goal((Maximize("accuracy"),), (Constraint("spikes", at_most=1000.0),))
    assert Table(table.space, bound, table.evaluations).best() == ("/".join(tiny_space.at(3)), pytest.approx(0.6))
    assert Table(table.space, Goal((Maximize("accuracy"),)), table.evaluations).best()[1] > 0.6
