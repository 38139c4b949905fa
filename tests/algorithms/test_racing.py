"""Algorithms on made-up landscapes, of which the best is known: what each is for shows."""

from __future__ import annotations

import moocore
import numpy as np
import pytest

import search_spaces
from autosnn_ray.algorithms import NSGA2, AutoSNN, Optuna, PredictorGuided, RandomSearch, RegularisedEvolution
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Maximize, Minimize, SpikeAwareFitness

SPACE = search_spaces.load("digits_16")
FITNESS = SpikeAwareFitness(1000.0)
SEEDS = range(6)


def landscape(seed: int, dead: float = 0.0) -> dict[tuple[str, ...], Evaluation]:
    """A space in which choices add up, neighbouring slots interact, and a share of the networks never learns."""
    rng = np.random.default_rng(seed)
    worth = [{choice: rng.normal() for choice in slot.choices} for slot in SPACE.slots]
    spikes = [{choice: rng.uniform(50, 400) for choice in slot.choices} for slot in SPACE.slots]
    pairs = {(slot, a, b): 0.5 * rng.normal() for slot in range(4) for a in worth[slot] for b in worth[slot + 1]}
    found = {}
    for one in SPACE.enumerate():
        value = sum(slot[choice] for slot, choice in zip(worth, one, strict=True))
        value += sum(pairs[slot, one[slot], one[slot + 1]] for slot in range(4))
        accuracy = 0.1 if rng.random() < dead else 1 / (1 + np.exp(-(value - 3) / 2))
        fired = sum(slot[choice] for slot, choice in zip(spikes, one, strict=True))
        found[one] = Evaluation.measured(accuracy=accuracy, spikes=fired, samples=1000)
    return found


def told(algorithm, table, candidates, goal=FITNESS):
    state, found = algorithm.start(SPACE, candidates, goal), []
    while (candidate := state.ask()) is not None:
        found.append(table[candidate.architecture])
        state.tell(candidate.index, found[-1])
    return found


def regret(algorithm, table, candidates) -> float:
    return max(map(FITNESS, table.values())) - max(map(FITNESS, told(algorithm, table, candidates)))


@pytest.fixture(scope="module")
def tables():
    return [landscape(seed) for seed in SEEDS]


def mean_regret(kind, tables, candidates) -> float:
    return float(
        np.mean([regret(kind(seed=seed), table, candidates) for seed, table in zip(SEEDS, tables, strict=True)])
    )


def test_what_learns_beats_random_search(tables):
    by_chance = mean_regret(RandomSearch, tables, 200)
    for kind in (AutoSNN, RegularisedEvolution, NSGA2, PredictorGuided):
        assert mean_regret(kind, tables, 60 if kind is PredictorGuided else 200) < by_chance / 3, kind.name


def test_sixty_candidates_of_a_predictor_are_worth_160_of_evolution(tables):
    assert mean_regret(PredictorGuided, tables, 60) <= mean_regret(AutoSNN, tables, 160) + 0.002


def test_a_predictor_is_not_led_astray_by_networks_that_do_not_learn():
    """One network in ten is at chance, whatever it is made of."""
    dead = [landscape(seed, dead=0.1) for seed in SEEDS]
    assert mean_regret(PredictorGuided, dead, 80) < mean_regret(RandomSearch, dead, 200) / 2


TWO = Goal((Maximize("accuracy"), Minimize("spikes")))


def share_of_front(algorithm, table, candidates) -> float:
    """Area under what was found, as a share of that under the true front."""

    def area(found) -> float:
        return moocore.hypervolume(np.array([[one.spikes, -one.accuracy] for one in found]), ref=[2000.0, 0.0])

    return float(area(told(algorithm, table, candidates, TWO)) / area(table.values()))


def test_a_front_is_found_as_a_whole(tables):
    """NSGA-II holds more of the area under the true front than random search does, from as many candidates."""
    shares = {
        kind: np.mean([share_of_front(kind(seed=seed), table, 400) for seed, table in enumerate(tables)])
        for kind in (RandomSearch, NSGA2)
    }
    assert shares[NSGA2] > 0.97
    assert shares[NSGA2] > shares[RandomSearch]


@pytest.mark.parametrize("sampler", [pytest.param("tpe", marks=pytest.mark.slow), "nsga2", "nsga3"])
def test_optunas_samplers_find_more_than_chance_does(tables, sampler):
    """One objective: what is missing to the best. Two: the area under the front."""
    few = list(zip(SEEDS, tables[:3], strict=False))
    by_chance = np.mean([regret(RandomSearch(seed=seed), table, 120) for seed, table in few])
    assert np.mean([regret(Optuna(sampler=sampler, seed=seed), table, 120) for seed, table in few]) < by_chance / 2
    by_chance = np.mean([share_of_front(RandomSearch(seed=seed), table, 200) for seed, table in few])
    found = np.mean([share_of_front(Optuna(sampler=sampler, seed=seed), table, 200) for seed, table in few])
    assert found > by_chance + 0.3 * (1 - by_chance)
