"""Objectives that are measures, bounds on measures, and goals of both: values by hand, refusals, round trips."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import OBJECTIVES, Constraint, Goal, Maximize, Minimize, SpikeAwareFitness
from autosnn_ray.objectives.objective import objective_from_dict
from autosnn_ray.testing import OBJECTIVE_LAWS

FOUND = Evaluation.given({"accuracy": 0.9, "spikes": 500.0, "parameters": 60_000})
SAMPLES = {"fitness": SpikeAwareFitness(123.5, -0.16, "score"), "maximize": Maximize("score"),
           "minimize": Minimize("parameters")}  # fmt: skip

finite = st.floats(-1e6, 1e6)


def test_measures_are_worth_what_their_direction_says():
    assert Maximize("accuracy")(FOUND) == 0.9
    assert Minimize("spikes")(FOUND) == -500.0
    assert math.isnan(Maximize("score")(FOUND)), "what was not measured cannot be ranked"
    assert math.isnan(Minimize("score")(FOUND))
    assert [one.label for one in SAMPLES.values()] == ["fitness", "score", "parameters"]


@pytest.mark.parametrize("kind", OBJECTIVES)
@pytest.mark.parametrize("law", OBJECTIVE_LAWS)
def test_it_keeps_the_law(kind, law):
    OBJECTIVE_LAWS[law](SAMPLES[kind])
    assert SAMPLES[kind].kind == kind


def test_an_objective_that_is_none_is_refused():
    with pytest.raises(InvalidInputError, match="unknown objective 'fittness'; expected one of: fitness, "):
        objective_from_dict({"kind": "fittness"})
    with pytest.raises(InvalidInputError, match="objective maximize: expected its settings, got "):
        objective_from_dict({"kind": "maximize", "colour": "red"})
    for nothing in ({}, None, 3, []):
        with pytest.raises(InvalidInputError, match="objective: expected its kind and settings"):
            objective_from_dict(nothing)


@pytest.mark.parametrize("kind", ["maximize", "minimize"])
@pytest.mark.parametrize("measure", ["", None, 3])
def test_a_measure_without_a_name_is_refused(kind, measure):
    with pytest.raises(InvalidInputError, match="measure: expected its name, such as accuracy, got "):
        objective_from_dict({"kind": kind, "measure": measure})
    with pytest.raises(InvalidInputError, match="measure: expected its name"):
        SpikeAwareFitness(measure=measure)
    with pytest.raises(InvalidInputError, match="measure: expected its name"):
        Constraint(measure, at_most=1.0)


def test_a_bound_is_missed_by_how_far_the_measure_lies_beyond():
    assert Constraint("parameters", at_most=50_000).violation(FOUND) == 10_000
    assert Constraint("parameters", at_most=60_000).violation(FOUND) == 0
    assert Constraint("accuracy", at_least=0.95).violation(FOUND) == pytest.approx(0.05)
    between = Constraint("spikes", at_most=600, at_least=510)
    assert between.violation(FOUND) == 10
    assert between.text == "spikes at most 600 and at least 510"
    assert Constraint("parameters", at_most=50_000).text == "parameters at most 50,000"
    with pytest.raises(InvalidInputError, match="unknown measure 'energy'; expected one of: accuracy, "):
        Constraint("energy", at_most=1).violation(FOUND)


@pytest.mark.parametrize(
    "bounds",
    [
        {},
        {"at_most": math.nan},
        {"at_least": math.inf},
        {"at_most": True},
        {"at_most": "3"},
        {"at_most": 1, "at_least": math.nan},
    ],
)
def test_bounds_that_are_none_are_refused(bounds):
    with pytest.raises(InvalidInputError, match="constraint on spikes: expected at_most or at_least, a finite number"):
        Constraint("spikes", **bounds)


def test_bounds_that_nothing_keeps_are_refused():
    with pytest.raises(InvalidInputError, match="constraint on spikes: nothing is at most 3 and at least 4"):
        Constraint("spikes", at_most=3, at_least=4)
    assert Constraint("spikes", at_most=3, at_least=3).violation(Evaluation.given({"spikes": 3})) == 0


@given(value=finite, low=finite, width=st.floats(0, 1e6))
def test_a_bound_is_kept_exactly_where_its_violation_is_nought(value, low, width):
    constraint = Constraint("spikes", at_most=low + width, at_least=low)
    missed = constraint.violation(Evaluation.given({"spikes": value}))
    assert missed >= 0
    assert (missed == 0) == (low <= value <= low + width)


def test_violations_of_several_bounds_are_added_as_shares_of_them():
    goal = Goal((Maximize("accuracy"),), (Constraint("parameters", at_most=50_000), Constraint("spikes", at_most=400)))
    judgement = goal.judge(FOUND)
    assert judgement.violation == pytest.approx(0.2 + 0.25)
    assert not judgement.is_feasible
    assert judgement.values == (0.9,)
    # A bound of nought has no share.
    assert Goal((Maximize("accuracy"),), (Constraint("spikes", at_most=0),)).judge(FOUND).violation == 500


evaluations = st.builds(
    lambda accuracy, spikes: Evaluation.given({"accuracy": accuracy, "spikes": spikes}),
    st.integers(0, 4).map(lambda n: n / 4),
    st.integers(0, 6).map(float),
)


@given(left=evaluations, right=evaluations)
def test_the_key_puts_first_what_debs_rules_prefer(left, right):
    """Of two feasible ones the better; a feasible one before any other; of two infeasible ones the less so."""
    goal = Goal((Maximize("accuracy"),), (Constraint("spikes", at_most=3),))
    first, second = goal.judge(left), goal.judge(right)
    if first.is_feasible and second.is_feasible:
        assert (first.key < second.key) == (left.accuracy > right.accuracy)
    elif first.is_feasible != second.is_feasible:
        assert (first.key < second.key) == first.is_feasible
    elif left.spikes != right.spikes:
        assert (first.key < second.key) == (left.spikes < right.spikes)
    else:
        assert (first.key < second.key) == (left.accuracy > right.accuracy)


def test_what_cannot_be_ranked_says_so():
    goal = Goal((Maximize("accuracy"), Minimize("spikes")), (Constraint("parameters", at_most=50_000),))
    assert goal.judge(FOUND).values == (0.9, -500.0)
    assert goal.judge(FOUND).is_finite
    assert not goal.judge(Evaluation.given({"accuracy": 0.9, "parameters": 1})).is_finite
    assert not goal.judge(Evaluation.given({"accuracy": 0.9, "spikes": 1, "parameters": math.nan})).is_finite
    with pytest.raises(InvalidInputError, match="unknown measure 'parameters'"):
        goal.judge(Evaluation.given({"accuracy": 0.9, "spikes": 1}))


@given(
    objectives=st.lists(st.sampled_from(list(SAMPLES.values())), min_size=1, max_size=3),
    bounds=st.lists(st.tuples(st.sampled_from(["spikes", "energy"]), finite, st.booleans()), max_size=3),
)
def test_a_goal_survives_a_journal(objectives, bounds):
    constraints = tuple(Constraint(name, **{"at_most" if most else "at_least": b}) for name, b, most in bounds)
    goal = Goal(tuple(objectives), constraints)
    assert Goal.from_dict(json.loads(json.dumps(goal.to_dict()))) == goal


def test_a_goal_is_made_of_one_objective_or_several():
    one = Maximize("accuracy")
    assert Goal.of(one) == Goal((one,))
    assert Goal.of([one, Minimize("spikes")]).objectives == (one, Minimize("spikes"))
    bound = Constraint("spikes", at_most=3)
    assert Goal.of(one, [bound]).constraints == (bound,)
    assert Goal.of(Goal((one,))) == Goal((one,))


def test_constraints_beside_a_goal_are_kept():
    first, second = Constraint("spikes", at_most=3), Constraint("parameters", at_most=9)
    goal = Goal((Maximize("accuracy"),), (first,))
    assert Goal.of(goal, [second]).constraints == (first, second)


@pytest.mark.parametrize("objectives", [(), (3,), ("accuracy",), (Constraint("spikes", at_most=1),)])
def test_a_goal_without_an_objective_is_refused(objectives):
    with pytest.raises(InvalidInputError, match=r"objectives: expected at least one, such as SpikeAwareFitness\(\)"):
        Goal(objectives)


def test_a_goal_with_something_else_for_a_constraint_is_refused():
    with pytest.raises(InvalidInputError, match="constraints: expected such as Constraint"):
        Goal((Maximize("accuracy"),), ("spikes < 3",))


@pytest.mark.parametrize(
    "values", [{}, {"objectives": 3}, {"objectives": []}, {"objectives": [{"kind": "maximize"}]},
               {"objectives": [{"kind": "maximize", "measure": "accuracy"}], "constraints": [{"colour": 1}]},
               {"objectives": [{"kind": "maximize", "measure": "accuracy"}], "constraints": 3}],
)  # fmt: skip
def test_a_goal_that_was_not_written_is_refused(values):
    with pytest.raises(InvalidInputError, match=r"goal|objective|constraint"):
        Goal.from_dict(values)
