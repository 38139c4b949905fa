"""Searches with real Ray processes: the pool, the journal, failures, resuming."""

from __future__ import annotations

import contextlib
import json
import os
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
import ray

import analysis
import autosnn_ray as asr
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.errors import AutoSNNError, InvalidInputError, JournalError, RunExistsError
from tests.cluster.evaluators import DiesOnce, Faulty, Score, Slow, Unusable, Vandal, score
from tests.cluster.runs import rows, with_space

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module", autouse=True)
def two_slots():
    with ray_session(num_cpus=2) as cpus:
        assert cpus == 2
        yield
    assert not ray.is_initialized()


def test_evaluations_are_those_of_the_supernets_paths(tiny_supernet, digits, tmp_path):
    run = asr.search(tiny_supernet, digits, path=tmp_path / "run", algorithm=asr.RandomSearch(seed=0), candidates=9)
    frame = run.frame()
    assert sorted(frame.architecture) == sorted("/".join(a) for a in tiny_supernet.space.enumerate())
    for row in frame.itertuples():
        alone = asr.evaluate(tiny_supernet.network, digits.validation, tiny_supernet.space.parse(row.architecture))
        assert row.accuracy == pytest.approx(alone.accuracy, abs=1 / 360 + 1e-9)
        assert row.spikes == pytest.approx(alone.spikes, rel=1e-3)
    fitness = asr.SpikeAwareFitness(tiny_supernet.reference_spikes)
    for row in frame.itertuples():
        assert row.fitness == pytest.approx(fitness(asr.Evaluation(row.accuracy, row.spikes)))


def test_a_generation_keeps_both_actors_busy_to_its_end(tiny_supernet, digits, tmp_path):
    """Three generations of twenty on two slots: two processes throughout, both at work in every generation."""
    notes = tmp_path / "notes"
    notes.mkdir()
    asr.search(
        with_space(tiny_supernet, "autosnn_16"),
        digits,
        path=tmp_path / "run",
        algorithm=asr.AutoSNN(seed=0),
        candidates=60,
        evaluator=Slow(notes, 0.1),
    )
    spans = sorted((float(s), float(e), pid) for pid, s, e in (note.name.split("-") for note in notes.iterdir()))
    assert len(spans) == 60
    assert len({pid for _, _, pid in spans}) == 2, "an actor was lost between generations"
    for generation in range(3):
        own = spans[20 * generation : 20 * generation + 20]
        per_actor = [sum(pid == name for *_, pid in own) for name in {pid for *_, pid in spans}]
        assert min(per_actor) >= 7, f"generation {generation}: one actor had nearly all: {per_actor}"


def test_one_slot_and_two_give_the_same_run(tiny_supernet, digits, tmp_path):
    supernet = with_space(tiny_supernet, "autosnn_16")
    runs = [
        asr.search(
            supernet,
            digits,
            path=tmp_path / f"slots{cpus}",
            algorithm=asr.AutoSNN(seed=3),
            candidates=60,
            evaluator=Score,
            cpus_per_candidate=cpus,
        )
        for cpus in (1, 2)
    ]
    assert rows(runs[0]) == rows(runs[1])


def test_no_more_run_side_by_side_than_asked_for(tiny_supernet, digits, tmp_path):
    asr.search(tiny_supernet, digits, path=tmp_path / "run", candidates=4, evaluator=Slow(tmp_path, 0.3), concurrent=1)
    spans = sorted((float(s), float(e), pid) for pid, s, e in (n.name.split("-") for n in tmp_path.glob("*-*-*")))
    assert len({pid for _, _, pid in spans}) == 1
    assert all(end <= start for (_, end, _), (start, _, _) in pairwise(spans))


