"""Searches that begin with what is known: architectures, the best of another run, a frame."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import autosnn_ray as asr
import search_spaces
from autosnn_ray.errors import InvalidInputError, JournalError
from autosnn_ray.runs.resuming import resume
from autosnn_ray.runs.search import search
from autosnn_ray.runs.warm_start import architectures_of
from autosnn_ray.space import format_architecture
from tests.runs.common import LOCAL, larger_problem
from tests.runs.evaluators import score

SKIPS = "skip/skip/skip/skip/skip"


def searched(path: Path, **settings) -> asr.Run:
    settings = {"candidates": 40, "algorithm": asr.AutoSNN(seed=1), "executor": LOCAL, **settings}
    return search(larger_problem(), score, path=path, **settings)


def test_the_best_of_another_run_come_first(tmp_path):
    before = searched(tmp_path / "before")
    best = list(before.best(10)["architecture"])
    for number, given in enumerate((before, before.path, str(before.path))):
        after = searched(tmp_path / f"after_{number}", begin_with=given).frame()
        assert list(after["architecture"][:10]) == best
        assert list(after["origin"][:10]) == ["given"] * 10
        assert after["fitness"].max() >= before.frame()["fitness"].max()


def test_a_run_that_began_with_something_is_resumed_to_the_same_end(tmp_path):
    given = {"begin_with": [SKIPS, ("srb_k5",) * 5]}
    undisturbed = searched(tmp_path / "whole", **given)
    journal = tmp_path / "cut" / "journal.jsonl"
    searched(tmp_path / "cut", **given)
    lines = journal.read_bytes().splitlines(keepends=True)
    for kept in (2, 5, 30, 61):
        journal.write_bytes(b"".join(lines[:kept]))
        found = resume(tmp_path / "cut", evaluator=score, executor=LOCAL)
        columns = ["architecture", "fitness", "origin", "generation", "parents"]
        pd.testing.assert_frame_equal(found.frame()[columns], undisturbed.frame()[columns], check_like=True)


def test_going_on_with_another_beginning_is_refused(tmp_path):
    searched(tmp_path / "run", begin_with=[SKIPS])
    with pytest.raises(JournalError, match="begin_with"):
        searched(tmp_path / "run", resume=True)


@pytest.mark.parametrize("algorithm", [asr.MapElites(seed=1, initial=5), asr.Optuna(seed=1), asr.AutoSNN(seed=1)])
def test_what_breaks_a_constraint_is_begun_with_and_the_feasible_rest_is_used_up(algorithm, tmp_path):
    """A run that is resumed in the midst of it ends alike."""
    problem = larger_problem()
    sizes = {one: problem.parameters(one) for one in problem.space.enumerate()}
    bound = sorted(sizes.values())[30]
    feasible = {format_architecture(one) for one, size in sizes.items() if size <= bound}
    dearest = format_architecture(max(sizes, key=sizes.get))
    settings = {
        "constraints": [asr.Constraint("parameters", at_most=bound)], "begin_with": [dearest, SKIPS], "candidates": 200,
        "algorithm": algorithm,
    }  # fmt: skip
    found = searched(tmp_path / "run", **settings).frame()
    assert list(found["architecture"][:2]) == [dearest, SKIPS]
    assert list(found["feasible"]) == [False] + [True] * len(feasible)
    assert set(found["architecture"][1:]) == feasible
    journal = tmp_path / "run" / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:20]))
    again = resume(tmp_path / "run", evaluator=score, executor=LOCAL).frame()
    assert list(again["architecture"]) == list(found["architecture"])


def test_a_frame_and_a_run_of_another_width_are_taken(tmp_path):
    before = searched(tmp_path / "run")
    part = before.frame().nsmallest(4, "spikes")
    assert architectures_of(part, search_spaces.load("fashion_16")) == tuple(part["architecture"])
    assert len(architectures_of(before, search_spaces.load("autosnn_16"), best=3)) == 3


@pytest.mark.parametrize(
    ("given", "complaint"),
    [([], "at least one"), (3, "a run or a frame"), (pd.DataFrame({"a": [1]}), "with architectures"), (["x"], "x")],
)
def test_what_names_no_architecture_is_refused(given, complaint):
    with pytest.raises(InvalidInputError, match=complaint):
        architectures_of(given, search_spaces.load("digits_16"))
