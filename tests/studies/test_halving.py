"""Successive halving, with real trainings of tiny networks."""

from __future__ import annotations

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.studies.halving import Round
from autosnn_ray.studies.placed import describe
from tests.runs.common import LOCAL, cut
from tests.runs.evaluators import score


@pytest.fixture
def run(tiny_problem, tmp_path):
    return asr.search(tiny_problem, score, path=tmp_path / "run", candidates=9, executor=LOCAL)


PLAN = (Round(4, 2, 1), Round(2, 2, 2))


def test_rounds_halve_and_the_winner_comes_from_the_last(run, tiny_problem):
    options = {"rounds": PLAN, "also": ["skip/skip"], "executor": LOCAL}
    found = asr.successive_halving(tiny_problem, run, **options)
    rows = describe(found)
    assert [row["round"] for row in rows] == [1, 1, 0, 0, 0, 0, *([0] if len(rows) == 7 else [])]
    last = rows[:2]
    assert [row["place"] for row in last] == [1, 2]
    assert last[0]["fitness"] >= last[1]["fitness"]
    assert all(row["seeds"] == 2 and row["fitness_low"] <= row["fitness"] <= row["fitness_high"] for row in last)
    first = {row["architecture"] for row in rows if row["round"] == 0}
    assert "skip/skip" in first
    assert set(run.best(4)["architecture"]) <= first
    best_of_first = [row["architecture"] for row in rows if row["round"] == 0 and row["place"] <= 2]
    assert sorted(best_of_first) == sorted(row["architecture"] for row in last)

    told = analysis.read_halving(run.path)
    assert [{name: row[name] for name in rows[0]} for row in told] == rows
    assert [row["epochs"] for row in told] == [2] * len(rows)
    assert analysis.best_known(run.path, 2) == [row["architecture"] for row in last]

    before = {path: path.read_bytes() for path in (run.path / "halving").rglob("journal.jsonl")}
    assert len(before) == len(rows)
    assert describe(asr.successive_halving(tiny_problem, run, **options)) == rows
    assert {path: path.read_bytes() for path in before} == before, "trained once more"

    cut(next((run.path / "halving" / "epochs_2_seeds_2").iterdir()), 2)
    again = describe(asr.successive_halving(tiny_problem, run, **options))
    timeless = [[{**row, "seconds": 0} for row in one] for one in (again, rows)]
    assert timeless[0] == timeless[1], "what was cut off went on to another end"


def test_after_a_search_was_extended_only_those_are_trained_that_are_new(run, tiny_problem):
    options = {"rounds": PLAN, "executor": LOCAL}
    short = asr.search(tiny_problem, score, path=run.path.parent / "short", candidates=4, executor=LOCAL)
    asr.successive_halving(tiny_problem, short, **options)
    before = {path: path.read_bytes() for path in (short.path / "halving").rglob("journal.jsonl")}
    longer = asr.resume(short.path, candidates=9, evaluator=score, executor=LOCAL)
    again = describe(asr.successive_halving(tiny_problem, longer, **options))
    fresh = describe(asr.successive_halving(tiny_problem, run, **options))
    assert [{**row, "seconds": 0} for row in again] == [{**row, "seconds": 0} for row in fresh]
    assert set(longer.best(4)["architecture"]) != set(short.frame().head(4)["architecture"]), (
        "nothing new: nothing shown"
    )
    assert {path: path.read_bytes() for path in before} == before, "trained once more"
    homes = [f"epochs_{plan.epochs}_seeds_{plan.seeds}" for plan in PLAN]
    taken = {(homes[row["round"]], row["architecture"].replace("/", "+")) for row in again}
    there = {path.parts[-3:-1] for path in (short.path / "halving").rglob("journal.jsonl")}
    assert there == taken | {path.parts[-3:-1] for path in before}


def test_a_finalist_is_the_mean_of_trainings_that_differ_in_their_seed(run, tiny_problem):
    (finalist,) = asr.successive_halving(tiny_problem, run, rounds=(Round(1, 2, 2),), executor=LOCAL)
    settings = asr.TrainSettings(epochs=2)
    architecture = tiny_problem.space.parse(finalist.architecture)
    for seed, found in enumerate(finalist.evaluations):
        network = asr.train_from_scratch(tiny_problem, architecture, seed=seed, settings=settings)
        assert found.accuracy == asr.evaluate(network, tiny_problem.data.validation).accuracy
    assert finalist.evaluations[0].accuracy != finalist.evaluations[1].accuracy
    assert finalist.fitness == pytest.approx(sum(finalist.fitnesses) / 2)
    assert finalist.architecture == run.best(1)["architecture"].iloc[0]


def test_finalists_are_placed_by_what_the_search_aimed_at_and_its_constraints(tiny_problem, tmp_path):
    sizes = {"/".join(a): tiny_problem.parameters(a) for a in tiny_problem.space.enumerate()}
    bound = sorted(sizes.values())[4]
    run = asr.search(
        tiny_problem, score, path=tmp_path / "run", candidates=9, executor=LOCAL, objectives=asr.Maximize("parameters"),
        constraints=[asr.Constraint("parameters", at_most=bound)],
    )  # fmt: skip
    found = asr.successive_halving(
        tiny_problem, run, rounds=(Round(3, 1, 1),), also=[max(sizes, key=sizes.get)], executor=LOCAL
    )
    assert found[0].fitness == bound
    assert [one.is_feasible for one in found] == [True, True, True, False]
    assert [sizes[one.architecture] for one in found[:3]] == sorted(sizes[one.architecture] for one in found[:3])[::-1]


def test_bad_input_is_refused(run, tiny_problem, tmp_path):
    with pytest.raises(InvalidInputError, match="epochs of a round"):
        Round(4, 0, 1)
    with pytest.raises(InvalidInputError, match="expected at least one"):
        asr.successive_halving(tiny_problem, run, rounds=())
    nothing = asr.search(tiny_problem, _broken, path=tmp_path / "nothing", candidates=2, executor=LOCAL)
    with pytest.raises(InvalidInputError, match="no candidate has been evaluated"):
        asr.successive_halving(tiny_problem, nothing, executor=LOCAL)


def _broken(problem, architecture):
    raise RuntimeError("no")
