"""The searcher for a user's own Tuner: metric and mode, failures, given points, limits, save and restore."""

from __future__ import annotations

import copy
import json
import math
import pickle

import pytest
from ray import tune
from ray.tune.search import Searcher

import autosnn_ray as asr
from autosnn_ray.errors import CheckpointError, InvalidInputError
from tests.cluster.test_tuning import example
from tests.runs.common import larger_problem

WORTH = {"skip": 0.1, "scb_k3": 0.5, "scb_k5": 0.4, "srb_k3": 0.9, "srb_k5": 0.8}
ALGORITHM = asr.AutoSNN(seed=2)


def space():
    return larger_problem().space


def worth(architecture: str) -> float:
    return sum(WORTH[choice] * 2**-place for place, choice in enumerate(architecture.split("/")))


def searcher(**changes):
    return asr.TuneSearcher(space(), **{"algorithm": ALGORITHM, "metric": "score", "mode": "max", **changes})


def proposed(own, count, tell=True, start=0):
    """Asks so many times, telling each at once, and returns the architectures."""
    found = []
    for number in range(start, start + count):
        config = own.suggest(f"trial{number}")
        assert config not in (None, Searcher.FINISHED)
        found.append(config["architecture"])
        if tell:
            own.on_trial_complete(f"trial{number}", result={"score": worth(found[-1])})
    return found


def without_tune(goal, sign, count):
    """What the algorithm itself proposes."""
    state, found = ALGORITHM.start(space(), space().size, goal), []
    for _ in range(count):
        candidate = state.ask()
        found.append("/".join(candidate.architecture))
        state.tell(candidate.index, asr.Evaluation.given({"value": sign * worth(found[-1])}))
    return found


@pytest.mark.parametrize(("mode", "goal"), [("max", asr.Maximize("value")), ("min", asr.Minimize("value"))])
def test_it_proposes_what_the_algorithm_does_by_metric_and_mode_of_the_tuner(mode, goal):
    own = asr.TuneSearcher(space(), ALGORITHM)
    assert own.set_search_properties("score", mode, {"epochs": 3})
    assert own.metric == "score"
    found = proposed(own, 60)
    assert found == without_tune(goal, 1, 60)
    first, last = (sum(map(worth, part)) / 20 for part in (found[:20], found[40:]))
    assert (last > first) == (mode == "max")


def test_a_suggestion_holds_the_architecture_as_a_text_and_by_slot():
    config = searcher().suggest("a")
    assert config["architecture"] == "/".join(config[f"slot_{place}"] for place in range(5))
    assert len(config) == 6


@pytest.mark.parametrize(
    "result", [None, {}, {"score": math.nan}, {"score": math.inf}, {"score": None}, {"score": "good"}, {"other": 1.0}]
)
def test_what_is_no_number_is_a_failure_and_never_a_parent(result):
    own, bad = searcher(), []
    for number in range(80):
        config = own.suggest(str(number))
        is_bad = number % 3 == 0
        bad += [config["architecture"]] if is_bad else []
        told = result if is_bad else {"score": worth(config["architecture"])}
        own.on_trial_complete(str(number), result=told, error=told is None)
    told = {event[1]: event[2] for event in own._proposals.events if event[0] == "tell"}
    assert all(isinstance(told[str(number)], str) == (number % 3 == 0) for number in range(80))
    reference = searcher()
    for number in range(80):
        config = reference.suggest(str(number))
        told = {"score": worth(config["architecture"])} if number % 3 else {"score": math.nan}
        reference.on_trial_complete(str(number), result=told)
    kinds = [[event[2] for event in one._proposals.events if event[0] == "ask"] for one in (own, reference)]
    assert kinds[0] == kinds[1]


def test_a_trial_that_is_unknown_or_told_twice_is_left_out(caplog):
    own = searcher()
    own.on_trial_complete("never", result={"score": 1.0})
    proposed(own, 1)
    own.on_trial_complete("trial0", result={"score": 9.0})
    assert len(caplog.records) == 2
    assert proposed(own, 40, start=1) == proposed(searcher(), 41)[1:]


