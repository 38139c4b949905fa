"""What finalists and halving train by: the search's goal for networks that are trained, on its own problem."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.cli.main import main
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.studies.halving import Round, halving_rounds
from autosnn_ray.studies.placed import placed
from tests.runs.common import LOCAL
from tests.runs.evaluators import score, scored

HALVING = {"rounds": (Round(2, 1, 2),), "executor": LOCAL}


@pytest.fixture(scope="module")
def small(tiny_problem):
    """The problem with a few samples: trainings of a moment."""
    data = replace(tiny_problem.data, train=tiny_problem.data.train.head(128))
    return replace(tiny_problem, data=data)


def fan_in(network, problem):
    return float(sum(one.numel() for one in network.parameters()))


def zen(problem, architecture):
    return {"accuracy": 0.5, "spikes": scored(architecture).spikes, "zen": float(architecture.count("skip"))}


def test_where_a_search_scores_its_best_are_ordered_by_accuracies(small, tmp_path):
    run = asr.search(small, asr.TrainingFree(), path=tmp_path / "run", candidates=4, executor=LOCAL)
    (searched,) = asr.Goal.from_dict(run.config()["goal"]).objectives
    assert searched.measure == "score"
    fitness = replace(searched, measure="accuracy")
    found = asr.train_finalists(small, run, count=3, epochs=1, executor=LOCAL)
    assert [one.fitness for one in found] == [fitness(one.evaluations[0]) for one in found]
    assert all(math.isfinite(one.fitness) for one in found)
    assert [one.fitness for one in found] == sorted((one.fitness for one in found), reverse=True)
    frame = run.finalists()
    assert frame["architecture"].tolist() == [one.architecture for one in found]
    assert frame["fitness"].tolist() == [one.fitness for one in found]
    halved = asr.successive_halving(small, run, **HALVING)
    assert [one.fitness for one in halved] == sorted((one.fitness for one in halved), reverse=True)
    assert all(math.isfinite(one) for finalist in halved for one in finalist.fitnesses)


def test_a_score_as_an_objective_gives_way_too(small, tmp_path):
    goal = [asr.Maximize("score"), asr.Minimize("spikes")]
    run = asr.search(small, asr.TrainingFree(), path=tmp_path / "run", candidates=3, objectives=goal, executor=LOCAL)
    front = run.front()
    assert len(front) > 0, "the front of a search by scores is of scores"
    assert analysis.hypervolume(run.frame(), spikes=float(run.frame()["spikes"].max()) * 2) > 0
    found = asr.train_finalists(small, run, count=2, epochs=1, executor=LOCAL)
    assert [one.fitness for one in found] == sorted((one.evaluations[0].accuracy for one in found), reverse=True)


def test_measures_of_ones_own_are_taken_of_what_is_trained(small, tmp_path):
    own = asr.Measured("fan_in", fan_in)
    how = {"objectives": asr.Maximize("fan_in"), "measures": [own], "executor": LOCAL}
    run = asr.search(small, asr.TrainFromScratch(epochs=1), path=tmp_path / "run", candidates=3, **how)
    with pytest.raises(InvalidInputError, match="measures: the run took fan_in"):
        asr.train_finalists(small, run, count=2, epochs=1, executor=LOCAL)
    assert not (run.path / "finalists").exists()
    found = asr.train_finalists(small, run, count=2, epochs=1, measures=[own], executor=LOCAL)
    assert [one.fitness for one in found] == [one.evaluations[0]["fan_in"] for one in found]
    assert found[0].fitness == run.frame()["fan_in"].max()
    assert len(asr.successive_halving(small, run, measures=[own], **HALVING)) == 2


def test_a_goal_that_no_training_finds_is_refused_before_any(small, tmp_path):
    run = asr.search(small, zen, path=tmp_path / "run", candidates=3, objectives=asr.Maximize("zen"), executor=LOCAL)
    for train, how in ((asr.train_finalists, {"executor": LOCAL}), (asr.successive_halving, HALVING)):
        with pytest.raises(InvalidInputError, match="measure zen: evaluator scratch finds accuracy, spikes, loss"):
            train(small, run, **how)
    assert sorted(path.name for path in run.path.iterdir() if path.is_dir()) == []


def test_another_problem_is_refused_before_any_training(small, tmp_path):
    run = asr.search(small, score, path=tmp_path / "run", candidates=2, executor=LOCAL)
    others = {
        "timesteps: 2 there, 3 now": replace(small, timesteps=3),
        "data.checksum": replace(small, data=replace(small.data, train=small.data.train.head(64))),
        "neuron": replace(small, neuron=asr.NeuronSettings(threshold=0.7)),
    }
    for what, other in others.items():
        for train, how in ((asr.train_finalists, {"executor": LOCAL}), (asr.successive_halving, HALVING)):
            with pytest.raises(InvalidInputError, match=f"expected the one that .* searched, got another: .*{what}"):
                train(other, run, **how)
    assert sorted(path.name for path in run.path.iterdir() if path.is_dir()) == []


def test_halving_of_a_training_free_run_names_a_winner(tmp_path, capsys):
    run, few = tmp_path / "run", ["--data", "digits", "--space", "digits_16"]
    main(["search", str(run), *few, "--evaluator", "training_free", "--candidates", "3", "--executor", "local"])
    capsys.readouterr()
    main(
        [
            "halving",
            str(run),
            "--finalists",
            "1",
            "--rounds",
            "1",
            "--epochs",
            "1",
            "--seeds",
            "1",
            "--executor",
            "local",
        ]
    )
    assert "winner: " in capsys.readouterr().out


@dataclass(frozen=True)
class Unknowing:
    """An objective that never knows."""

    kind: ClassVar[str] = "unknowing"
    label: ClassVar[str] = "knowledge"

    def __call__(self, evaluation):
        return math.nan

    def to_dict(self):
        return {"kind": self.kind}


def test_what_an_objective_cannot_judge_is_never_placed():
    """It has no place beside others, and where it is all there is nothing is found."""
    sound = {("a",): (Evaluation.measured(accuracy=0.5, spikes=9.0),)}
    broken = {("b",): (Evaluation.given({"accuracy": math.nan, "spikes": 1.0}),)}
    assert [one.architecture for one in placed(0, {**broken, **sound}, asr.Goal((asr.Maximize("accuracy"),)), 1)] == [
        "a"
    ]
    with pytest.raises(InvalidInputError, match=r"objective knowledge: expected a finite number .* for any of 1"):
        placed(0, sound, asr.Goal((Unknowing(),)), 1)


def test_architectures_may_be_given_as_choices_and_what_is_none_is_refused(small, tmp_path):
    run = asr.search(small, score, path=tmp_path / "run", candidates=1, executor=LOCAL)
    found = asr.successive_halving(small, run, also=[("skip", "skip"), "skip/skip"], **HALVING)
    assert sorted(one.architecture for one in found) == sorted({"skip/skip", *run.best(1)["architecture"]})
    with pytest.raises(InvalidInputError, match="nothing"):
        asr.successive_halving(small, run, also=["skip/nothing"], **HALVING)
    for count in (0, -1, 1.5, True):
        with pytest.raises(InvalidInputError, match="count: expected a whole number of at least 1"):
            asr.train_finalists(small, run, count=count, executor=LOCAL)


@pytest.mark.parametrize("name", ["finalists", "epochs", "seeds", "rounds"])
def test_rounds_of_nothing_are_refused(name):
    with pytest.raises(InvalidInputError, match=f"{name}: expected a whole number of at least 1, got 0"):
        halving_rounds(**{"finalists": 4, name: 0})
