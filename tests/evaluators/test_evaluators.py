"""The contract of every registered evaluator, and what is particular to each."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

import autosnn_ray as asr
from autosnn_ray.algorithms import Candidate
from autosnn_ray.data import Split
from autosnn_ray.errors import InvalidInputError, JournalError
from autosnn_ray.evaluation import evaluate
from autosnn_ray.evaluation.batch_norm import recalibrated
from autosnn_ray.evaluations import BASES, EXACT, MEAN, PREDICTION, SCORE, SHARE, Evaluation
from autosnn_ray.evaluators import (
    EVALUATORS,
    Evaluator,
    EvaluatorContext,
    SupernetEvaluator,
    as_evaluator,
    evaluator_from_dict,
    make_evaluator,
)
from autosnn_ray.evaluators.kernel import score_of
from autosnn_ray.evaluators.predictor import fit
from autosnn_ray.evaluators.task import Task
from autosnn_ray.problem import Problem
from autosnn_ray.runs.executors import Local
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking import NeuronSettings
from autosnn_ray.testing import EVALUATOR_LAWS, EvaluatorCase
from autosnn_ray.training import train_from_scratch

BY_BASIS = {
    "path": {"accuracy": SHARE, "spikes": MEAN, "loss": MEAN},
    "recalibrated": {"accuracy": SHARE, "spikes": MEAN, "loss": MEAN},
    "fine_tuned": {"accuracy": SHARE, "spikes": MEAN, "loss": MEAN},
    "scratch": {"accuracy": SHARE, "spikes": MEAN, "loss": MEAN},
    "from_path": {"accuracy": SHARE, "spikes": MEAN, "loss": MEAN},
    "training_free": {"score": SCORE, "spikes": MEAN},
    "predictor": {"accuracy": PREDICTION, "spikes": PREDICTION, "loss": PREDICTION},
}
everyone = pytest.mark.parametrize("name", EVALUATORS)


def made(name: str, supernet, **settings) -> Evaluator:
    """Makes an evaluator with what it cannot do without, its trainings short."""
    if name == "predictor" and "fitted" not in settings:
        space = supernet.space
        found = {
            space.at(i): Evaluation.measured(accuracy=0.8 + i / 100, spikes=100.0 + i, loss=0.1, samples=1)
            for i in range(9)
        }
        paths = {one: replace(evaluation) for one, evaluation in found.items()}
        settings = {"fitted": fit(found, paths), **settings}
    if name in ("scratch", "from_path"):
        settings = {"epochs": 1, "training": {"batch_size": 64}, **settings}
    uses = issubclass(EVALUATORS[name], SupernetEvaluator) or name == "predictor"
    return make_evaluator(name, supernet if uses else None, **settings)


@pytest.fixture
def context(tiny_problem) -> EvaluatorContext:
    return EvaluatorContext.of(tiny_problem)


def test_every_registered_evaluator_is_described_here():
    assert list(BY_BASIS) == list(EVALUATORS)


def test_no_evaluator_is_handed_the_test_samples(context, tiny_problem):
    assert len(tiny_problem.data.test) > 0
    assert len(context.problem.data.test) == 0
    assert len(context.problem.data.validation) == len(tiny_problem.data.validation)
    task = Task.of(tiny_problem, as_evaluator(counts_test_samples))
    report = task.start()(Candidate(0, tiny_problem.space.at(0), "random"))
    assert report["evaluation"]["measures"]["test"]["value"] == 0


def counts_test_samples(problem, architecture):
    return {"test": len(problem.data.test)}


@everyone
@pytest.mark.parametrize("law", EVALUATOR_LAWS)
def test_it_keeps_the_law(name, law, tiny_supernet, tiny_problem):
    EVALUATOR_LAWS[law](EvaluatorCase(lambda: made(name, tiny_supernet), tiny_problem))


@everyone
def test_every_measure_says_how_it_came_about(name, tiny_supernet, context):
    found = made(name, tiny_supernet).start(context)(tiny_supernet.space.at(5), 0)
    assert {measure: one.basis for measure, one in found.measures.items()} == BY_BASIS[name]
    assert found.is_finite
    assert found.spikes == pytest.approx(sum(found.layer_spikes.values()))
    for measure, one in found.measures.items():
        assert one.basis in BASES
        has_interval = math.isfinite(one.low) and math.isfinite(one.high)
        assert has_interval == (one.basis == PREDICTION), measure
        assert one.samples == (len(context.problem.data.validation) if one.basis in (SHARE, MEAN) else 0), measure
        if has_interval:
            assert one.low <= one.value <= one.high
    quality = EVALUATORS[name].quality
    assert 0 <= found[quality] <= 1
    assert Evaluation.from_dict(json.loads(json.dumps(found.to_dict()))).to_dict() == found.to_dict()


@everyone
def test_every_evaluator_says_what_it_is_and_refuses_unknown_settings(name, tiny_supernet):
    assert EVALUATORS[name].summary
    assert EVALUATORS[name].name == name
    with pytest.raises(InvalidInputError, match=f"unknown setting of evaluator {name} 'colour'; expected one of: "):
        make_evaluator(name, colour="red")
    if issubclass(EVALUATORS[name], SupernetEvaluator):
        with pytest.raises(InvalidInputError, match=f"evaluator {name}: expected a supernet, got none; train one"):
            make_evaluator(name)
    elif name == "predictor":
        with pytest.raises(InvalidInputError, match="fitted: expected what"):
            make_evaluator(name)
    else:
        assert make_evaluator(name).weights is None


@everyone
def test_every_evaluator_survives_a_journal(name, tiny_supernet):
    evaluator = made(name, tiny_supernet)
    plain = json.loads(json.dumps(evaluator.to_dict()))
    again = evaluator_from_dict(plain, tiny_supernet)
    assert json.loads(json.dumps(again.to_dict())) == plain
    assert plain.get("supernet", {}).get("checksum") == (evaluator.weights and tiny_supernet.weights_checksum)


@everyone
def test_a_task_is_pickled_and_evaluates_as_before(name, tiny_supernet, tiny_problem):
    """As it travels to another process; the exact measure of parameters is added there."""
    import cloudpickle

    task = Task.of(tiny_problem, made(name, tiny_supernet))
    assert "costs" in vars(cloudpickle.loads(cloudpickle.dumps(task)).context.problem)  # counted once for all processes
    candidate = Candidate(0, tiny_problem.space.at(4), "random")
    reports = [one.start()(candidate)["evaluation"] for one in (task, cloudpickle.loads(cloudpickle.dumps(task)))]
    assert reports[0]["measures"] == reports[1]["measures"]
    parameters = Evaluation.from_dict(reports[0]).measures["parameters"]
    assert (parameters.value, parameters.basis) == (tiny_problem.parameters(tiny_problem.space.at(4)), EXACT)


@pytest.mark.parametrize("name", [name for name, kind in EVALUATORS.items() if issubclass(kind, SupernetEvaluator)])
def test_a_supernet_of_another_problem_is_refused(name, tiny_supernet, tiny_problem):
    with pytest.raises(InvalidInputError, match="timesteps"):
        made(name, tiny_supernet).check(replace(tiny_problem, timesteps=3))
    made(name, tiny_supernet).check(tiny_problem)


@pytest.mark.parametrize("name", ["scratch", "training_free"])
def test_what_uses_no_supernet_draws_from_its_seed_and_the_repetition(name, context, tiny_supernet):
    path = context.problem.space.at(7)
    zeroth = made(name, tiny_supernet, seed=3).start(context)
    first = made(name, tiny_supernet, seed=4).start(context)
    assert zeroth(path, 1).measures == first(path, 0).measures
    assert zeroth(path, 0).measures != first(path, 0).measures


def test_recalibration_works_on_memory_that_must_not_be_written(tiny_supernet, context):
    estimate = made("recalibrated", tiny_supernet, samples=64).start(context)
    plain = made("path", tiny_supernet).start(context)
    path = tiny_supernet.space.at(3)
    assert estimate(path, 0).loss != plain(path, 0).loss


def test_recalibration_does_not_depend_on_the_batch_of_the_evaluation(tiny_supernet, context):
    whole, parts = (
        made("recalibrated", tiny_supernet, batch_size=size).start(context)(tiny_supernet.space.at(5), 0)
        for size in (None, 7)
    )
    assert (whole.accuracy, whole.spikes) == (parts.accuracy, parts.spikes)


@pytest.mark.parametrize("name", ["training_free", "recalibrated"])
def test_training_samples_are_of_all_classes_however_they_are_sorted(name, tiny_supernet, context):
    data, found = context.problem.data, []
    order = torch.argsort(data.train.y, stable=True)
    for train in (data.train, Split(data.train.x[order], data.train.y[order])):
        problem = replace(context.problem, data=replace(data, train=train))
        estimate = made(name, tiny_supernet, samples=128).start(replace(context, problem=problem))
        found.append(estimate(tiny_supernet.space.at(5), 0).measures)
    assert found[0] == found[1]


def test_recalibration_never_sees_validation_samples(tiny_supernet, context):
    validation = context.problem.data.validation
    nan = Split(torch.full_like(validation.x, float("nan")), validation.y)
    poisoned = replace(context.problem.data, validation=nan)
    with recalibrated(tiny_supernet.network, tiny_supernet.space.at(0), poisoned.train.x[:64], 64):
        norms = [m for m in tiny_supernet.network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        assert all(norm.running_mean.isfinite().all() for norm in norms)


def test_fine_tuning_starts_from_the_supernet(tiny_supernet, context):
    """One step at a rate of nearly nothing leaves the path's own weights, with statistics a step further."""
    path = tiny_supernet.space.at(4)
    plain = made("recalibrated", tiny_supernet).start(context)(path, 0)
    tuned = made("fine_tuned", tiny_supernet, steps=20, learning_rate=1e-9).start(context)(path, 0)
    assert tuned.accuracy == pytest.approx(plain.accuracy, abs=0.1)
    further = made("fine_tuned", tiny_supernet, steps=102, learning_rate=1e-2).start(context)(path, 0)
    assert further.loss < tuned.loss


