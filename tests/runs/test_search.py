"""Searches in this process: what is evaluated, journalled, failed, refused."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
import torch

import analysis
import autosnn_ray as asr
from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.errors import (
    AutoSNNError,
    AutoSNNWarning,
    InvalidInputError,
    JournalError,
    RunExistsError,
    SearchInterruptedError,
)
from autosnn_ray.evaluators import Evaluator
from autosnn_ray.journal import Journal, read_journal
from tests.runs.common import LOCAL, cut, larger_problem, rows, undisturbed, untrained
from tests.runs.evaluators import Broken, Counting, Noting, Vandal, faulty, score, scored, weighted


def search(problem, evaluator, path, **options):
    """Searches in this process."""
    return asr.search(problem, evaluator, path=path, **{"executor": LOCAL, **options})


def test_evaluations_are_those_of_the_supernets_paths(tiny_problem, tiny_supernet, tmp_path):
    run = search(
        tiny_problem, asr.SupernetPath(tiny_supernet), tmp_path / "run", algorithm=asr.RandomSearch(), candidates=9
    )
    frame, validation = run.frame(), tiny_problem.data.validation
    assert sorted(frame.architecture) == sorted("/".join(a) for a in tiny_problem.space.enumerate())
    fitness = asr.SpikeAwareFitness(tiny_supernet.reference_spikes)
    for row in frame.itertuples():
        architecture = tiny_problem.space.parse(row.architecture)
        path = asr.evaluate(tiny_supernet.network, validation, architecture, loss=tiny_supernet.training.loss)
        assert (row.accuracy, row.spikes, row.loss) == (path.accuracy, path.spikes, path.loss)
        assert row.fitness == pytest.approx(fitness(path))
        network = tiny_problem.network(torch.Generator(), architecture)
        assert row.parameters == sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("algorithm", ["autosnn", "random", "stratified", "steady_state"])
def test_a_run_is_ask_and_tell_written_down(tmp_path, algorithm):
    settings = make_algorithm(algorithm, seed=3)
    run = search(larger_problem(), score, tmp_path / "run", algorithm=settings, candidates=45)
    expected = undisturbed(tmp_path / "expected", larger_problem(), settings, 45)
    assert rows(run) == rows(expected)
    assert len(run.frame()) == 45


def test_the_default_goal_is_the_fitness_with_what_the_evaluator_measures(tiny_problem, tiny_supernet, tmp_path):
    paths = search(tiny_problem, asr.SupernetPath(tiny_supernet), tmp_path / "paths", candidates=2)
    assert paths.config()["goal"]["objectives"][0]["reference_spikes"] == tiny_supernet.reference_spikes
    scores = search(tiny_problem, "training_free", tmp_path / "scores", candidates=2)
    (objective,) = scores.config()["goal"]["objectives"]
    assert (objective["measure"], objective["reference_spikes"]) == ("score", None)
    frame = scores.frame()
    assert frame.accuracy.isna().all()
    assert frame.score.between(0, 1).all()


def test_a_function_of_ones_own_gives_plain_numbers_and_is_aimed_at_by_name(tmp_path):
    run = search(
        larger_problem(),
        partial(weighted, weight=0.5),
        tmp_path / "run",
        objectives=[asr.Minimize("latency"), asr.Maximize("accuracy")],
        constraints=[asr.Constraint("parameters", at_most=60_000)],
        candidates=30,
    )
    frame = run.frame()
    assert frame.latency.eq(3).all()
    for row in frame.itertuples():
        assert row.accuracy == 0.5 * scored(row.architecture.split("/")).accuracy
    assert (frame.parameters <= 60_000).all()  # known beforehand: no evaluation is spent on what breaks it
    assert frame.feasible.all()
    assert frame.basis.eq("given").all()
    assert run.config()["evaluator"] == {"name": "tests.runs.evaluators:weighted", "settings": {"weight": 0.5}}


def test_constraints_beside_a_goal_are_not_dropped(tmp_path):
    goal = asr.Goal((asr.Maximize("accuracy"),), (asr.Constraint("spikes", at_most=900),))
    also = asr.Constraint("parameters", at_most=50_000)
    run = search(larger_problem(), score, tmp_path, objectives=goal, constraints=[also], candidates=1)
    assert [one["measure"] for one in run.config()["goal"]["constraints"]] == ["spikes", "parameters"]


@dataclass(frozen=True)
class Listing(Evaluator):
    """Has a setting whose type nobody checks."""

    name: ClassVar[str] = "listing"
    folders: tuple[Path, ...]

    def start(self, context):
        return lambda architecture, repetition: score(context.problem, architecture)


def test_an_evaluator_of_ones_own_is_a_dataclass_whose_settings_stand_in_the_journal(tiny_problem, tmp_path):
    run = search(tiny_problem, Noting(str(tmp_path)), tmp_path / "run", candidates=3)
    assert run.config()["evaluator"] == {"name": "noting", "settings": {"folder": str(tmp_path)}}
    with pytest.raises(InvalidInputError, match=r"folder: expected text, got PosixPath"):
        Noting(tmp_path)
    with pytest.raises(InvalidInputError, match=r"evaluator listing: expected settings that a journal can hold.*Path"):
        search(tiny_problem, Listing((tmp_path,)), tmp_path / "other")
    with pytest.raises(InvalidInputError, match=r"expected arguments that a journal can hold"):
        search(tiny_problem, partial(weighted, weight=tmp_path), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_faulty_evaluations_fail_their_candidates_and_nothing_else(tiny_problem, tmp_path):
    run = search(tiny_problem, faulty, tmp_path / "run", algorithm=asr.RandomSearch(), candidates=9)
    frame = run.frame().set_index("architecture")
    assert set(frame[frame.status == "failed"].index) == {a for a in frame.index if not a.startswith("skip")}
    assert (frame.status == "done").sum() == 3
    assert frame.loc["scb_k3/skip", "reason"] == "ValueError: no current at the bench"
    assert "not finite: " in frame.loc["srb_k3/skip", "reason"]
    assert "accuracy nan" in frame.loc["srb_k3/skip", "reason"]
    assert set(run.front().architecture) <= {a for a in frame.index if a.startswith("skip")}


def test_what_is_no_evaluation_fails_its_candidates(tiny_problem, tmp_path):
    frame = search(tiny_problem, _nothing, tmp_path / "run", candidates=2).frame()
    assert frame.reason.str.contains(r"InvalidInputError: an evaluator: expected an Evaluation or numbers").all()


def test_an_evaluator_that_cannot_be_started_fails_its_candidates_with_the_reason(tiny_problem, tmp_path):
    frame = search(tiny_problem, Broken(str(tmp_path)), tmp_path / "run", candidates=2).frame()
    assert frame.reason.eq("RuntimeError: the bench is locked").all()


def test_an_evaluator_that_writes_into_the_supernets_weights_is_caught(tiny_problem, tmp_path):
    run = search(tiny_problem, Vandal(untrained(tiny_problem)), tmp_path / "run", candidates=4)
    frame = run.frame()
    assert (frame.status == "failed").all()
    assert frame.reason.str.contains("shared weights were overwritten").all()


def test_more_candidates_than_the_space_holds_end_with_the_space(tiny_problem, tmp_path):
    run = search(tiny_problem, score, tmp_path / "run", candidates=400)
    assert len(run.frame()) == tiny_problem.space.size == 9
    last = json.loads((tmp_path / "run" / "journal.jsonl").read_text().splitlines()[-1])
    assert last["event"] == "stop"
    assert last["reason"] == "the space is used up"


def test_a_folder_with_a_run_is_refused_and_left_alone(tiny_problem, tmp_path):
    search(tiny_problem, score, tmp_path, candidates=2)
    before = (tmp_path / "journal.jsonl").read_bytes()
    with pytest.raises(RunExistsError, match="resume"):
        search(tiny_problem, score, tmp_path, candidates=2)
    assert (tmp_path / "journal.jsonl").read_bytes() == before


def test_a_second_driver_is_refused_while_the_first_is_at_work(tiny_problem, tmp_path):
    search(tiny_problem, score, tmp_path, candidates=2)
    with Journal.append_to(tmp_path):
        for attempt in (
            lambda: search(tiny_problem, score, tmp_path, candidates=2, resume=True),
            lambda: asr.resume(tmp_path, candidates=4, evaluator=score, executor=LOCAL),
        ):
            with pytest.raises(RunExistsError, match="at work"):
                attempt()
    assert len(asr.resume(tmp_path, candidates=4, evaluator=score, executor=LOCAL).frame()) == 4


def test_resuming_at_any_line_ends_as_the_undisturbed_run(tmp_path):
    """A journal as kill -9 leaves it: whole lines, then a part of one; all ends of the first two generations."""

    def run(path, resume=False):
        return search(larger_problem(), score, path, algorithm=asr.AutoSNN(seed=1), candidates=42, resume=resume)

    whole = run(tmp_path / "whole")
    lines = (tmp_path / "whole" / "journal.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == 86
    for cut_at in (1, 2, 3, 20, 21, 40, 41, 42, 43, 61, 84, 85):
        folder = tmp_path / f"cut{cut_at}"
        folder.mkdir()
        (folder / "journal.jsonl").write_bytes(b"".join(lines[:cut_at]) + lines[cut_at][:11])
        with pytest.warns(AutoSNNWarning, match="torn"):
            resumed = run(folder, resume=True)
        assert rows(resumed) == rows(whole), f"cut after {cut_at} lines"
    assert rows(run(tmp_path / "whole", resume=True)) == rows(whole), "resuming a finished run changes nothing"


def test_ctrl_c_ends_a_search_with_what_was_told_and_it_goes_on(tmp_path):
    interrupts = [7, 23]

    def interrupted(problem, architecture):
        if interrupts and len(asr.Run(tmp_path / "run").frame()) == interrupts[0] + 1:
            interrupts.pop(0)
            raise KeyboardInterrupt
        return scored(architecture)

    options = {"algorithm": asr.AutoSNN(seed=2), "candidates": 30}
    with pytest.raises(SearchInterruptedError, match=r"stopped after 7 of 30 candidates.*autosnn-ray resume"):
        search(larger_problem(), interrupted, tmp_path / "run", **options)
    assert analysis.state(tmp_path / "run").startswith("stopped before its end")
    with pytest.raises(SearchInterruptedError, match="stopped after 23 of 30"):
        asr.resume(tmp_path / "run", evaluator=interrupted, executor=LOCAL)
    told = []
    run = asr.resume(
        tmp_path / "run", evaluator=interrupted, executor=LOCAL, on_result=lambda one, _: told.append(one.index)
    )
    assert told == list(range(30)), "those in the journal first, each once"
    assert rows(run) == rows(undisturbed(tmp_path / "whole", larger_problem(), asr.AutoSNN(seed=2), 30))


def test_an_error_of_whoever_is_told_is_not_swallowed_and_the_search_goes_on_from_there(tmp_path):
    def picky(candidate, outcome):
        if candidate.index == 5:
            raise AutoSNNError("seen enough")

    with pytest.raises(AutoSNNError, match="seen enough"):
        search(larger_problem(), score, tmp_path / "run", candidates=30, on_result=picky)
    assert len(read_journal(tmp_path / "run").told) == 6
    run = asr.resume(tmp_path / "run", evaluator=score, executor=LOCAL)
    assert rows(run) == rows(undisturbed(tmp_path / "whole", larger_problem(), asr.AutoSNN(), 30))


OTHER_PLANS = {
    "algorithm: .*'seed'|algorithm.settings.seed: 0 there, 1 now": {"algorithm": asr.RandomSearch(seed=1)},
    "algorithm.name: 'random' there, 'autosnn' now": {"algorithm": asr.AutoSNN(seed=0)},
    "goal.objectives: ": {"objectives": asr.SpikeAwareFitness(exponent=-0.2)},
    "goal.constraints: ": {"constraints": [asr.Constraint("spikes", at_most=900)]},
    "candidates: 3 there, 2 now": {"candidates": 2},
    "candidates: 3 there, 4 now.*--candidates extends it": {"candidates": 4},
    "evaluator.name: 'tests.runs.evaluators:score' there": {"evaluator": faulty},
    "problem.timesteps: 2 there, 3 now": {"problem": lambda one: replace(one, timesteps=3)},
    "problem.neuron.*: ": {"problem": lambda one: replace(one, neuron=asr.NeuronSettings(model="lif"))},
    "problem.data.checksum: ": {"problem": lambda one: replace(one, data=asr.load_dataset("digits", seed=9))},
    "problem.space.*channels: 4 there, 6 now": {"problem": lambda one: one.with_space(replace(one.space, channels=6))},
}


@pytest.mark.parametrize("said", OTHER_PLANS)
def test_resuming_as_another_search_is_refused_and_says_what_differs(tiny_problem, tmp_path, said):
    plan = {
        "problem": tiny_problem, "evaluator": score, "path": tmp_path, "algorithm": asr.RandomSearch(seed=0),
        "candidates": 3, "executor": LOCAL,
    }  # fmt: skip
    asr.search(**plan)
    before = (tmp_path / "journal.jsonl").read_bytes()
    change = {key: value(tiny_problem) if key == "problem" else value for key, value in OTHER_PLANS[said].items()}
    with pytest.raises(JournalError, match=f"holds another search and cannot go on as this one: .*({said})"):
        asr.search(**{**plan, **change}, resume=True)
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    assert rows(asr.search(**plan, resume=True)) == rows(asr.Run(tmp_path))


def test_settings_of_an_evaluator_and_its_supernet_are_decisive(tiny_problem, tmp_path):
    ours, other = untrained(tiny_problem, seed=0), untrained(tiny_problem, seed=1)
    search(tiny_problem, asr.RecalibratedPath(ours, samples=64), tmp_path, candidates=1)
    with pytest.raises(JournalError, match=r"evaluator.settings.samples: 64 there, 65 now"):
        search(tiny_problem, asr.RecalibratedPath(ours, samples=65), tmp_path, candidates=1, resume=True)
    with pytest.raises(JournalError, match=rf"supernet.checksum: '{ours.weights_checksum}' there"):
        search(tiny_problem, asr.RecalibratedPath(other, samples=64), tmp_path, candidates=1, resume=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"candidates": 0}, "candidates"),
        ({"evaluator": "magic"}, "unknown evaluator 'magic'"),
        ({"evaluator": "path"}, r"evaluator path: expected a supernet, got none"),
        ({"evaluator": 3}, r"evaluator: expected settings such as asr.SupernetPath\(supernet\)"),
        ({"objectives": []}, "objectives: expected at least one"),
        ({"constraints": ["parameters"]}, "constraints: expected such as"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(tiny_problem, tmp_path, change, said):
    with pytest.raises(InvalidInputError, match=said):
        asr.search(
            **{"problem": tiny_problem, "evaluator": score, "path": tmp_path / "run", "executor": LOCAL} | change
        )
    assert not (tmp_path / "run").exists()


def test_another_problem_than_the_supernets_is_refused(tiny_problem, tiny_supernet, tmp_path):
    evaluator, other = asr.SupernetPath(tiny_supernet), asr.load_dataset("digits", seed=9)
    with pytest.raises(InvalidInputError, match="split the supernet was trained on"):
        search(replace(tiny_problem, data=other), evaluator, tmp_path / "run")
    with pytest.raises(InvalidInputError, match="expected one of the problem's timesteps"):
        search(replace(tiny_problem, timesteps=3), evaluator, tmp_path / "run")
    with pytest.raises(InvalidInputError, match="expected one of the problem's space"):
        search(larger_problem(), evaluator, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_weights_changed_in_memory_are_refused(tiny_problem, tiny_supernet, tmp_path):
    other = replace(tiny_supernet, network=untrained(tiny_problem).network)
    with pytest.raises(InvalidInputError, match="they were changed in memory"):
        search(tiny_problem, asr.SupernetPath(other), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_ends_the_search_with_one_error_and_what_was_told_stays(small_disk, tmp_path):
    problem = larger_problem()
    supernet = untrained(problem)
    with pytest.raises(JournalError, match=r"run/supernet: cannot be written: No space left on device"):
        search(problem, asr.SupernetPath(supernet), small_disk / "run", candidates=400)
    options = {"algorithm": asr.RandomSearch(seed=0), "candidates": 400}
    with pytest.raises(JournalError, match="No space left on device"):
        search(problem, score, small_disk / "other", **options)
    told = analysis.read(small_disk / "other")
    assert len(told) > 5
    (small_disk / "ballast").unlink()
    run = search(problem, score, small_disk / "other", resume=True, **options)
    assert rows(run) == rows(undisturbed(tmp_path / "whole", problem, options["algorithm"], 400))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own that is nearly full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=True)
    try:
        (disk / "ballast").write_bytes(bytes(1_000_000))
        yield Path(disk)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_an_evaluators_seed_is_the_repetition_and_never_the_generation(tmp_path):
    """Of three generations all are evaluated for the first time."""
    notes = tmp_path / "notes"
    notes.mkdir()
    run = search(larger_problem(), Counting(str(notes)), tmp_path / "run", algorithm=asr.AutoSNN(), candidates=60)
    assert set(run.frame().generation) == {0, 1, 2}
    assert {note.name.split(".")[1] for note in notes.iterdir()} == {"0"}


def test_a_cut_journal_of_paths_goes_on_with_the_supernet_it_keeps(tiny_problem, tiny_supernet, tmp_path):
    run = search(tiny_problem, asr.SupernetPath(tiny_supernet), tmp_path, candidates=4)
    before = rows(run)
    cut(tmp_path, 4)
    assert rows(asr.resume(tmp_path)) == before


def _nothing(problem, architecture):
    return "well"