def test_several_objectives_are_read_from_what_a_trial_reports():
    own = asr.TuneSearcher(space(), asr.NSGA2(seed=0), objectives=[asr.Maximize("accuracy"), asr.Minimize("spikes")])
    assert own.set_search_properties(None, None, {"epochs": 1})
    own.suggest("a")
    own.suggest("b")
    own.on_trial_complete("a", result={"accuracy": 0.9, "spikes": 10, "name": "x", "done": True})
    own.on_trial_complete("b", result={"accuracy": 0.9})
    told = [event[2] for event in own._proposals.events if event[0] == "tell"]
    assert told == [{"accuracy": 0.9, "spikes": 10.0}, "a measure that the search aims at is missing or not finite"]


def test_given_architectures_come_first_and_are_not_trained_twice():
    plain = proposed(searcher(), 60)
    given = [plain[3], "skip/skip/skip/skip/skip", plain[25]]
    own = searcher(architectures=given)
    found = proposed(own, 60)
    assert found[:3] == given
    assert len(set(found)) == 60
    rest = [one for one in plain if one not in given]
    assert found[3 : 3 + len(rest) - 5] == rest[:-5], "the algorithm did not learn what came of the given ones"


def test_a_given_architecture_that_is_under_way_is_told_when_it_is_done():
    plain = proposed(searcher(), 20, tell=False)
    own = searcher(architectures=[plain[0]])
    assert proposed(own, 20, tell=False) == plain
    assert own.suggest("later") is None, "a generation waits for all of it"
    for number, architecture in enumerate(plain):
        own.on_trial_complete(f"trial{number}", result={"score": worth(architecture)})
    assert own.suggest("later") is not None


def test_the_limit_of_trials_side_by_side_is_kept():
    own = searcher()
    assert own.set_max_concurrency(2)
    assert proposed(own, 2, tell=False)
    assert own.suggest("third") is None
    own.on_trial_complete("trial0", result={"score": 1.0})
    assert own.suggest("third") is not None


def test_it_finishes_when_all_is_proposed(tiny_space):
    own = asr.TuneSearcher(tiny_space, asr.RandomSearch(), metric="m", mode="max")
    assert len({own.suggest(str(number))["architecture"] for number in range(9)}) == 9
    for number in range(9):
        own.on_trial_complete(str(number), result={"m": 1.0})
    assert own.suggest("more") == Searcher.FINISHED


@pytest.mark.parametrize("way", ["file", "pickle", "deepcopy"])
def test_saved_and_restored_it_goes_on_as_if_nothing_had_been(tmp_path, way):
    given = ["skip/skip/skip/skip/srb_k3"]
    whole, own = searcher(architectures=given), searcher(architectures=given)
    proposed(whole, 33)
    proposed(own, 33)
    waiting = [whole.suggest("waits"), own.suggest("waits")]
    assert waiting[0] == waiting[1]
    if way == "file":
        own.save(str(tmp_path / "state"))
        assert isinstance(json.loads((tmp_path / "state").read_text()), dict)
        restored = asr.TuneSearcher(space(), ALGORITHM, architectures=given)
        restored.restore(str(tmp_path / "state"))
    else:
        restored = pickle.loads(pickle.dumps(own)) if way == "pickle" else copy.deepcopy(own)  # noqa: S301
        assert b"Generator" not in pickle.dumps(own), "a state was pickled"
    for one in (whole, restored):
        one.on_trial_complete("waits", result={"score": 1.0})
    assert proposed(restored, 60, start=40) == proposed(whole, 60, start=40)
    proposed(own, 1, start=90)