def test_faulty_evaluations_fail_their_candidates_and_nothing_else(tiny_supernet, digits, tmp_path):
    run = asr.search(
        tiny_supernet, digits, path=tmp_path / "run", algorithm=asr.RandomSearch(seed=0), candidates=9, evaluator=Faulty
    )
    frame = run.frame().set_index("architecture")
    assert set(frame[frame.status == "failed"].index) == {a for a in frame.index if not a.startswith("skip")}
    assert (frame.status == "done").sum() == 3
    assert "no current at the bench" in frame.loc["scb_k3/skip", "reason"]
    assert "not finite: accuracy nan" in frame.loc["srb_k3/skip", "reason"]
    assert set(run.front().architecture) <= {a for a in frame.index if a.startswith("skip")}


def test_a_killed_actor_is_replaced_and_its_candidate_told_once(tiny_supernet, digits, tmp_path):
    victim = tiny_supernet.space.parse("scb_k3/srb_k3")
    run = asr.search(
        tiny_supernet,
        digits,
        path=tmp_path / "run",
        algorithm=asr.RandomSearch(seed=0),
        candidates=9,
        evaluator=DiesOnce(tmp_path, victim),
    )
    frame = run.frame().set_index("architecture")
    assert (tmp_path / "died").exists()
    assert (frame.status == "done").all()
    assert frame.loc["scb_k3/srb_k3", "attempts"] == 2
    assert frame.drop("scb_k3/srb_k3").attempts.eq(1).all()
    assert frame.loc["scb_k3/srb_k3", "accuracy"] == pytest.approx(score(victim).accuracy)


@pytest.mark.slow
def test_a_search_of_which_no_process_lives_stops_with_nothing_failed_and_is_gone_on_with(
    tiny_supernet, digits, tmp_path
):
    evaluator = Unusable(tmp_path / "mended")
    with pytest.raises(AutoSNNError, match="the evaluating process died with each of the first 3 candidates"):
        asr.search(tiny_supernet, digits, path=tmp_path / "run", candidates=9, evaluator=evaluator)
    frame = asr.Run(tmp_path / "run").frame()
    assert not frame.status.isin(["done", "failed"]).any()
    evaluator.mended.touch()
    frame = asr.resume(tmp_path / "run", evaluator=evaluator).frame()
    assert (frame.status == "done").all()
    assert len(frame) == 9


def test_an_actor_that_writes_into_the_shared_weights_is_caught(tiny_supernet, digits, tmp_path):
    run = asr.search(
        tiny_supernet, digits, path=tmp_path / "run", algorithm=asr.RandomSearch(seed=0), candidates=4, evaluator=Vandal
    )
    frame = run.frame()
    assert (frame.status == "failed").all()
    assert frame.reason.str.contains("shared weights were overwritten").any()


def test_more_candidates_than_the_space_holds_end_with_the_space(tiny_supernet, digits, tmp_path):
    run = asr.search(tiny_supernet, digits, path=tmp_path / "run", candidates=400, evaluator=Score)
    assert len(run.frame()) == tiny_supernet.space.size == 9
    last = json.loads((tmp_path / "run" / "journal.jsonl").read_text().splitlines()[-1])
    assert last["event"] == "stop"
    assert last["reason"] == "the space is used up"


def test_a_folder_with_a_run_is_refused_and_left_alone(tiny_supernet, digits, tmp_path):
    asr.search(tiny_supernet, digits, path=tmp_path, candidates=2, evaluator=Score)
    before = (tmp_path / "journal.jsonl").read_bytes()
    with pytest.raises(RunExistsError, match="resume"):
        asr.search(tiny_supernet, digits, path=tmp_path, candidates=2, evaluator=Score)
    assert (tmp_path / "journal.jsonl").read_bytes() == before


def test_resuming_a_cut_journal_ends_as_the_undisturbed_run(tiny_supernet, digits, tmp_path):
    supernet = with_space(tiny_supernet, "autosnn_16")

    def run(path, resume=False):
        return asr.search(
            supernet,
            digits,
            path=path,
            algorithm=asr.AutoSNN(seed=1),
            candidates=50,
            evaluator=Score,
            resume=resume,
        )

    whole = run(tmp_path / "whole")
    lines = (tmp_path / "whole" / "journal.jsonl").read_bytes().splitlines(keepends=True)
    for cut in (1, 30, 61, len(lines) - 1):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        # A journal as kill -9 leaves it: whole lines, then a part of one.
        (folder / "journal.jsonl").write_bytes(b"".join(lines[:cut]) + lines[cut][:11])
        with pytest.warns(asr_warning(), match="torn"):
            resumed = run(folder, resume=True)
        assert rows(resumed) == rows(whole)
    assert rows(run(tmp_path / "whole", resume=True)) == rows(whole), "resuming a finished run changes nothing"


