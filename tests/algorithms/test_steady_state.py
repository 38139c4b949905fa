"""The steady state: no candidate waits, parents are the fittest known at each ask."""

from __future__ import annotations

import numpy as np
import pytest
from test_contract import OBJECTIVE, evaluate, run

import search_spaces
from autosnn_ray.algorithms import RandomSearch, SteadyState
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Failure
from autosnn_ray.journal import Ask, Tell


@pytest.fixture(scope="module")
def space():
    return search_spaces.load("digits_16")


def test_no_ask_ever_waits(space):
    state = SteadyState(seed=0).start(space, 200, OBJECTIVE)
    assert all(state.ask() is not None for _ in range(200))


def test_parents_are_the_fittest_known_at_each_ask(space):
    _, events = run(SteadyState(seed=0).start(space, 200, OBJECTIVE), workers=7)
    known, bred = [], 0
    for event in events:
        if isinstance(event, Tell):
            known.append((-OBJECTIVE(event.evaluation), event.evaluation.spikes, event.index))
        elif isinstance(event, Ask):
            fittest = {index for *_, index in sorted(known)[:10]}
            assert set(event.parents) <= fittest
            assert (event.origin == "random") == (not event.parents)
            assert event.origin == "random" or event.index >= 20
            bred += event.origin != "random"
    assert bred > 120, "random ones are the exception"


def test_mutants_are_as_many_as_their_share_says(space):
    for share, expected in ((1.0, {"mutation"}), (0.0, {"crossover"})):
        found, _ = run(SteadyState(seed=0, mutant_share=share).start(space, 120, OBJECTIVE))
        assert {candidate.origin for candidate in found} - {"random"} == expected


def test_without_one_good_candidate_it_draws_at_random(space):
    found, _ = run(SteadyState(seed=0).start(space, 60, OBJECTIVE), lambda _: Failure("it raised"))
    assert {candidate.origin for candidate in found} == {"random"}


def test_the_order_of_results_matters_and_one_worker_repeats_itself(space):
    def architectures(workers, seed):
        rng = np.random.default_rng(seed)
        return [c.architecture for c in run(SteadyState().start(space, 100, OBJECTIVE), rng=rng, workers=workers)[0]]

    assert architectures(1, 0) == architectures(1, 1)
    assert architectures(8, 0) != architectures(8, 1)


def test_it_finds_better_ones_than_random_search(space):
    def best(algorithm):
        return max(OBJECTIVE(evaluate(c.architecture)) for c in run(algorithm.start(space, 120, OBJECTIVE))[0])

    wins = sum(best(SteadyState(seed=seed)) > best(RandomSearch(seed=seed)) for seed in range(10))
    assert wins >= 8


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"population": 0}, "population: expected a whole number of at least 1, got 0"),
        ({"parents": True}, "parents: expected a whole number"),
        ({"mutant_share": 1.5}, "mutant_share: expected 0 to 1, got 1.5"),
        ({"mutant_share": "half"}, "mutant_share: expected 0 to 1, got 'half'"),
        ({"probability": float("nan")}, "probability: expected 0 to 1"),
    ],
)
def test_bad_settings_are_refused(settings, said):
    with pytest.raises(InvalidInputError, match=said):
        SteadyState(**settings)
