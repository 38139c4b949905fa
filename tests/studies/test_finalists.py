"""The best of a search trained from scratch at its end, with real trainings of tiny networks."""

from __future__ import annotations

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.journal.folders import FINALISTS
from autosnn_ray.runs.warm_start import architectures_of
from tests.runs.common import LOCAL
from tests.runs.evaluators import score

SHORT = {"count": 3, "epochs": 1, "executor": LOCAL}


@pytest.fixture
def run(tiny_problem, tmp_path):
    return asr.search(tiny_problem, score, path=tmp_path / "run", candidates=6, executor=LOCAL)


def journals(run):
    return {path.parent.name: path.read_bytes() for path in (run.path / FINALISTS).rglob("journal.jsonl")}


def test_the_best_are_ordered_by_what_their_training_reached(run, tiny_problem):
    told = []
    found = asr.train_finalists(tiny_problem, run, **SHORT, on_run=lambda *about: told.append(about))
    assert told == [("the best 3, 1 epoch", 3)]
    assert {one.architecture for one in found} == set(run.best(3)["architecture"])
    assert [one.place for one in found] == [1, 2, 3]
    goal = asr.Goal.from_dict(run.config()["goal"])
    for one in found:
        settings, architecture = asr.TrainSettings(epochs=1), tiny_problem.space.parse(one.architecture)
        network = asr.train_from_scratch(tiny_problem, architecture, seed=0, settings=settings)
        trained = asr.evaluate(network, tiny_problem.data.validation)
        assert one.evaluations[0].accuracy == trained.accuracy
        assert one.fitness == goal.objectives[0](trained)
    assert [one.fitness for one in found] == sorted((one.fitness for one in found), reverse=True)
    frame = run.finalists()
    assert list(frame["architecture"]) == [one.architecture for one in found]
    assert list(frame["fitness"]) == [one.fitness for one in found]
    assert list(frame["accuracy"]) == [one.evaluations[0].accuracy for one in found]
    order = list(run.best(3)["architecture"])
    assert [order[int(place) - 1] for place in frame["predicted_place"]] == list(frame["architecture"])
    assert set(frame["epochs"]) == {1}
    assert set(frame["samples"]) == {len(tiny_problem.data.validation)}
    assert ((frame["accuracy_low"] <= frame["accuracy"]) & (frame["accuracy"] <= frame["accuracy_high"])).all()
    assert analysis.kind_of(run.path / FINALISTS) == "finalists"
    assert f"{found[0].architecture}, trained from scratch" in repr(run)


def test_the_best_that_are_known_are_those_that_were_trained_first(run, tiny_problem):
    believed = [str(name) for name in run.best(6)["architecture"]]
    assert analysis.best_known(run.path, 4) == believed[:4]
    assert architectures_of(run, tiny_problem.space, best=2) == tuple(believed[:2])
    trained = asr.train_finalists(tiny_problem, run, count=5, epochs=1, executor=LOCAL)
    found = [one.architecture for one in trained]
    assert found != believed[:5], "nothing was tried here"
    for count in (1, 3, 6):
        assert analysis.best_known(run.path, count) == [*found, *believed[5:]][:count]
    assert architectures_of(run.path, tiny_problem.space, best=2) == tuple(found[:2])


def test_without_any_trained_the_frame_has_no_row(run):
    frame = run.finalists()
    assert frame.empty
    assert {"architecture", "accuracy", "spikes", "fitness", "predicted_place"} <= set(frame.columns)


def test_constraints_and_objectives_of_the_search_order_them(tiny_problem, tmp_path):
    """What breaks a constraint comes last, however good it is."""

    def searched(name, **goal):
        run = asr.search(
            tiny_problem, score, path=tmp_path / name, candidates=9, executor=LOCAL, **goal,
            objectives=asr.Maximize("accuracy"),
        )  # fmt: skip
        return run, asr.train_finalists(tiny_problem, run, count=9, epochs=1, executor=LOCAL)

    _, free = searched("free")
    bound = sorted(one.evaluations[0].spikes for one in free)[3]
    run, found = searched("bound", constraints=[asr.Constraint("spikes", at_most=bound)])
    frame = run.finalists()
    assert list(frame["architecture"]) == [one.architecture for one in found]
    assert list(frame["feasible"]) == [True] * 4 + [False] * 5
    assert (frame["feasible"] == (frame["spikes"] <= bound)).all()
    assert frame["accuracy"][:4].is_monotonic_decreasing
    assert frame["violation"].is_monotonic_increasing


def test_what_was_trained_is_not_trained_again_and_an_extended_search_trains_the_new(run, tiny_problem):
    asr.train_finalists(tiny_problem, run, **SHORT)
    before = journals(run)
    asr.train_finalists(tiny_problem, run, **SHORT)
    assert journals(run) == before
    asr.resume(run.path, candidates=9, evaluator=score, executor=LOCAL)
    best = [name.replace("/", "+") for name in run.best(3)["architecture"]]
    found = asr.train_finalists(tiny_problem, run, **SHORT)
    after = journals(run)
    assert set(after) == set(before) | set(best)
    assert set(after) > set(before), "the best of nine are those of six: nothing was tried here"
    assert {name: after[name] for name in before} == before
    assert {one.architecture.replace("/", "+") for one in found} == set(best)


def test_of_other_lengths_each_is_a_training_of_its_own(run, tiny_problem):
    one, two = (
        asr.train_finalists(tiny_problem, run, count=1, epochs=epochs, executor=LOCAL)[0].evaluations[0]
        for epochs in (1, 2)
    )
    assert one.loss != two.loss
    assert list(run.finalists()["epochs"]) == [2, 1]


def test_what_a_run_evaluated_twice_is_trained_once(tiny_problem, tmp_path):
    batch = asr.Batch.of(tiny_problem, score, ["skip/skip", "skip/scb_k3"], path=tmp_path / "run", repetitions=2)
    (run,) = asr.evaluate_all([batch], executor=LOCAL)
    found = asr.train_finalists(tiny_problem, run, count=4, epochs=1, executor=LOCAL)
    assert sorted(one.architecture for one in found) == ["skip/scb_k3", "skip/skip"]


def test_a_search_without_any_result_is_refused(tiny_problem, tmp_path):
    nothing = asr.search(tiny_problem, _broken, path=tmp_path / "nothing", candidates=2, executor=LOCAL)
    with pytest.raises(InvalidInputError, match="no candidate has been evaluated"):
        asr.train_finalists(tiny_problem, nothing, executor=LOCAL)


def _broken(problem, architecture):
    raise RuntimeError("no")
