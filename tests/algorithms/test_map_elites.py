"""MAP-Elites: the best of every cell, in a grid that is fixed once."""

from __future__ import annotations

import numpy as np
import pytest

import autosnn_ray as asr
import search_spaces
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation, Failure
from autosnn_ray.objectives import Axis, Constraint, Goal, Grid, SpikeAwareFitness
from autosnn_ray.testing.searches import run, with_parameters

SPACE = search_spaces.load("digits_16")
SIZES = {"skip": 0, "scb_k3": 18, "srb_k3": 18, "scb_k5": 50, "srb_k5": 50}
FITNESS = SpikeAwareFitness(1000.0)


def landscape(seed: int):
    """Accuracy, spikes and parameters that pull in different directions."""
    rng = np.random.default_rng(seed)
    worth = [{choice: rng.normal() for choice in slot.choices} for slot in SPACE.slots]
    spikes = [{choice: rng.uniform(50, 400) for choice in slot.choices} for slot in SPACE.slots]

    def of(architecture) -> Evaluation:
        value = sum(slot[choice] for slot, choice in zip(worth, architecture, strict=True))
        fired = sum(slot[choice] for slot, choice in zip(spikes, architecture, strict=True))
        size = 1000 + 100 * sum(SIZES[choice] for choice in architecture)
        return with_parameters(Evaluation.measured(accuracy=1 / (1 + np.exp(-value / 2)), spikes=fired), size)

    return of


def elites(grid: Grid, found, of) -> dict[tuple[int, ...], float]:
    best: dict[tuple[int, ...], float] = {}
    for candidate in found:
        evaluation = of(candidate.architecture)
        cell = grid.cell([evaluation[measure] for measure in grid.measures])
        best[cell] = max(best.get(cell, 0.0), FITNESS(evaluation))
    return best


def test_it_fills_more_cells_and_fills_them_better_than_chance():
    """The sum of the elites, of the space whole, of 300 random draws and of 300 candidates of MAP-Elites."""
    shares, cells = {"map_elites": [], "random": []}, {"map_elites": 0, "random": 0}
    for seed in range(5):
        of = landscape(seed)
        whole = [of(one) for one in SPACE.enumerate()]
        ranges = [
            (min(one[name] for one in whole), max(one[name] for one in whole)) for name in ("spikes", "parameters")
        ]
        grid = Grid.of(("spikes", "parameters"), (10, 10), ranges=ranges)
        for name, algorithm in {
            "map_elites": asr.MapElites(seed=seed, ranges=tuple(ranges)),
            "random": asr.RandomSearch(seed=seed),
        }.items():
            found, _ = run(algorithm.start(SPACE, 300, FITNESS), lambda candidate, of=of: of(candidate.architecture))
            best = elites(grid, found, of)
            shares[name].append(sum(best.values()))
            cells[name] += len(best)
    assert cells["map_elites"] > 1.1 * cells["random"]
    assert all(ours > other for ours, other in zip(shares["map_elites"], shares["random"], strict=True))


def test_parents_are_the_best_of_their_cells():
    of, grid = landscape(1), Grid.of(("spikes", "accuracy"), (4, 3), ranges=((400, 1500), (0.1, 0.9)))
    algorithm = asr.MapElites(
        measures=("spikes", "accuracy"), cells=(4, 3), ranges=((400, 1500), (0.1, 0.9)), initial=30
    )
    limit = Constraint("parameters", at_most=12_000)
    goal = Goal((FITNESS,), (limit,))
    found, _ = run(algorithm.start(SPACE, 200, goal), lambda one: of(one.architecture), workers=1)
    best: dict = {}
    bred = 0
    for candidate in found:
        evaluation = of(candidate.architecture)
        if candidate.parents:
            bred += 1
            assert set(candidate.parents) <= {elite[-1] for elite in best.values()}
        cell = grid.cell((evaluation.spikes, evaluation.accuracy))
        key = (limit.violation(evaluation), -FITNESS(evaluation), candidate.index)
        best[cell] = min(best.get(cell, key), key)
    assert bred > 120


def test_a_grid_is_taken_from_the_first_candidates_that_have_numbers():
    """It waits for as many as are asked for, failures left out; until then all is random."""
    of = landscape(0)
    state = asr.MapElites(initial=10).start(SPACE, 40, FITNESS)
    found, _ = run(state, lambda one: of(one.architecture) if one.index % 2 else Failure("every other"), workers=1)
    assert all(one.origin == "random" for one in found[:20])
    assert any(one.origin != "random" for one in found[20:])


def test_an_axis_is_logarithmic_where_it_can_be_and_holds_what_lies_outside():
    axis = Axis.of_sample([100.0, 400.0, 1600.0], 8)
    assert axis.is_log
    assert axis.edges[[0, -1]] == pytest.approx([50.0, 3200.0])
    assert [axis.cell(value) for value in (0.0, 50.0, 410.0, 3200.0, 1e9)] == [0, 0, 4, 7, 7]
    linear = Axis.of_sample([0.0, 2.0], 4)
    assert not linear.is_log
    assert linear.edges.tolist() == [-0.5, 0.25, 1.0, 1.75, 2.5]
    assert [linear.cell(value) for value in (-9.0, 0.25, 1.0)] == [0, 1, 2]
    alike = Axis.of_sample([7.0, 7.0], 3)
    assert alike.cell(7.0) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"measures": ("spikes",)},
        {"measures": ("spikes", 3)},
        {"cells": (10,)},
        {"cells": (10, 0)},
        {"cells": 10},
        {"ranges": ((1, 2),)},
        {"ranges": ((2, 1), (1, 2))},
        {"ranges": (1, 2)},
        {"ranges": ((1, float("nan")), (1, 2))},
        {"initial": 0},
        {"crossover": 1.5},
    ],
)
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(InvalidInputError, match=next(iter(settings))):
        asr.MapElites(**settings)


def test_a_measure_that_the_evaluator_lacks_is_named():
    state = asr.MapElites(measures=("spikes", "latency")).start(SPACE, 4, FITNESS)
    with pytest.raises(InvalidInputError, match="unknown measure 'latency'"):
        run(state, lambda one: landscape(0)(one.architecture))
