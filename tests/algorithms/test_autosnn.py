"""AutoSNN's evolution: its defaults, its parents, its filling up."""

from __future__ import annotations

from collections import Counter

import pytest
from test_contract import OBJECTIVE, evaluate, run

import search_spaces
from autosnn_ray.algorithms import AutoSNN, RandomSearch
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import SpikeAwareFitness


@pytest.fixture(scope="module")
def space():
    return search_spaces.load("digits_16")


def test_the_defaults_are_the_papers():
    settings = AutoSNN()
    assert (settings.population, settings.parents, settings.mutants, settings.crossovers) == (20, 10, 10, 10)
    assert settings.probability == 0.2


def test_generations_of_twenty_the_first_at_random(space):
    found, _ = run(AutoSNN(seed=0).start(space, 400, OBJECTIVE))
    assert Counter(candidate.generation for candidate in found) == dict.fromkeys(range(20), 20)
    assert {candidate.origin for candidate in found[:20]} == {"random"}
    early = Counter(candidate.origin for candidate in found if candidate.generation == 1)
    assert early == {"mutation": 10, "crossover": 10}
    assert {candidate.origin for candidate in found} == {"random", "mutation", "crossover"}


def test_parents_are_the_ten_fittest_of_all_before(space):
    found, _ = run(AutoSNN(seed=0).start(space, 200, OBJECTIVE))
    fitness = {c.index: (-OBJECTIVE(e := evaluate(c.architecture)), e.spikes, c.index) for c in found}
    for candidate in found:
        before = [index for index in fitness if index < 20 * candidate.generation]
        fittest = sorted(before, key=fitness.__getitem__)[:10]
        assert set(candidate.parents) <= set(fittest)
        assert len(candidate.parents) == {"random": 0, "mutation": 1, "crossover": 2}[candidate.origin]


def test_mutants_and_crossovers_come_from_their_parents(space):
    found, _ = run(AutoSNN(seed=0).start(space, 100, OBJECTIVE))
    for candidate in found:
        parents = [found[index].architecture for index in candidate.parents]
        if candidate.origin == "crossover":
            assert any(candidate.architecture == (*parents[0][:cut], *parents[1][cut:]) for cut in range(1, 5))
        elif candidate.origin == "mutation":
            assert candidate.architecture != parents[0]


def test_equal_fitness_goes_to_fewer_spikes_then_to_the_earlier(space):
    state = AutoSNN(seed=0, parents=1, mutants=20, crossovers=0).start(space, 40, SpikeAwareFitness(1.0, 0.0))
    for _ in range(20):
        candidate = state.ask()
        state.tell(
            candidate.index, Evaluation.measured(accuracy=0.5, spikes=100.0 if candidate.index in (7, 9) else 200.0)
        )
    assert state.ask().parents == (7,)


def test_the_barrier_waits_for_the_whole_generation(space):
    state = AutoSNN(seed=0).start(space, 40, OBJECTIVE)
    first = [state.ask() for _ in range(20)]
    assert state.ask() is None
    assert not state.done
    for candidate in first[:-1]:
        state.tell(candidate.index, evaluate(candidate.architecture))
    assert state.ask() is None
    state.tell(first[-1].index, evaluate(first[-1].architecture))
    assert state.ask().generation == 1


def test_where_breeding_comes_short_random_ones_fill_up(space):
    """Without mutation every mutant is its parent, which was seen: all of a generation is filled up."""
    found, _ = run(AutoSNN(seed=0, probability=0.0, crossovers=0).start(space, 60, OBJECTIVE))
    assert {candidate.origin for candidate in found} == {"random"}
    assert len(found) == 60


def test_it_finds_better_ones_than_random_search(space):
    """On a landscape with structure, over ten seeds: the evolution's best is above random search's."""

    def best(algorithm):
        return max(OBJECTIVE(evaluate(c.architecture)) for c in run(algorithm.start(space, 120, OBJECTIVE))[0])

    wins = sum(best(AutoSNN(seed=seed)) > best(RandomSearch(seed=seed)) for seed in range(10))
    assert wins >= 8


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"population": 0}, "population: expected a whole number of at least 1, got 0"),
        ({"parents": 0}, "parents"),
        ({"mutants": -1}, "mutants"),
        ({"crossovers": 2.5}, "crossovers"),
        ({"mutants": 15}, "no more than the population of 20 together, got 15 and 10"),
        ({"probability": 1.5}, "probability: expected 0 to 1, got 1.5"),
        ({"probability": float("nan")}, "probability"),
    ],
)
def test_bad_settings_are_refused(settings, said):
    with pytest.raises(InvalidInputError, match=said):
        AutoSNN(**settings)