def test_resuming_as_another_search_is_refused_and_says_what_differs(tiny_supernet, digits, tmp_path):
    asr.search(tiny_supernet, digits, path=tmp_path, algorithm=asr.RandomSearch(seed=0), candidates=3, evaluator=Score)
    with pytest.raises(JournalError, match=r"algorithm: .*'seed': 0.* there, .*'seed': 1.* now"):
        asr.search(
            tiny_supernet,
            digits,
            path=tmp_path,
            algorithm=asr.RandomSearch(seed=1),
            candidates=3,
            evaluator=Score,
            resume=True,
        )
    with pytest.raises(JournalError, match="objective"):
        asr.search(
            tiny_supernet,
            digits,
            path=tmp_path,
            algorithm=asr.RandomSearch(seed=0),
            candidates=3,
            exponent=-0.2,
            evaluator=Score,
            resume=True,
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"candidates": 0}, "candidates"),
        ({"exponent": float("nan")}, "exponent"),
        ({"exponent": 0.1}, "exponent"),
        ({"reference_spikes": 0.0}, "reference_spikes"),
        ({"reference_spikes": float("nan")}, "reference_spikes"),
        ({"evaluator": "magic"}, "unknown evaluator 'magic'"),
        ({"cpus_per_candidate": 0}, "cpus_per_candidate"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(tiny_supernet, digits, tmp_path, change, said):
    with pytest.raises(InvalidInputError, match=said):
        asr.search(tiny_supernet, digits, path=tmp_path / "run", **change)
    assert not (tmp_path / "run").exists()


def test_another_split_than_the_supernets_is_refused(tiny_supernet, tmp_path):
    with pytest.raises(InvalidInputError, match="split the supernet was trained on"):
        asr.search(tiny_supernet, asr.load_dataset("digits", seed=9), path=tmp_path / "run")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_ends_the_search_with_one_error_and_what_was_told_stays(
    tiny_supernet, digits, small_disk, tmp_path
):
    supernet = with_space(tiny_supernet, "autosnn_16")
    arguments = {"algorithm": asr.RandomSearch(seed=0), "candidates": 400, "evaluator": Score}
    with pytest.raises(JournalError, match=r"run/supernet: cannot be written: No space left on device"):
        asr.search(supernet, digits, path=small_disk / "run", **arguments)
    # With the supernet elsewhere there is room for the beginning of the journal.
    supernet = asr.Supernet.load(supernet.save(tmp_path / "supernet"))
    with pytest.raises(JournalError, match="No space left on device"):
        asr.search(supernet, digits, path=small_disk / "run", **arguments)
    told = analysis.read(small_disk / "run")
    assert len(told) > 5
    (small_disk / "ballast").unlink()
    run = asr.search(supernet, digits, path=small_disk / "run", resume=True, **arguments)
    assert (run.frame().status == "done").sum() == 400


def asr_warning():
    from autosnn_ray.errors import AutoSNNWarning

    return AutoSNNWarning


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own that is nearly full."""
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=True)
    try:
        (disk / "ballast").write_bytes(bytes(1_000_000))
        yield Path(disk)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_searches_in_one_session_leave_no_actors_behind(tiny_supernet, digits, tmp_path):
    for name in ("first", "second"):
        asr.search(tiny_supernet, digits, path=tmp_path / name, candidates=1)
    deadline = time.monotonic() + 30
    while overseers := _processes_named("Overseer"):
        assert time.monotonic() < deadline, overseers
        time.sleep(0.2)


def _processes_named(part: str) -> list[str]:
    names = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended between the two looks
            names.append(process.name())
    return [name for name in names if part in name]
