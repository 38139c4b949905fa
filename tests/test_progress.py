"""Progress: where a call shows a bar, and that commands show one alone."""

from __future__ import annotations

import io
import os
import pty
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console

import autosnn_ray as asr
from autosnn_ray import progress
from autosnn_ray.studies.halving import Round
from autosnn_ray.training import TrainSettings

ONE_EPOCH = TrainSettings(epochs=1, batch_size=50)


def worth(problem, architecture):
    return {"accuracy": architecture.count("srb_k3") / 2, "spikes": 100.0}


@pytest.fixture(scope="module")
def small_problem(tiny_space):
    return asr.Problem(tiny_space, asr.load_dataset("digits", train_samples=100), timesteps=1)


@pytest.fixture(scope="module")
def searched(small_problem, tmp_path_factory):
    folder = tmp_path_factory.mktemp("progress") / "run"
    return asr.search(small_problem, worth, path=folder, candidates=6, executor=asr.Local())


def search(problem, run, path, **how):
    asr.search(problem, worth, path=path / "run", candidates=3, executor=asr.Local(), **how)


def resume(problem, run, path, **how):
    search(problem, run, path, progress=False)
    asr.resume(path / "run", candidates=5, evaluator=worth, executor=asr.Local(), **how)


def train_supernet(problem, run, path, **how):
    with pytest.warns(asr.errors.UntrainedSupernetWarning):
        asr.train_supernet(problem, settings=ONE_EPOCH, **how)


def train_from_scratch(problem, run, path, **how):
    asr.train_from_scratch(problem, "skip/skip", settings=ONE_EPOCH, **how)


def retrain(problem, run, path, **how):
    asr.retrain(problem, ["skip/skip"], path=path, seeds=1, settings=ONE_EPOCH, executor=asr.Local(), **how)


def fidelity(problem, run, path, **how):
    asr.fidelity(problem, ["training_free"], path=path, sample=5, epochs=1, executor=asr.Local(), **how)


def successive_halving(problem, run, path, **how):
    asr.successive_halving(problem, run, rounds=[Round(1, 1, 1)], executor=asr.Local(), **how)


CALLS = {
    search: "search",
    resume: "resume",
    train_supernet: "supernet",
    train_from_scratch: "skip/skip",
    retrain: "retraining, tiny",
    fidelity: "ground truth, seed 1",
    successive_halving: "round 1 of 1, 1 epoch",
}


def a_terminal(monkeypatch, is_terminal: bool) -> io.StringIO:
    file = io.StringIO()
    monkeypatch.setattr(progress, "console", Console(file=file, force_terminal=is_terminal, width=100))
    return file


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_a_call_shows_a_bar_on_a_terminal_and_nothing_elsewhere(call, small_problem, searched, tmp_path, monkeypatch):
    elsewhere = a_terminal(monkeypatch, is_terminal=False)
    call(small_problem, searched, tmp_path / "a")
    assert not elsewhere.getvalue()
    terminal = a_terminal(monkeypatch, is_terminal=True)
    call(small_problem, searched, tmp_path / "b")
    assert CALLS[call] in terminal.getvalue()
    assert "━" in terminal.getvalue()


def test_a_call_does_as_it_is_told(small_problem, searched, tmp_path, monkeypatch):
    elsewhere = a_terminal(monkeypatch, is_terminal=False)
    search(small_problem, searched, tmp_path / "a", progress=True)
    assert "search: 3/3" in elsewhere.getvalue()
    terminal = a_terminal(monkeypatch, is_terminal=True)
    search(small_problem, searched, tmp_path / "b", progress=False)
    assert not terminal.getvalue()


def test_who_listens_is_told_beside_the_bar(small_problem, searched, tmp_path, monkeypatch):
    a_terminal(monkeypatch, is_terminal=True)
    told = []
    search(small_problem, searched, tmp_path, on_result=lambda candidate, _: told.append(candidate.index))
    assert told == [0, 1, 2]


def test_the_predictor_and_training_on_ray_take_progress_too():
    import inspect

    for call in (asr.fit_predictor, asr.train_on_ray, asr.reproduce):
        assert inspect.signature(call).parameters["progress"].default is None


def test_a_command_shows_one_bar(tiny_space_file, tmp_path, monkeypatch):
    """On a real terminal; each time a bar is drawn anew it is one line, and one that stays at the end."""
    root = Path(__file__).parents[1]
    seen = bytearray()

    def read(descriptor: int) -> bytes:
        data = os.read(descriptor, 1024)
        seen.extend(data)
        return data

    command = [
        sys.executable, "-m", "autosnn_ray.cli.main", "search", str(tmp_path / "run"), "--space", str(tiny_space_file),
        "--data", "digits", "--evaluator", "training_free", "--candidates", "2", "--executor", "local",
    ]  # fmt: skip
    monkeypatch.setenv("PYTHONPATH", str(root))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    status = pty.spawn(command, read)
    text = seen.decode(errors="replace")
    assert status == 0, text
    last = re.split(r"2\s+of\s+2\s+candidates", text)[0].split("\x1b[?25h")[0]
    assert last.rsplit("\x1b[2K", 1)[-1].count("search") == 1
    assert "2/2" in last
    assert f"next: autosnn-ray show {tmp_path / 'run'}" in text
