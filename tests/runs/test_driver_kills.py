"""kill -9 of the driver of a search in its own process, again and again, at any instant of its life."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

import autosnn_ray as asr
from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.journal import Resume, read_journal
from tests.runs.common import larger_problem, rows, undisturbed
from tests.runs.evaluators import scored
from tests.runs.kills import drive, live_and_die


@pytest.mark.parametrize(
    ("algorithm", "by_clock", "by_progress"),
    [("autosnn", 1, 2), pytest.param("steady_state", 2, 4, marks=pytest.mark.slow)],
)
def test_a_driver_killed_again_and_again_loses_nothing(tmp_path, algorithm, by_clock, by_progress):
    """Half-way through an import, amid a write, amid an evaluation: the clock does not choose."""
    candidates, run = 120, tmp_path / "run"
    rng = np.random.default_rng(0)
    lives = [("clock", float(rng.uniform(0, 4))) for _ in range(by_clock)]
    lives += [("progress", float(rng.uniform(0, 20))) for _ in range(by_progress)]
    command = drive(run, algorithm, candidates, tmp_path, 0.02, "local")
    for position in rng.permutation(len(lives)):
        live_and_die(command, run / "journal.jsonl", *lives[position])
    subprocess.run(command, check=True, capture_output=True, timeout=300)

    frame = asr.Run(run).frame()
    assert frame["index"].tolist() == list(range(candidates))
    assert frame.architecture.is_unique
    assert (frame.status == "done").all()
    for row in frame.itertuples():
        assert row.accuracy == scored(row.architecture.split("/")).accuracy
    assert sum(isinstance(event, Resume) for event in read_journal(run).events) >= by_progress
    whole = undisturbed(tmp_path / "whole", larger_problem(), make_algorithm(algorithm, seed=4), candidates)
    assert rows(asr.Run(run)) == rows(whole), "one candidate at a time: no order is left to chance"