def test_training_from_scratch_is_train_from_scratch(context, tiny_problem, tiny_settings):
    path = tiny_problem.space.at(4)
    evaluator = make_evaluator("scratch", epochs=2, seed=5, training=tiny_settings.to_dict())
    found = evaluator.start(context)(path, 0)
    network = train_from_scratch(tiny_problem, path, seed=5, settings=replace(tiny_settings, epochs=2))
    expected = evaluate(network, tiny_problem.data.validation)
    assert (found.accuracy, found.spikes) == (expected.accuracy, expected.spikes)
    assert found.accuracy > 0.2


def test_training_from_a_path_starts_where_the_supernet_stands(tiny_supernet, context):
    path = tiny_supernet.space.at(4)
    short = {"epochs": 1, "training": {"batch_size": 32, "learning_rate": 1e-3}}
    scratch = made("scratch", tiny_supernet, **short).start(context)(path, 0)
    further = made("from_path", tiny_supernet, **short).start(context)(path, 0)
    assert further.accuracy > scratch.accuracy + 0.2


def test_the_kernel_tells_apart_what_differs():
    rng = torch.Generator().manual_seed(0)
    random = (torch.rand(16, 4000, generator=rng) < 0.1).float()
    assert score_of([random]) == pytest.approx(1.0, abs=0.02), "chance at any rate is 1"
    alike = random.clone()
    alike[1] = alike[0]
    assert score_of([alike]) == 0.0
    assert score_of([torch.zeros(16, 50)]) == 0.0
    half = random.clone()
    half[1::2, :2000] = half[::2, :2000]
    assert 0.5 < score_of([half]) < score_of([random])


