"""Ray Tune's loggers get each candidate's measures, and their files are read back by their own readers."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from ray import tune
from ray.tune.logger import CSVLoggerCallback, JsonLoggerCallback, TBXLoggerCallback

import autosnn_ray as asr
from autosnn_ray.errors import InvalidInputError
from tests.runs.common import larger_problem
from tests.runs.evaluators import score

pytestmark = pytest.mark.ray


class Notes(tune.Callback):
    def __init__(self):
        self.calls = []

    def setup(self, stop=None, num_samples=None, total_num_samples=None, **info):
        self.calls.append(("setup", num_samples))

    def on_trial_result(self, iteration, trials, trial, result, **info):
        self.calls.append(("result", str(trial), trial.config["architecture"], result["fitness"]))

    def on_trial_error(self, iteration, trials, trial, **info):
        self.calls.append(("error", str(trial)))

    def on_experiment_end(self, trials, **info):
        self.calls.append(("end", len(trials)))


def scalars(folder):
    """What TensorBoard itself reads."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder))
    read.Reload()
    return {tag: [(one.step, one.value) for one in read.Scalars(tag)] for tag in read.Tags()["scalars"]}


def test_loggers_get_a_result_a_candidate_also_where_several_share_a_trial(tmp_path, shared_ray):
    """An enumeration's sub-trees are evaluated in one trial each."""
    from autosnn_ray.algorithms import Enumeration

    problem, notes = larger_problem(), Notes()
    run = asr.search(
        problem, score, path=tmp_path / "run", algorithm=Enumeration(), candidates=12,
        executor=asr.Ray(callbacks=[TBXLoggerCallback(), CSVLoggerCallback(), JsonLoggerCallback(), notes]),
    )  # fmt: skip
    frame = run.frame()
    folders = sorted((run.path / "tune").iterdir())
    assert [folder.name for folder in folders] == [f"candidate_{index:05d}" for index in range(12)]
    for row, folder in zip(frame.itertuples(), folders, strict=True):
        drawn = scalars(folder)
        for name in ("accuracy", "spikes", "fitness", "parameters"):
            assert drawn[f"ray/tune/{name}"] == [(row.index + 1, pytest.approx(getattr(row, name), rel=1e-6))]
        table = pd.read_csv(folder / "progress.csv")
        assert len(table) == 1
        assert table.accuracy[0] == pytest.approx(row.accuracy)
        assert table.fitness[0] == pytest.approx(row.fitness)
        assert json.loads((folder / "params.json").read_text())["architecture"] == row.architecture
        assert json.loads((folder / "result.json").read_text())["spikes"] == row.spikes
    assert notes.calls[0] == ("setup", 12)
    assert notes.calls[-1] == ("end", 12)
    told = {
        name: (architecture, fitness) for kind, name, architecture, fitness in notes.calls[1:-1] if kind == "result"
    }
    assert told == {f"candidate_{row.index:05d}": (row.architecture, row.fitness) for row in frame.itertuples()}
    executor = run.config()["executor"]
    assert "callbacks" not in executor, "loggers are not journalled"


def test_a_failed_candidate_is_an_error_and_a_resumed_run_logs_what_is_new(tmp_path, shared_ray):
    def sometimes(problem, architecture):
        if architecture[0] == "skip":
            raise ValueError("as was wished")
        return {"accuracy": 0.5, "spikes": 100.0}

    first, second = Notes(), Notes()
    how = {"algorithm": asr.RandomSearch(seed=1), "path": tmp_path / "run"}
    asr.search(larger_problem(), sometimes, candidates=12, executor=asr.Ray(callbacks=[first]), **how)
    run = asr.resume(
        tmp_path / "run", candidates=16, evaluator=sometimes, executor=asr.Ray(callbacks=[second, TBXLoggerCallback()])
    )
    frame = run.frame()
    failed = [f"candidate_{index:05d}" for index in frame.index[frame.status == "failed"]]
    assert failed
    errors = [call[1] for call in (*first.calls, *second.calls) if call[0] == "error"]
    assert sorted(errors) == failed
    assert (first.calls[0], second.calls[0]) == (("setup", 12), ("setup", 4))
    assert {call[1] for call in second.calls[1:-1]} == {f"candidate_{index:05d}" for index in range(12, 16)}


def test_what_is_no_callback_is_refused():
    for wrong in (TBXLoggerCallback, "tensorboard"):
        with pytest.raises(InvalidInputError, match=r"expected instances of ray\.tune\.Callback"):
            asr.Ray(callbacks=[wrong])
