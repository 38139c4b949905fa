"""Journals of version 1: read as they were, and gone on with, or refused in one line that says why.

Those in ``golden`` were written by the last program of that version: searches of ``digits`` in the tiny space, most of
them cut off before their end. ``rows.json`` beside each is the frame of its whole run, as that program read it; the
supernet is the one they all used.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.algorithms import AutoSNN
from autosnn_ray.errors import InvalidInputError, JournalError
from autosnn_ray.journal import read_journal
from autosnn_ray.journal.events import decode
from autosnn_ray.journal.upgrade import UPGRADES
from autosnn_ray.runs.executors import Local
from autosnn_ray.runs.resuming import resume
from autosnn_ray.training import TrainSettings, train_from_scratch

GOLDEN = Path(__file__).with_name("golden")
RUNS = sorted(path.parent.name for path in GOLDEN.glob("*/journal.jsonl"))
PREDICTED, TRAINED = ("surveyed",), ("alone", "kept", "kept_from_supernet")


@pytest.fixture
def run(request, tmp_path) -> Path:
    """A copy of a golden run, its supernet in its folder, as a search keeps one that has no folder of its own."""
    folder = tmp_path / "run"
    shutil.copytree(GOLDEN / request.param, folder)
    shutil.copytree(GOLDEN / "supernet", folder / "supernet")
    return folder


def of(*names: str):
    return pytest.mark.parametrize("run", names, indirect=True, ids=names)


def rows(run: Path) -> list[dict[str, object]]:
    return json.loads((run / "rows.json").read_text())


def supernet() -> asr.Supernet:
    return asr.Supernet.load(GOLDEN / "supernet")


def test_there_is_one_of_every_kind():
    assert RUNS == [
        "alone", "given_then_random", "kept", "kept_from_supernet", "path", "recalibrated", "surveyed",
    ]  # fmt: skip
    for name in RUNS:
        assert all(line.startswith('{"v":1,') for line in (GOLDEN / name / "journal.jsonl").read_text().splitlines())


@of(*RUNS)
def test_a_frame_is_what_it_was(run):
    """What was told has its numbers to the last bit; a repetition is no generation any more."""
    frame, before = analysis.read(run), rows(run)
    assert 0 < len(frame) <= len(before)
    assert (frame.status == "done").any()
    for row, old in zip(frame.itertuples(), before, strict=False):
        assert (row.index, row.architecture, row.origin) == (old["index"], old["architecture"], old["origin"])
        assert list(row.parents) == old["parents"]
        is_given = old["origin"] == "given"
        assert (row.generation, row.repetition) == ((0, old["generation"]) if is_given else (old["generation"], 0))
        if row.status == "done":
            for name in ("accuracy", "spikes", "fitness"):
                assert getattr(row, name) == pytest.approx(old[name], rel=1e-13)
            assert row.attempts == old["attempts"]
            assert row.basis == ("prediction" if frame.attrs["evaluator"] == "predictor" else "share")
            assert row.feasible
    best = max((row for row in frame.itertuples() if row.status == "done"), key=lambda row: row.fitness)
    assert best.rank == 1


@of(*PREDICTED)
def test_what_was_predicted_is_no_share_of_samples(run):
    frame = analysis.read(run)
    assert frame.accuracy.notna().sum() == 3
    assert frame.accuracy_low.isna().all(), "the predictor's own interval was not written then"


@of("path")
def test_what_was_counted_has_its_binomial_interval(run):
    frame = analysis.read(run)
    told = frame[frame.status == "done"].iloc[0]
    assert analysis.wilson_interval(told.accuracy, 360) == (told.accuracy_low, told.accuracy_high)


def compare(frame, before, *, told: int) -> None:
    assert frame.architecture.tolist() == [row["architecture"] for row in before]
    assert (frame.status == "done").all()
    for row, old in zip(frame.itertuples(), before, strict=True):
        # On another processor sums of floats round otherwise, and a spike or two may fall.
        close = {"rel": 1e-13} if row.index < told else {"rel": 0.05}
        assert row.accuracy == pytest.approx(old["accuracy"], **close)
        assert row.spikes == pytest.approx(old["spikes"], **close)
        assert row.origin == old["origin"]
        assert list(row.parents) == old["parents"]


@of("path")
def test_a_search_of_paths_is_resumed_and_ends_as_an_undisturbed_one(run):
    before = (run / "journal.jsonl").read_bytes()
    frame = resume(run, executor=Local(threads=1)).frame()
    compare(frame, rows(run), told=5)
    after = (run / "journal.jsonl").read_bytes()
    assert after.startswith(before), "what is there stays as it was"
    assert {json.loads(line)["v"] for line in after[len(before) :].splitlines()} == {2}
    assert analysis.state(run) == "finished: all candidates are evaluated"
    undisturbed = asr.search(
        supernet().problem(),
        asr.SupernetPath(supernet()),
        path=run.parent / "whole",
        algorithm=AutoSNN(seed=5, population=4, parents=2, mutants=2, crossovers=2),
        candidates=9,
        executor=Local(threads=1),
    ).frame()
    same = ["index", "architecture", "origin", "parents", "generation", "repetition", "status", "rank"]
    assert undisturbed[same].equals(frame[same])


@of("recalibrated")
def test_other_searches_with_a_supernet_are_resumed(run):
    told = 3
    frame = resume(run, executor=Local(threads=1), candidates=len(rows(run)) + 1).frame()
    assert len(frame) == len(rows(run)) + 1
    compare(frame.iloc[:-1], rows(run), told=told)


@of("kept")
def test_repetitions_are_trained_with_the_seeds_they_would_have_had(run, tiny_space, digits):
    shutil.rmtree(run / "supernet")  # trainings from scratch need none
    frame = resume(run, executor=Local(threads=1)).frame()
    assert frame.repetition.tolist() == [0, 0, 1, 1]
    last = frame.iloc[3]
    problem = asr.Problem(tiny_space, digits, timesteps=2)
    settings = TrainSettings(epochs=1, batch_size=32, learning_rate=2e-2)
    expected = train_from_scratch(problem, last.architecture, seed=3 + 1, settings=settings)
    found = asr.evaluate(expected, digits.validation)
    assert (last.accuracy, last.spikes) == (found.accuracy, found.spikes)
    assert list((run / "networks").iterdir()), "each network is kept"


@of("alone", "kept_from_supernet")
def test_trainings_are_resumed(run):
    told = int((analysis.read(run).status == "done").sum())
    frame = resume(run, executor=Local(threads=1)).frame()
    assert (frame.status == "done").all(), frame.reason.tolist()
    assert frame.architecture.tolist() == [row["architecture"] for row in rows(run)]
    assert frame.accuracy.tolist()[:told] == pytest.approx([row["accuracy"] for row in rows(run)][:told], rel=1e-13)
    if frame.attrs["evaluator"] == "from_path":
        assert (frame.accuracy > 0.7).all(), "it starts where the supernet's path stands"


@of("given_then_random")
def test_given_ones_followed_by_random_ones_are_read_and_not_gone_on_with(run):
    before = (run / "journal.jsonl").read_bytes()
    assert len(analysis.read(run)) == 4
    with pytest.raises(JournalError, match=r"the algorithm proposes None, the journal holds .*'random'") as refused:
        resume(run, executor=Local())
    assert "\n" not in str(refused.value)
    assert (run / "journal.jsonl").read_bytes() == before


@of("path")
def test_a_search_that_is_called_again_goes_on_as_well(run):
    called = {
        "path": run, "algorithm": AutoSNN(seed=5, population=4, parents=2, mutants=2, crossovers=2),
        "candidates": 9, "resume": True, "executor": Local(threads=1),
    }  # fmt: skip
    other = {**called, "algorithm": AutoSNN(seed=6, population=4, parents=2, mutants=2, crossovers=2)}
    with pytest.raises(JournalError, match=r"algorithm\.settings\.seed: 5 there, 6 now"):
        asr.search(supernet().problem(), asr.SupernetPath(supernet()), **other)
    frame = asr.search(supernet().problem(), asr.SupernetPath(supernet()), **called).frame()
    compare(frame, rows(run), told=5)


def signed(entries: dict[str, object]) -> str:
    """Returns the line of an event as it was written then."""
    import zlib

    body = json.dumps({"v": 1, "seq": 0, "time": 1.0, **entries}, separators=(",", ":"))
    return f'{body[:-1]},"crc":"{zlib.crc32(body.encode()):08x}"}}'


def start(evaluator: dict[str, object], algorithm: str = "random") -> dict[str, object]:
    config = json.loads((GOLDEN / "path" / "journal.jsonl").read_text().splitlines()[0])["config"]
    algorithms = {"name": algorithm, "settings": {"seed": 0}}
    return {"event": "start", "config": {**config, "evaluator": evaluator, "algorithm": algorithms}}


@pytest.mark.parametrize(
    ("evaluator", "algorithm", "said"),
    [
        ({"name": "training_free", "settings": {}}, "random", "its spikes were counted without batch-norm statistics"),
        ({"name": "surveyed", "settings": {"survey": {}}}, "random", "its accuracies were predicted from values"),
        ({"name": "kept", "settings": {"epochs": 2}}, "autosnn", "every generation was trained with a seed of its own"),
    ],
)
def test_what_today_is_evaluated_otherwise_is_not_gone_on_with(tmp_path, evaluator, algorithm, said):
    (tmp_path / "journal.jsonl").write_text(signed(start(evaluator, algorithm)) + "\n")
    shutil.copytree(GOLDEN / "supernet", tmp_path / "supernet")
    with pytest.raises(InvalidInputError, match=f"begun by an older version, whose .* was another: {said}") as refused:
        resume(tmp_path, executor=Local())
    assert "\n" not in str(refused.value)


def test_a_score_was_no_accuracy(tmp_path):
    ask = {"event": "ask", "index": 0, "architecture": ["skip", "skip"], "origin": "random", "parents": [],
           "generation": 0, "seq": 1}  # fmt: skip
    evaluation = {"accuracy": 0.84, "spikes": 0.09, "loss": None, "samples": 360, "layer_spikes": {}, "seconds": 0.1}
    tell = {"event": "tell", "index": 0, "evaluation": evaluation, "attempts": 1, "seq": 2}
    lines = [signed(start({"name": "training_free", "settings": {}})), signed(ask), signed(tell)]
    (tmp_path / "journal.jsonl").write_text("\n".join(lines) + "\n")
    [evaluation] = read_journal(tmp_path).evaluations[("skip", "skip")]
    assert evaluation.measures["score"] == asr.Measure(0.84, "score")
    assert evaluation.measures["spikes"] == asr.Measure(0.09, "mean", 360)
    assert "accuracy" not in evaluation
    frame = analysis.read(tmp_path)
    assert math.isnan(frame.accuracy[0])
    assert (frame.score[0], frame.basis[0], frame.attrs["quality"]) == (0.84, "score", "score")
    assert frame.fitness[0] > 0


def test_a_network_of_ones_own_evaluator_is_read_and_asked_for(tmp_path):
    shutil.copytree(GOLDEN / "path", tmp_path / "run")
    shutil.copytree(GOLDEN / "supernet", tmp_path / "run" / "supernet")
    lines = (tmp_path / "run" / "journal.jsonl").read_text().splitlines()
    lines[0] = signed(start({"name": "mine:Bench", "settings": {}}))
    (tmp_path / "run" / "journal.jsonl").write_text("\n".join(lines) + "\n")
    assert analysis.read(tmp_path / "run").accuracy.notna().sum() == 5
    with pytest.raises(
        InvalidInputError, match=r"unknown evaluator 'mine:Bench'; expected one of: path, .*evaluator=…"
    ):
        resume(tmp_path / "run", executor=Local())


def test_every_older_version_can_be_read():
    assert list(UPGRADES) == [1]
    assert decode(signed({"event": "stop", "reason": "x"}))[0] == 0
    with pytest.raises(ValueError, match="schema version 3, this program reads 1, 2"):
        decode(signed({"event": "stop", "reason": "x", "v": 3}))


@pytest.mark.parametrize("evaluation", [None, 3, {"accuracy": 1}, []])
def test_events_of_an_older_version_that_lack_a_field_are_errors(evaluation):
    for name in ("path", "surveyed", "training_free"):
        config = {"evaluator": {"name": {"surveyed": "predictor"}.get(name, name)}}
        with pytest.raises(ValueError, match="lacks a field or has a wrong one"):
            decode(signed({"event": "tell", "index": 0, "evaluation": evaluation, "attempts": 1}), config)