@pytest.fixture(scope="module")
def path_spikes(tiny_supernet, tiny_problem) -> list[float]:
    estimate = made("path", tiny_supernet).start(EvaluatorContext.of(tiny_problem))
    return [estimate(tiny_problem.space.at(index), 0).spikes for index in range(9)]


def test_untrained_spikes_are_counted_with_batch_statistics(path_spikes, tiny_problem):
    """With the running statistics of a network that never saw a sample nearly nothing fires, and all alike."""
    estimate = make_evaluator("training_free").start(EvaluatorContext.of(tiny_problem))
    spikes = [estimate(tiny_problem.space.at(index), 0).spikes for index in range(9)]
    assert len(set(spikes)) == 9
    assert spearmanr(spikes, path_spikes).statistic > 0.5
    untouched = []
    for index in range(9):
        network = tiny_problem.network(torch.Generator().manual_seed(0), tiny_problem.space.at(index))
        untouched.append(evaluate(network.eval(), tiny_problem.data.validation).spikes)
    assert len(set(untouched)) < 9, "as many as cannot be told apart"
    assert np.median(spikes) > 2 * np.median(untouched)


def test_an_unknown_evaluator_is_named_with_the_known_ones():
    with pytest.raises(InvalidInputError, match="unknown evaluator 'magic'; expected one of: path, recalibrated"):
        make_evaluator("magic")


