"""Searches with a URL: one whose driver and machine are lost goes on from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

import autosnn_ray as asr
from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.errors import RunExistsError
from autosnn_ray.journal import read_journal
from autosnn_ray.storage import copy
from autosnn_ray.storage.copy import TakenOverError
from tests.runs.common import LOCAL, larger_problem, rows, undisturbed
from tests.runs.evaluators import Slow, score
from tests.runs.kills import drive, kill

ROOT, HERE = Path(__file__).parents[2], Path("runs/one")


@pytest.fixture
def url(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # drivers find the tests there, and not below the working folder
    return f"file://{tmp_path}/store"


def test_a_driver_killed_and_its_machine_lost_goes_on_from_the_url(tmp_path, url):
    candidates, notes, there = 60, tmp_path / "notes", tmp_path / "store" / HERE / "journal.jsonl"
    notes.mkdir()
    command = drive(HERE, "autosnn", candidates, notes, 0.1, url)
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    deadline = time.monotonic() + 120
    while not there.exists() or there.read_bytes().count(b"\n") < 30:
        assert driver.poll() is None, "the driver ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    kill(driver)
    lost = len(read_journal(HERE).events)
    shutil.rmtree("runs")

    told: list[int] = []
    run = asr.resume(
        HERE, storage=url, evaluator=Slow(str(notes), 0.1), on_result=lambda one, _: told.append(one.index)
    )
    assert rows(run) == rows(
        undisturbed(tmp_path / "whole", larger_problem(), make_algorithm("autosnn", seed=4), candidates)
    )
    assert sorted(told) == list(range(candidates))
    assert 15 < lost < 2 * candidates
    assert there.read_bytes() == (HERE / "journal.jsonl").read_bytes()


def test_searches_with_a_url(tiny_problem, tiny_supernet_folder, tmp_path, url, monkeypatch):
    monkeypatch.setattr(copy, "COPY_SECONDS", 0.05)
    evaluator = asr.SupernetPath(asr.Supernet.load(tiny_supernet_folder))
    options = {"candidates": 4, "executor": LOCAL}
    run = asr.search(tiny_problem, evaluator, path=HERE, storage=url, **options)
    assert run.config()["evaluator"]["supernet"]["folder"] == "supernet"
    before = rows(run)
    shutil.rmtree("runs")
    with pytest.raises(RunExistsError, match="already holds a run"):
        asr.search(tiny_problem, evaluator, path=HERE, storage=url, **options)
    assert not Path("runs").exists()
    assert rows(asr.resume(HERE, storage=url)) == before

    # Begun without a URL, copied when it was at its end, and extended elsewhere.
    run = asr.search(tiny_problem, evaluator, path="runs/two", **options)
    assert run.config()["evaluator"]["supernet"]["folder"] == str(tiny_supernet_folder)
    asr.resume("runs/two", storage=url)
    shutil.rmtree("runs/two")
    hidden = tiny_supernet_folder.rename(tmp_path / "hidden")
    try:
        assert len(asr.resume("runs/two", storage=url, candidates=6).frame()) == 6
    finally:
        hidden.rename(tiny_supernet_folder)


def test_a_search_that_another_driver_has_taken_over_stops(tiny_problem, tmp_path, url, monkeypatch):
    monkeypatch.setattr(copy, "COPY_SECONDS", 0.05)
    asr.search(tiny_problem, score, path=HERE, storage=url, candidates=2, executor=LOCAL)

    def taken(candidate, outcome):
        if candidate.index == 1:
            there = tmp_path / "store/runs"
            shutil.copyfile(there / "one/journal.jsonl", there / "three/journal.jsonl")

    with pytest.raises(TakenOverError, match="another driver has taken the run over"):
        asr.search(
            tiny_problem, Slow(str(tmp_path), 0.3), path="runs/three", storage=url, candidates=9, on_result=taken,
            executor=LOCAL,
        )  # fmt: skip
    assert len(read_journal("runs/three").evaluations) < 8
