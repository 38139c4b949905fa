"""Which candidates breed, against brute force: one objective in order, several by fronts and crowding."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosnn_ray.algorithms import Candidate
from autosnn_ray.algorithms.fittest import Fittest
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Constraint, Goal, Maximize, Minimize

ONE = Goal((Maximize("accuracy"),))
TWO = Goal((Maximize("accuracy"), Minimize("spikes")))
THREE = Goal((Maximize("accuracy"), Minimize("spikes"), Minimize("parameters")))
BOUND = Constraint("parameters", at_most=3.0)

steps = st.integers(0, 6).map(float)
"""Few values: many ties, many that are dominated."""
smooth = st.floats(0, 1000).map(lambda value: round(value, 3))


def found(accuracy: float, spikes: float = 0.0, parameters: float = 0.0) -> Evaluation:
    return Evaluation.given({"accuracy": accuracy, "spikes": spikes, "parameters": parameters})


def candidate(index: int) -> Candidate:
    return Candidate(index, ("skip",), "random")


def kept(goal: Goal, size: int, evaluations: list[Evaluation]) -> list[int]:
    """Returns the numbers of those that are kept, in order."""
    fittest = Fittest(goal, size)
    for index, evaluation in enumerate(evaluations):
        fittest.add(candidate(index), evaluation)
    assert len(fittest) <= size
    return [one.candidate.index for one in fittest._kept]


def dominates(left: tuple[float, ...], right: tuple[float, ...]) -> bool:
    return all(a >= b for a, b in zip(left, right, strict=True)) and left != right


def fronts(values: dict[int, tuple[float, ...]]) -> list[list[int]]:
    """Peels front after front: those that none of the rest dominates."""
    left, peeled = dict(values), []
    while left:
        front = [i for i in left if not any(dominates(left[j], left[i]) for j in left)]
        peeled.append(front)
        left = {i: value for i, value in left.items() if i not in front}
    return peeled


def crowding(front: list[int], values: dict[int, tuple[float, ...]]) -> dict[int, float]:
    """Deb's crowding distance; all values of an objective differ."""
    distance = dict.fromkeys(front, 0.0)
    for objective in range(len(values[front[0]])):
        order = sorted(front, key=lambda i: values[i][objective])
        spread = values[order[-1]][objective] - values[order[0]][objective]
        for place, i in enumerate(order):
            if place in (0, len(order) - 1):
                distance[i] = math.inf
            else:
                between = values[order[place + 1]][objective] - values[order[place - 1]][objective]
                distance[i] += between / spread
    return distance


@given(st.lists(st.tuples(steps, steps, steps), max_size=25), st.integers(1, 8))
def test_by_one_objective_they_are_the_first_of_all_that_were_ever_told(points, size):
    """Feasible before infeasible, then less violation, then more worth, then fewer spikes, then the earlier."""
    evaluations = [found(*point) for point in points]
    goal = Goal(ONE.objectives, (BOUND,))
    order = sorted(range(len(points)), key=lambda i: (max(0.0, points[i][2] - 3.0), -points[i][0], points[i][1], i))
    assert kept(goal, size, evaluations) == order[:size]


@given(st.lists(st.tuples(steps, steps, steps), max_size=25))
def test_by_several_objectives_front_comes_after_front(points):
    evaluations = [found(*point) for point in points]
    for goal in (TWO, THREE):
        values = {i: goal.judge(evaluation).values for i, evaluation in enumerate(evaluations)}
        order = kept(goal, 100, evaluations)
        for front in fronts(values):
            assert sorted(order[: len(front)]) == sorted(front)
            del order[: len(front)]
        assert order == []


@given(st.lists(st.tuples(smooth, smooth, smooth), max_size=16), st.integers(1, 8))
def test_within_a_front_the_least_crowded_come_first_and_the_rest_is_dropped(points, size):
    """After each that is told, the kept ones and it are put into order, and cut."""
    columns = list(zip(*points, strict=True))
    if any(len(set(column)) < len(points) for column in columns):
        return  # equal values leave open which of two is the neighbour; the fronts alone are tested of these
    evaluations = [found(*point) for point in points]
    for goal in (TWO, THREE):
        expected: list[int] = []
        for index in range(len(points)):
            values = {i: goal.judge(evaluations[i]).values for i in [*expected, index]}
            expected = []
            for front in fronts(values):
                distance = crowding(front, values)
                expected += sorted(front, key=lambda i, distance=distance: (-distance[i], i))
            expected = expected[:size]
        assert kept(goal, size, evaluations) == expected


@given(st.lists(st.tuples(steps, steps, steps), min_size=1, max_size=25), st.integers(1, 8))
def test_no_infeasible_one_is_kept_where_a_feasible_one_was_dropped(points, size):
    evaluations = [found(*point) for point in points]
    goal = Goal(TWO.objectives, (BOUND,))
    order = kept(goal, size, evaluations)
    violations = [goal.judge(evaluation).violation for evaluation in evaluations]
    assert len(order) == min(size, len(points))
    assert [violations[i] for i in order] == sorted(violations)[: len(order)]
    feasible = [i for i in order if violations[i] == 0]
    values = {i: goal.judge(evaluations[i]).values for i in feasible}
    assert sorted(fronts(values)[0]) == sorted(feasible[: len(fronts(values)[0])]) if feasible else True


def test_crowding_by_hand():
    """The ends come first, in the order of their numbers, then those whose neighbours lie apart."""
    line = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (6.0, 6.0), (10.0, 10.0)]
    assert kept(TWO, 5, [found(*point) for point in line]) == [0, 4, 3, 2, 1]
    assert kept(TWO, 3, [found(*point) for point in line]) == [0, 4, 3]


def test_what_the_goal_cannot_rank_is_none_of_them():
    for goal in (ONE, TWO):
        assert kept(goal, 3, [found(math.nan), found(0.5, math.inf), Evaluation.given({"spikes": 3.0})]) == (
            [1] if goal is ONE else []
        )


def test_equal_ones_are_drawn_alike():
    fittest = Fittest(ONE, 4)
    for index in range(9):
        fittest.add(candidate(index), found(0.5))
    rng = np.random.default_rng(0)
    drawn = Counter(fittest.draw(rng).index for _ in range(4000))
    assert sorted(drawn) == [0, 1, 2, 3]
    assert min(drawn.values()) == pytest.approx(1000, rel=0.1)