def test_what_is_no_evaluator_is_refused():
    for nothing in (3, None, SupernetEvaluator):
        with pytest.raises(InvalidInputError, match=r"evaluator: expected settings such as asr\.SupernetPath"):
            as_evaluator(nothing)


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("recalibrated", {"samples": 1}, "samples: expected a whole number of at least 2, got 1"),
        ("training_free", {"samples": 1}, "samples: expected a whole number of at least 2, got 1"),
        ("training_free", {"samples": 2.5}, "samples: expected a whole number, got 2.5"),
        ("training_free", {"seed": "1"}, "seed: expected a whole number, got '1'"),
        ("fine_tuned", {"steps": 0}, "steps: expected a whole number of at least 1, got 0"),
        ("fine_tuned", {"seed": -1}, "seed: expected a whole number of at least 0, got -1"),
        ("from_path", {"seed": True}, "seed: expected a whole number, got True"),
        ("scratch", {"seed": 1.5}, "seed: expected a whole number, got 1.5"),
        ("scratch", {"epochs": 0}, "epochs"),
        ("scratch", {"training": {"colour": 1}}, "unknown setting of a training 'colour'; expected one of: epochs"),
        ("from_path", {"training": {"loss": "hinge"}}, "loss"),
    ],
)
def test_bad_settings_are_refused_where_they_are_given(name, settings, said, tiny_supernet):
    with pytest.raises(InvalidInputError, match=said):
        made(name, tiny_supernet, **settings)


def test_a_predictor_corrects_the_spikes_of_paths_and_replaces_their_accuracy(tiny_supernet, context):
    """From scratch every network fires half as much again as its path; the first slot's choice decides its accuracy."""
    space = tiny_supernet.space
    plain = made("path", tiny_supernet).start(context)
    paths = {space.at(index): plain(space.at(index), 0) for index in range(space.size)}
    first = {choice: 0.8 + 0.02 * place for place, choice in enumerate(space.slots[0].choices)}
    scratch = {
        one: Evaluation.measured(accuracy=first[one[0]], spikes=1.5 * path.spikes, loss=path.loss, samples=360)
        for one, path in paths.items()
    }
    estimate = made("predictor", tiny_supernet, fitted=fit(scratch, paths)).start(context)
    for architecture in (space.at(0), space.at(space.size - 1)):
        found = estimate(architecture, 0)
        assert found.spikes == pytest.approx(1.5 * paths[architecture].spikes)
        assert found.spikes == pytest.approx(sum(found.layer_spikes.values()))
        assert found.accuracy == pytest.approx(first[architecture[0]], abs=0.005)


def test_a_predictors_interval_is_as_wide_as_it_errs(tiny_supernet, context):
    """Noise that no choice explains widens it; it never leaves what an accuracy can be."""
    space, rng = tiny_supernet.space, np.random.default_rng(0)
    plain = made("path", tiny_supernet).start(context)
    paths = {space.at(index): plain(space.at(index), 0) for index in range(space.size)}
    widths = []
    for noise in (0.001, 0.1):
        scratch = {
            one: Evaluation.measured(
                accuracy=float(np.clip(0.9 + noise * rng.normal(), 0, 1)), spikes=path.spikes, loss=0.1, samples=360
            )
            for one, path in paths.items()
        }
        measure = made("predictor", tiny_supernet, fitted=fit(scratch, paths)).start(context)(space.at(4), 0).measures
        accuracy = measure["accuracy"]
        assert 0 <= accuracy.low <= accuracy.value <= accuracy.high <= 1
        widths.append(accuracy.high - accuracy.low)
    assert widths[1] > 10 * widths[0]


def test_a_predictor_that_was_fitted_on_nothing_or_another_space_is_refused(tiny_supernet, tiny_problem):
    with pytest.raises(InvalidInputError, match=r"fitted: expected what `asr\.fit_predictor` gives"):
        make_evaluator("predictor", tiny_supernet)
    other = {
        (a, b, c): Evaluation.measured(accuracy=0.5, spikes=1.0, loss=0.1) for a in "xy" for b in "xy" for c in "xy"
    }
    with pytest.raises(InvalidInputError, match="fitted: expected a sample of the 2 slots of tiny, got another"):
        make_evaluator("predictor", tiny_supernet, fitted=fit(other, other)).check(tiny_problem)
    with pytest.raises(InvalidInputError, match="expected the supernet whose paths it was fitted with"):
        make_evaluator("predictor", fitted=fit(other, other))
    with pytest.raises(InvalidInputError, match="expected no supernet"):
        make_evaluator("predictor", tiny_supernet, fitted=fit(other))
    with pytest.raises(InvalidInputError, match=r"fitted: expected what `asr\.fit_predictor` gives"):
        make_evaluator("predictor", tiny_supernet, fitted={"accuracy": {}})