def test_what_is_damaged_or_of_another_search_is_refused(tmp_path):
    own, path = searcher(), tmp_path / "state"
    proposed(own, 25)
    own.save(str(path))
    for other in (searcher(algorithm=asr.AutoSNN(seed=3)), searcher(mode="min"), searcher(metric="loss")):
        with pytest.raises(CheckpointError, match="saved by another searcher"):
            other.restore(str(path))
    entries = json.loads(path.read_text())
    for events, said in [
        ([["ask", "a", "skip/skip/skip/skip/skip"]], "then it proposed skip"),
        ([["tell", "a", {"value": 1.0}]], "is damaged"),
        ([["ask"]], "is damaged"),
    ]:
        path.write_text(json.dumps(entries | {"events": events}))
        with pytest.raises(CheckpointError, match=said):
            searcher().restore(str(path))
    path.write_bytes(pickle.dumps({"not": "json"}))
    with pytest.raises(CheckpointError, match="not what a TuneSearcher saved"):
        searcher().restore(str(path))


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(InvalidInputError, match="metric, mode: neither"):
        asr.TuneSearcher(space()).suggest("a")
    with pytest.raises(InvalidInputError, match="made for 'score', TuneConfig says 'loss'"):
        searcher().set_search_properties("loss", "max", {})
    with pytest.raises(InvalidInputError, match=r"got rate, inner/x, slot_0 to be drawn or set"):
        searcher().set_search_properties(
            None, None, {"rate": tune.uniform(0, 1), "inner": {"x": tune.grid_search([1])}, "slot_0": "skip"}
        )
    with pytest.raises(InvalidInputError, match="expected either them, or metric and mode"):
        searcher(objectives=asr.Maximize("accuracy"))
    with pytest.raises(InvalidInputError, match="mode: expected max or min"):
        searcher(mode="best")


class Ends(tune.Callback):  # in the driver
    """Ends a Tuner, once, in the midst of its trials."""

    def __init__(self, mark):
        self.mark = mark

    def on_step_begin(self, iteration, trials, **info):
        if len(trials) >= 7 and not self.mark.exists():
            self.mark.touch()
            raise RuntimeError("the driver ends here")


@pytest.mark.ray
def test_a_tuner_that_is_restored_goes_on_without_repeating(tmp_path, monkeypatch, shared_ray):
    monkeypatch.setenv("TUNE_GLOBAL_CHECKPOINT_S", "0")
    values = WORTH

    class Scores(tune.Trainable):  # of the user's own: pickled by value
        def setup(self, config):
            self.config = config

        def step(self):
            choices = self.config["architecture"].split("/")
            if choices[0] == "skip":
                raise RuntimeError("as was wished")
            return {"score": sum(values[one] * 2**-place for place, one in enumerate(choices)), "done": True}

        def save_checkpoint(self, checkpoint_dir):
            """Keeps nothing."""

        def load_checkpoint(self, checkpoint):
            """Needs nothing."""

        def reset_config(self, new_config):
            self.config = new_config
            return True

    tuner = tune.Tuner(
        Scores,
        param_space={"extra": 7},
        tune_config=tune.TuneConfig(
            metric="score", mode="max", num_samples=12, search_alg=asr.TuneSearcher(space(), asr.AutoSNN(seed=5)),
            max_concurrent_trials=1, reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name="own", storage_path=str(tmp_path), verbose=0, callbacks=[Ends(tmp_path / "mark")]
        ),
    )  # fmt: skip
    with pytest.raises(RuntimeError, match="ends here"):
        tuner.fit()
    results = tune.Tuner.restore(str(tmp_path / "own"), Scores).fit()
    assert len(results) == 12
    done = [result for result in results if result.error is None]  # of the others Tune keeps no configuration
    found = sorted(result.config["architecture"] for result in done)
    reference = asr.TuneSearcher(space(), asr.AutoSNN(seed=5), metric="score", mode="max")
    expected = proposed(reference, 12, tell=False)
    assert found == sorted(one for one in expected if not one.startswith("skip")), "proposed twice, or lost"
    assert len(results.errors) == 12 - len(found) > 0
    assert {result.config["extra"] for result in done} == {7}


@pytest.mark.ray
def test_the_example_of_the_searcher(tmp_path, monkeypatch, tiny_problem, shared_ray):
    results = example("tune_searcher", tmp_path, monkeypatch, tiny_problem, trials=4, epochs=1)
    assert not results.errors
    found = [result.config["architecture"] for result in results]
    assert found[0] == "skip/skip"
    assert len(set(found)) == 4
    assert all(0 <= result.metrics["error"] <= 1 and result.config["learning_rate"] == 4e-3 for result in results)
