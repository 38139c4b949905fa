"""A run as a study: its trials are the run's candidates, and Optuna's own plots draw them."""

from __future__ import annotations

import warnings
from datetime import datetime

import matplotlib as mpl
import numpy as np
import optuna
import pytest

import autosnn_ray as asr
from autosnn_ray.cli.main import main
from autosnn_ray.errors import InvalidInputError, JournalError
from autosnn_ray.journal import Journal
from autosnn_ray.space import format_architecture
from tests.algorithms.test_map_elites import SPACE, landscape

mpl.use("Agg")
OF = landscape(3)
COMPLETE, FAIL = optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.FAIL


def numbers(problem, architecture):
    if architecture[-1] == "skip":
        raise RuntimeError("does not run")
    found = OF(architecture)
    return {"accuracy": found["accuracy"], "spikes": found["spikes"], "price": found["parameters"]}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two objectives under a constraint; some fail, and two are still under way."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    goal = asr.Goal((asr.Maximize("accuracy"), asr.Minimize("spikes")), (asr.Constraint("price", at_most=12_000),))
    found = asr.search(
        asr.Problem(SPACE, asr.load_dataset("digits")), numbers, path=folder, algorithm=asr.NSGA2(), objectives=goal,
        candidates=80, executor=asr.Local(),
    )  # fmt: skip
    with Journal.append_to(folder) as journal:
        journal.write("extend", candidates=82, versions={}, moved={})
        for index in (80, 81):
            architecture = list(SPACE.at(3000 + index))
            journal.write(
                "ask", index=index, architecture=architecture, origin="random", parents=[], generation=4, repetition=0
            )
    return found


def test_a_trial_is_a_candidate(run):
    study, frame = asr.to_optuna(run), run.frame()
    assert study.study_name == "first"
    assert [one.name for one in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert study.metric_names == ["accuracy", "spikes"]
    told = frame[frame["status"] != "pending"]
    assert len(study.trials) == len(told) == 80
    for trial, row in zip(study.trials, told.to_dict("records"), strict=True):
        assert (
            format_architecture(tuple(trial.params.values())) == row["architecture"] == trial.user_attrs["architecture"]
        )
        for name in ("index", "origin", "generation"):
            assert trial.user_attrs[name] == row[name]
        if row["status"] == "failed":
            assert (trial.state, trial.values) == (FAIL, None)
            assert "does not run" in trial.user_attrs["reason"]
            continue
        assert trial.state == COMPLETE
        assert trial.values == [row["accuracy"], row["spikes"]]
        assert trial.user_attrs["parameters"] == row["parameters"]
        assert trial.user_attrs["basis"]["accuracy"] == "given"
        assert trial.constraints == {"price at most 12,000": pytest.approx(row["price"] / 12_000 - 1)}
        assert (max(trial.constraints.values()) <= 0) == row["feasible"]
        assert trial.datetime_start <= trial.datetime_complete <= datetime.now()
    assert {trial.state for trial in study.trials} == {COMPLETE, FAIL}


def test_the_front_is_the_same(run):
    study, front = asr.to_optuna(run), run.front()
    assert {trial.user_attrs["index"] for trial in study.best_trials} == set(front["index"])


def test_one_objective_has_its_name(tmp_path):
    found = asr.search(
        asr.Problem(SPACE, asr.load_dataset("digits")), numbers, path=tmp_path / "fit", candidates=6,
        executor=asr.Local(),
    )  # fmt: skip
    study = asr.to_optuna(found.path)
    assert study.metric_names == ["fitness"]
    assert study.best_trial.user_attrs["index"] == found.best(1)["index"].iloc[0]


def test_the_command_writes_a_file_that_optuna_opens_and_draws(run, tmp_path, capsys):
    file = tmp_path / "study.log"
    assert main(["export", str(run.path), "--optuna", str(file)]) == 0
    assert "study first: 80 trials" in capsys.readouterr().out
    backend = optuna.storages.journal.JournalFileBackend(str(file))
    study = optuna.load_study(study_name=None, storage=optuna.storages.JournalStorage(backend))
    assert [trial.values for trial in study.trials] == [trial.values for trial in asr.to_optuna(run).trials]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Optuna's own: its plots are experimental
        draw = optuna.visualization.matplotlib
        axes = draw.plot_pareto_front(study)
        accuracies = np.concatenate([np.asarray(one.get_offsets())[:, 0] for one in axes.collections])
        assert len(accuracies) == sum(trial.state == COMPLETE for trial in study.trials)
        for index in (0, 1):
            axes = draw.plot_optimization_history(study, target=lambda trial, index=index: trial.values[index])
            assert axes.collections or axes.lines
            axes = draw.plot_param_importances(study, target=lambda trial, index=index: trial.values[index])
            assert len(axes.patches) == len(SPACE.slots)


def test_what_cannot_be_is_refused(run, tmp_path, capsys):
    file = tmp_path / "there.log"
    file.write_text("mine")
    with pytest.raises(InvalidInputError, match="is there already"):
        asr.to_optuna(run, file)
    assert file.read_text() == "mine"
    with pytest.raises(JournalError, match="is this the folder of a run"):
        asr.to_optuna(tmp_path)
    assert main(["export", str(run.path), "--optuna", str(tmp_path / "a"), "--nir", str(tmp_path / "b")]) == 1
    assert "--optuna: it is of a run, and --nir of a network" in capsys.readouterr().err
    assert main(["export", str(run.path), "--nir", str(tmp_path / "b")]) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["there.log"]
