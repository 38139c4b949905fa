"""Rank and final, with real trainings of tiny networks on real Ray processes."""

from __future__ import annotations

import json

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.cluster.final import Round, describe
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.errors import InvalidInputError

pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def two_slots():
    with ray_session(num_cpus=2):
        yield


@pytest.fixture(scope="module")
def run(two_slots, tiny_supernet, digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranked") / "run"
    return asr.search(tiny_supernet, digits, path=folder, candidates=9)


def told(folder):
    lines = (folder / "journal.jsonl").read_text().splitlines()
    return [json.loads(line)["index"] for line in lines if json.loads(line)["event"] == "tell"]


def test_a_ranking_is_measured_and_used_again(run, tiny_supernet, digits):
    arguments = {"path": run.path / "rank", "sample": 8, "seeds": 2, "epochs": 2}
    folder = asr.rank(tiny_supernet, digits, evaluators=["path"], **arguments)
    (ranking,) = analysis.read_rankings(folder)
    assert (ranking.evaluator, len(ranking.table), ranking.seeds) == ("path", 8, 2)
    for seed in (0, 1):
        assert sorted(told(folder / "truth" / f"seed_{seed}")) == list(range(8))
    before = (folder / "truth" / "seed_0" / "journal.jsonl").read_bytes()

    asr.rank(tiny_supernet, digits, evaluators=["path", asr.make_evaluator("alone", epochs=1)], **arguments)
    assert (folder / "truth" / "seed_0" / "journal.jsonl").read_bytes() == before, "the truth was trained once more"
    assert {ranking.evaluator for ranking in analysis.read_rankings(folder)} == {"path", "alone(epochs=1)"}
    asr.rank(tiny_supernet, digits, evaluators=["path"], **{**arguments, "sample": 9})
    assert (folder / "truth" / "seed_0" / "journal.jsonl").read_bytes().startswith(before)
    extended = {ranking.evaluator: len(ranking.table) for ranking in analysis.read_rankings(folder)}
    assert extended == {"path": 9, "alone(epochs=1)": 8}
    # The truth's table is what the trainings gave.
    frame = analysis.read(folder / "truth" / "seed_0").set_index("architecture")
    other = analysis.read(folder / "truth" / "seed_1").set_index("architecture")
    row = ranking.table.iloc[0]
    mean = (frame.loc[row["architecture"], "accuracy"] + other.loc[row["architecture"], "accuracy"]) / 2
    assert row["true_accuracy"] == pytest.approx(mean)


def test_a_final_halves_and_the_winner_comes_from_the_last_round(run, tiny_supernet, digits):
    plan = (Round(4, 1, 1), Round(2, 2, 2))
    found = asr.final(tiny_supernet, digits, run, rounds=plan, also=["skip/skip"])
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
    again = asr.final(tiny_supernet, digits, run, rounds=plan, also=["skip/skip"])
    assert describe(again) == rows


def test_bad_input_is_refused(run, tiny_supernet, digits, tmp_path):
    with pytest.raises(InvalidInputError, match="at least 2, or nothing says"):
        asr.rank(tiny_supernet, digits, path=tmp_path, seeds=1)
    with pytest.raises(InvalidInputError, match="at least 5 architectures"):
        asr.rank(tiny_supernet, digits, path=tmp_path, sample=2)
    with pytest.raises(InvalidInputError, match="epochs of a round"):
        Round(4, 0, 1)
    with pytest.raises(InvalidInputError, match="expected at least one"):
        asr.final(tiny_supernet, digits, run, rounds=())
