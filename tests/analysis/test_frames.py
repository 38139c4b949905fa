"""Frames, fronts and statistics of a run."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_run import REFERENCE, write_events, write_search

import analysis
import search_spaces
from autosnn_ray.errors import AutoSNNWarning, InvalidInputError, JournalError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.journal import Journal
from autosnn_ray.objectives import Constraint, Goal, Maximize, Minimize
from autosnn_ray.runs.run import Run

OUTCOMES = [(0.9, 5000.0), "it raised", None, (0.95, 6000.0), (0.9, 4000.0), (0.95, 6000.0), (0.8, 3000.0)]


@pytest.fixture
def path(tmp_path):
    return write_events(tmp_path / "run", OUTCOMES)


def test_a_row_a_candidate_in_the_order_of_indices(path):
    frame = analysis.read(path)
    assert frame["index"].tolist() == list(range(7))
    assert frame.columns.tolist() == [
        "index", "architecture", "slot_0", "slot_1", "slot_2", "slot_3", "slot_4", "accuracy", "accuracy_low",
        "accuracy_high", "spikes", "fitness", "loss", "basis", "rank", "feasible", "violation", "generation",
        "repetition", "told", "origin", "parents", "seconds", "attempts", "status", "reason",
        "reused_from",
    ]  # fmt: skip
    assert frame.status.tolist() == ["done", "failed", "pending", "done", "done", "done", "done"]
    assert frame.architecture[3] == "skip/skip/skip/skip/srb_k3"
    assert frame.slot_4.tolist()[:4] == ["skip", "scb_k3", "scb_k5", "srb_k3"]
    assert frame.slot_4.cat.categories.tolist() == ["skip", "scb_k3", "scb_k5", "srb_k3", "srb_k5"]
    assert frame.parents[2] == (0, 1)
    assert frame.generation.tolist() == [0, 0, 1, 1, 2, 2, 3]
    assert frame.attempts.tolist() == [1, 3, 0, 1, 1, 1, 1]
    assert frame.reason[1] == "it raised"
    assert np.isnan(frame.accuracy[1])
    assert np.isnan(frame.fitness[2])
    assert frame.attrs["space"] == "digits_16"
    assert frame.attrs["objective"]["exponent"] == -0.08


def test_fitness_is_the_objectives(path):
    frame = analysis.read(path)
    assert frame.fitness[0] == pytest.approx(0.9 * (5000 / REFERENCE) ** -0.08)
    assert analysis.choose(frame)["index"] == 3, "the earlier of two that are equal in all"
    assert analysis.best(frame, 2)["index"].tolist() == [3, 5]


def test_types_hold_also_where_there_is_nothing(tmp_path):
    empty, full = (
        analysis.read(write_events(tmp_path / "empty", [])),
        analysis.read(write_events(tmp_path / "full", OUTCOMES)),
    )
    assert len(empty) == 0
    assert empty.dtypes.drop("parents").astype(str).to_dict() == full.dtypes.drop("parents").astype(str).to_dict()
    assert analysis.front(empty).empty
    assert analysis.best(empty).empty
    with pytest.raises(ValueError, match="no candidate"):
        analysis.choose(empty)


def test_the_front_holds_ties_and_no_failure(path):
    assert analysis.front(analysis.read(path))["index"].tolist() == [6, 4, 3, 5]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30))
def test_the_front_is_what_brute_force_finds(points):
    frame = pd.DataFrame(
        {
            "index": range(len(points)),
            "accuracy": [accuracy / 6 for accuracy, _ in points],
            "spikes": [float(spikes) for _, spikes in points],
            "status": "done",
        }
    )

    def dominates(a, b):
        return a[0] >= b[0] and a[1] <= b[1] and a != b

    expected = {i for i, p in enumerate(points) if not any(dominates(q, p) for q in points)}
    assert set(analysis.front(frame)["index"]) == expected


def test_hypervolume_by_hand(path):
    frame = analysis.read(path)
    # staircase below 8,000 spikes: 0.8 from 3,000 on, 0.9 from 4,000 on, 0.95 from 6,000 on
    expected = (0.8 * 1000 + 0.9 * 2000 + 0.95 * 2000) / 8000
    assert analysis.hypervolume(frame, spikes=8000.0) == pytest.approx(expected)
    assert analysis.hypervolume(frame.iloc[:0], spikes=8000.0) == 0.0


@pytest.mark.parametrize(
    ("accuracy", "samples", "expected"),
    [(0.5, 100, (0.4038, 0.5962)), (1.0, 360, (0.9894, 1.0)), (0.0, 10, (0.0, 0.2775))],
)
def test_wilson_intervals_against_the_books(accuracy, samples, expected):
    assert analysis.wilson_interval(accuracy, samples) == pytest.approx(expected, abs=1e-4)


def test_what_is_no_share_has_no_interval():
    with pytest.raises(InvalidInputError, match=r"accuracy: expected a share from 0 to 1, got 93\.5"):
        analysis.wilson_interval(93.5, 100)


def test_among_the_best_an_architecture_stands_once(path):
    frame = analysis.read(path)
    twice = pd.concat([frame, frame.assign(rank=frame["rank"] + 0.5)], ignore_index=True)
    assert analysis.best(twice, 3)["architecture"].tolist() == analysis.best(frame, 3)["architecture"].tolist()
    assert analysis.best(twice, 3)["rank"].tolist() == [1.0, 2.0, 3.0]
    alike = twice.drop(columns="rank")
    assert analysis.best(alike, 3)["architecture"].is_unique


def test_where_no_accuracy_has_an_interval_the_best_is_preferred(path):
    frame = analysis.read(path).assign(accuracy_low=np.nan, accuracy_high=np.nan)
    assert analysis.preferred(frame)["index"] == analysis.choose(frame)["index"]


def test_candidates_that_cannot_be_told_apart(path):
    frame = analysis.read(path)
    assert analysis.indistinguishable(frame, 3)["index"].tolist() == [4, 0, 3, 5]
    assert analysis.indistinguishable(frame, 6)["index"].tolist() == [6]


def test_of_those_that_cannot_be_told_apart_the_one_with_fewest_spikes_is_preferred(path):
    frame = analysis.read(path)
    chosen = analysis.choose(frame)
    equal = analysis.indistinguishable(frame, int(chosen["index"]))
    preferred = analysis.preferred(frame)
    assert len(equal) > 1
    assert preferred["spikes"] == equal["spikes"].min()
    assert preferred["spikes"] <= chosen["spikes"]


def test_equal_fitness_is_decided_by_the_smooth_loss(path):
    frame = analysis.read(path)
    alike = frame.drop(columns="rank").assign(fitness=1.0, loss=[0.5, 0.4, 0.3, 0.2, 0.1, 0.25, 0.6])
    assert analysis.best(alike, 3)["index"].tolist() == [4, 3, 5]


def test_layer_spikes(path):
    layers = analysis.layer_spikes(path)
    assert layers["index"].tolist() == [0, 3, 4, 5, 6]
    assert layers.spikes.tolist() == [5000.0, 6000.0, 4000.0, 6000.0, 3000.0]


def test_a_torn_end_is_said_and_the_rest_is_read(path):
    with (path / "journal.jsonl").open("ab") as file:
        file.write(b'{"v":1,"seq"')
    with pytest.warns(AutoSNNWarning, match="half-written"):
        assert len(analysis.read(path)) == 7


def test_no_run_is_one_clear_error(tmp_path):
    with pytest.raises(JournalError, match="is this the folder of a run"):
        analysis.read(tmp_path)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_written_frame_can_be_read_again(path, tmp_path, suffix):
    frame = analysis.read(path)
    file = analysis.write_frame(frame, tmp_path / f"out/frame.{suffix}")
    again = pd.read_csv(file) if suffix == "csv" else pd.read_parquet(file)
    assert again.accuracy.equals(frame.accuracy)
    assert again.architecture.tolist() == frame.architecture.tolist()
    assert again.parents[2] == "0 1"


def test_another_suffix_is_refused(path, tmp_path):
    with pytest.raises(InvalidInputError, match=r"\.csv or \.parquet"):
        analysis.write_frame(analysis.read(path), tmp_path / "frame.xlsx")


def test_a_run_is_the_same_frames(path):
    run = Run(path)
    assert run.frame().equals(analysis.read(path))
    assert run.front().equals(analysis.front(analysis.read(path)))
    assert run.config()["goal"]["objectives"][0]["reference_spikes"] == REFERENCE


def test_a_whole_search_has_a_frame_of_all_its_candidates(tmp_path):
    frame = analysis.read(write_search(tmp_path))
    assert len(frame) == 400
    assert frame.architecture.is_unique
    assert set(frame.origin) == {"random", "mutation", "crossover"}


def test_results_open_without_torch_and_ray(path):
    code = (
        "import sys, analysis\nanalysis.front(analysis.read(sys.argv[1])); analysis.PLOTS['pareto'](sys.argv[1])\n"
        "print(sorted({'torch', 'ray', 'norse', 'sklearn'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def write_measures(folder, goal, found: list[dict[str, float]]):
    """Writes a run whose evaluator measures what it likes."""
    space = search_spaces.load("digits_16")
    with Journal.create(folder) as journal:
        entries = {"problem": {"space": space.to_dict()}, "candidates": len(found), "goal": goal.to_dict()}
        journal.write("start", config=entries)
        for index, measures in enumerate(found):
            journal.write(
                "ask", index=index, architecture=list(space.at(index)), origin="random", parents=[], generation=0,
                repetition=0,
            )  # fmt: skip
            journal.write("tell", index=index, evaluation=Evaluation.given(measures).to_dict(), attempts=1)
    return folder


def test_by_several_objectives_feasible_fronts_come_before_what_is_infeasible(tmp_path):
    """One that breaks the bound and is better than the first in both takes nothing from it."""
    goal = Goal((Maximize("accuracy"), Minimize("spikes")), (Constraint("energy", at_most=2.0),))
    points = [(0.8, 300, 1), (0.9, 500, 1), (0.89, 600, 2), (0.85, 200, 4), (0.5, 10, 6)]
    found = [{"accuracy": accuracy, "spikes": spikes, "energy": energy} for accuracy, spikes, energy in points]
    frame = analysis.read(write_measures(tmp_path, goal, found))
    assert frame["rank"].tolist() == [2, 1, 3, 4, 5]
    assert frame.feasible.tolist() == [True, True, True, False, False]
    assert frame.violation.tolist() == [0, 0, 0, 1, 2]


def test_a_candidate_without_what_a_bound_is_on_is_not_ranked_and_the_rest_is_read(tmp_path):
    goal = Goal((Maximize("accuracy"),), (Constraint("energy", at_most=2.0),))
    found = [{"accuracy": 0.9}, {"accuracy": 0.8, "energy": 1.0}]
    frame = analysis.read(write_measures(tmp_path, goal, found))
    assert frame.accuracy.tolist() == [0.9, 0.8]
    assert frame.feasible.tolist() == [False, True]
    assert np.isnan(frame["rank"][0])
    assert np.isnan(frame.violation[0])
    assert frame["rank"][1] == 1


def test_a_measure_never_takes_the_place_of_what_the_frame_says_itself(tmp_path):
    """An evaluator of one's own may call its measures what it likes."""
    taken = {"index": 7.0, "rank": 8.0, "generation": 9.0, "slot_0": 3.0, "status": 4.0, "seconds": 5.0, "told": 6.0}
    goal = Goal((Maximize("accuracy"),))
    frame = analysis.read(write_measures(tmp_path, goal, [{"accuracy": 0.9, "spikes": 3.0, "volts": 2.0, **taken}]))
    plain = analysis.read(write_measures(tmp_path / "plain", goal, [{"accuracy": 0.9, "spikes": 3.0}]))
    assert frame[plain.columns].equals(plain)
    assert frame.volts[0] == 2.0
    assert {name: frame[f"{name}_measured"][0] for name in taken} == taken


def test_a_paired_test_tells_apart_what_intervals_do_not(path):
    """Two that differ in ten samples of a hundred, all in favour of one: their intervals overlap."""
    frame = analysis.read(path)
    right = np.arange(100) < 95
    worse, elsewhere = right & (np.arange(100) >= 10), np.roll(right, 50)
    correct = {3: right, 0: worse, 4: elsewhere}
    assert analysis.indistinguishable(frame, 3)["index"].tolist() == [4, 0, 3, 5]
    assert analysis.indistinguishable(frame, 3, correct)["index"].tolist() == [4, 3, 5]
    assert analysis.preferred(frame, correct)["index"] == 4
    assert analysis.mcnemar(right, worse) == pytest.approx(2 / 2**10)


def test_the_paired_test_is_scipys():
    from scipy import stats

    for first, second in ((0, 1), (3, 3), (4, 5), (5, 4), (2, 19), (40, 71), (0, 2000), (4000, 4100)):
        one = np.arange(first + second) < first
        assert analysis.mcnemar(one, ~one) == pytest.approx(stats.binomtest(first, first + second).pvalue, rel=1e-9)