def test_a_predictor_is_of_the_problem_that_its_sample_was_trained_on(tiny_problem):
    sample = {one: Evaluation.measured(accuracy=0.5, spikes=1.0, loss=0.1) for one in tiny_problem.space.enumerate()}
    fitted = fit(sample, problem=tiny_problem)
    evaluator = make_evaluator("predictor", fitted=json.loads(json.dumps(fitted)))
    evaluator.check(tiny_problem)
    split = replace(tiny_problem.data, train=tiny_problem.data.train.head(99))
    space = SearchSpace.from_dict({**tiny_problem.space.to_dict(), "channels": tiny_problem.space.channels + 1})
    for other, what in (
        (replace(tiny_problem, timesteps=3), "timesteps"),
        (replace(tiny_problem, data=split), "data"),
        (replace(tiny_problem, data=replace(tiny_problem.data, augmentation="flip")), "augmentation"),
        (replace(tiny_problem, neuron=NeuronSettings(threshold=0.7)), "neuron"),
        (replace(tiny_problem, space=space), "space"),
    ):
        with pytest.raises(InvalidInputError, match=rf"fitted: expected a sample .* of another \({what}\)"):
            evaluator.check(other)
    # One that was fitted before says nothing of that: its choices do.
    older = make_evaluator("predictor", fitted={name: one for name, one in fitted.items() if name != "problem"})
    older.check(replace(tiny_problem, timesteps=3))
    assert older.digest == evaluator.digest
    choices = {**tiny_problem.space.to_dict(), "choices": [*tiny_problem.space.slots[0].choices[:-1], "sib_k5_e1"]}
    with pytest.raises(InvalidInputError, match=r"fitted: expected a sample of tiny, got one with .* in slot 0"):
        older.check(replace(tiny_problem, space=SearchSpace.from_dict(choices)))


def bench(problem, architecture, volts=5, current=1):
    return {"accuracy": architecture.count("skip") / 5, "spikes": 100.0 * volts, "energy": float(current)}


def test_a_function_is_known_by_its_module_its_name_and_what_it_was_given():
    assert as_evaluator(bench).to_dict() == {"name": f"{__name__}:bench", "settings": {}}
    inner = partial(partial(bench, volts=3, current=2), volts=4)
    assert as_evaluator(inner).to_dict() == {"name": f"{__name__}:bench", "settings": {"volts": 4, "current": 2}}
    with pytest.raises(InvalidInputError, match="bench: expected arguments that a journal can hold"):
        as_evaluator(partial(bench, volts=object())).to_dict()


def test_what_a_function_returns_is_given_and_counted_over_nothing(context):
    found = as_evaluator(bench).start(context)(context.problem.space.at(0), 0)
    assert {name: (one.basis, one.samples) for name, one in found.measures.items()} == dict.fromkeys(
        ("accuracy", "spikes", "energy"), ("given", 0)
    )
    for nothing in (None, 3, {"accuracy": "high"}, {}):
        with pytest.raises(InvalidInputError, match="an evaluator: expected"):
            as_evaluator(lambda problem, architecture, nothing=nothing: nothing).start(context)(("skip",), 0)


def test_other_arguments_are_another_evaluator_when_a_run_is_resumed(tiny_problem, tmp_path):
    from autosnn_ray.runs.resuming import resume
    from autosnn_ray.runs.search import search

    def go(evaluator, **more):
        return search(tiny_problem, evaluator, path=tmp_path / "run", executor=Local(), **more)

    go(partial(bench, volts=3), candidates=3)
    with pytest.raises(JournalError, match=r"evaluator\.settings\.volts: 3 there, 4 now"):
        go(partial(bench, volts=4), candidates=5, resume=True)
    with pytest.raises(JournalError, match=r"evaluator\.settings"):
        resume(tmp_path / "run", candidates=5, evaluator=bench, executor=Local())
    with pytest.raises(InvalidInputError, match=r"unknown evaluator .*:bench.; expected one of: path, .*evaluator=…"):
        resume(tmp_path / "run", candidates=5, executor=Local())
    frame = resume(tmp_path / "run", candidates=5, evaluator=partial(bench, volts=3), executor=Local()).frame()
    assert frame.spikes.tolist() == [300.0] * 5
    assert frame.energy.tolist() == [1.0] * 5


@dataclass(frozen=True)
class Table(Evaluator):
    """An evaluator of one's own."""

    name: ClassVar[str] = "table"
    summary: ClassVar[str] = "read from a table"
    worth: float = 0.5

    def start(self, context):
        return lambda architecture, repetition: Evaluation.given({"accuracy": self.worth, "spikes": 1 + repetition})


def test_an_evaluator_of_ones_own_needs_settings_and_a_start(tiny_problem, tmp_path):
    run = asr.search(tiny_problem, Table(0.25), path=tmp_path / "run", candidates=2, executor=Local())
    assert run.frame().accuracy.tolist() == [0.25, 0.25]
    assert run.config()["evaluator"] == {"name": "table", "settings": {"worth": 0.25}}
    assert isinstance(tiny_problem, Problem)
