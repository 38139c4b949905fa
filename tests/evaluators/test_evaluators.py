"""The contract of every registered evaluator, and what is particular to each."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from autosnn_ray.data import Split
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation import evaluate
from autosnn_ray.evaluation.batch_norm import recalibrated
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators import EVALUATORS, EvaluationData, learn, make_evaluator
from autosnn_ray.evaluators.surveyed import Surveyed
from autosnn_ray.evaluators.training_free import kernel_score
from autosnn_ray.training import train_alone


def named(name, space, **settings):
    """Names an evaluator, with what it cannot do without."""
    if EVALUATORS[name] is Surveyed:
        found = {space.at(i): Evaluation(0.8 + i / 100, 100.0 + i, loss=0.1, samples=1) for i in range(9)}
        settings = {"survey": learn(found, found), **settings}
    return make_evaluator(name, **settings)


@pytest.fixture
def data(digits, tiny_settings):
    return EvaluationData.of(digits, tiny_settings)


def test_no_evaluator_is_handed_the_test_samples(data, digits):
    assert len(data.data.test) == 0
    assert len(data.validation) == len(digits.validation)


@pytest.mark.parametrize("name", EVALUATORS)
def test_every_evaluator_gives_the_same_twice_and_leaves_the_weights_alone(name, tiny_supernet, data):
    before = {key: value.clone() for key, value in tiny_supernet.network.state_dict().items()}
    evaluator = named(name, tiny_supernet.space)(tiny_supernet.network, data)
    first, second = (evaluator(tiny_supernet.space.at(5)) for _ in range(2))
    assert (first.accuracy, first.spikes, first.loss) == (second.accuracy, second.spikes, second.loss)
    assert 0 <= first.accuracy <= 1
    assert first.samples == len(data.validation)
    after = tiny_supernet.network.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("name", EVALUATORS)
def test_every_evaluator_says_what_it_is_and_refuses_unknown_settings(name):
    assert EVALUATORS[name].summary
    with pytest.raises(InvalidInputError, match=f"unknown setting of evaluator {name} 'colour'; expected one of: "):
        make_evaluator(name, colour="red")


@pytest.mark.parametrize("name", [name for name, kind in EVALUATORS.items() if not kind.uses_weights])
def test_what_does_not_use_the_supernets_weights_is_the_same_for_any_supernet(name, tiny_supernet, data):
    other = train_other(tiny_supernet)
    path = tiny_supernet.space.at(7)
    found = [make_evaluator(name)(network, data)(path) for network in (tiny_supernet.network, other)]
    assert (found[0].accuracy, found[0].spikes) == (found[1].accuracy, found[1].spikes)


def train_other(supernet):
    from autosnn_ray.spiking.weights import new_network

    generator = torch.Generator().manual_seed(99)
    return new_network(
        generator, supernet.space, classes=10, timesteps=supernet.timesteps, neuron=supernet.neuron
    ).eval()


def test_recalibration_works_on_memory_that_must_not_be_written(tiny_supernet, data):
    evaluator = make_evaluator("recalibrated", samples=64)(tiny_supernet.network, data)
    plain = make_evaluator("path")(tiny_supernet.network, data)
    assert evaluator(tiny_supernet.space.at(3)).loss != plain(tiny_supernet.space.at(3)).loss


def test_recalibration_does_not_depend_on_the_batch_of_the_evaluation(tiny_supernet, data):
    found = [make_evaluator("recalibrated", batch_size=size)(tiny_supernet.network, data) for size in (None, 7)]
    whole, parts = (evaluator(tiny_supernet.space.at(5)) for evaluator in found)
    assert (whole.accuracy, whole.spikes) == (parts.accuracy, parts.spikes)


def test_recalibration_never_sees_validation_samples(tiny_supernet, data):
    nan = Split(torch.full_like(data.validation.x, float("nan")), data.validation.y)
    poisoned = EvaluationData(replace(data.data, validation=nan))
    with recalibrated(tiny_supernet.network, tiny_supernet.space.at(0), poisoned.train.x[:64], 64):
        norms = [m for m in tiny_supernet.network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        assert all(norm.running_mean.isfinite().all() for norm in norms)


def test_fine_tuning_starts_from_the_supernet(tiny_supernet, data):
    """One step at a rate of nearly nothing leaves the path's own weights, with statistics a step further."""
    path = tiny_supernet.space.at(4)
    plain = make_evaluator("recalibrated")(tiny_supernet.network, data)(path)
    tuned = make_evaluator("fine_tuned", steps=20, learning_rate=1e-9)(tiny_supernet.network, data)(path)
    assert tuned.accuracy == pytest.approx(plain.accuracy, abs=0.1)
    further = make_evaluator("fine_tuned", steps=102, learning_rate=1e-2)(tiny_supernet.network, data)(path)
    assert further.loss < tuned.loss


def test_training_alone_is_train_alone(tiny_supernet, data, digits, tiny_settings):
    path = tiny_supernet.space.at(4)
    found = make_evaluator("alone", epochs=2, seed=5, training=tiny_settings.to_dict())(tiny_supernet.network, data)(
        path
    )
    network = train_alone(
        tiny_supernet.space, path, digits, seed=5, timesteps=2, settings=replace(tiny_settings, epochs=2)
    )
    expected = evaluate(network, digits.validation)
    assert (found.accuracy, found.spikes) == (expected.accuracy, expected.spikes)
    assert found.accuracy > 0.2


def test_the_kernel_tells_apart_what_differs():
    rng = torch.Generator().manual_seed(0)
    random = (torch.rand(16, 4000, generator=rng) < 0.1).float()
    assert kernel_score([random]) == pytest.approx(1.0, abs=0.02), "chance at any rate is 1"
    alike = random.clone()
    alike[1] = alike[0]
    assert kernel_score([alike]) == 0.0
    assert kernel_score([torch.zeros(16, 50)]) == 0.0
    half = random.clone()
    half[1::2, :2000] = half[::2, :2000]
    assert 0.5 < kernel_score([half]) < kernel_score([random])


def test_an_unknown_evaluator_is_named_with_the_known_ones():
    with pytest.raises(InvalidInputError, match="unknown evaluator 'magic'; expected one of: path, recalibrated"):
        make_evaluator("magic")


def test_too_few_samples_for_a_variance_are_refused(tiny_supernet, data):
    with pytest.raises(InvalidInputError, match="at least 2"):
        make_evaluator("recalibrated", samples=1)(tiny_supernet.network, data)


def test_a_survey_corrects_the_spikes_of_paths_and_replaces_their_accuracy(tiny_supernet, data):
    """Alone, every network fires half as much again as its path, and the first slot's choice decides its accuracy."""
    space = tiny_supernet.space
    plain = make_evaluator("path")(tiny_supernet.network, data)
    paths = {space.at(index): plain(space.at(index)) for index in range(space.size)}
    first = {choice: 0.8 + 0.02 * place for place, choice in enumerate(space.slots[0].choices)}
    alone = {one: replace(path, spikes=1.5 * path.spikes, accuracy=first[one[0]]) for one, path in paths.items()}
    evaluator = make_evaluator("surveyed", survey=learn(alone, paths))(tiny_supernet.network, data)
    for architecture in (space.at(0), space.at(space.size - 1)):
        found = evaluator(architecture)
        assert found.spikes == pytest.approx(1.5 * paths[architecture].spikes)
        assert found.spikes == pytest.approx(sum(found.layer_spikes.values()))
        assert found.accuracy == pytest.approx(first[architecture[0]], abs=0.005)


def test_a_survey_that_is_missing_or_of_another_space_is_refused(tiny_supernet, data):
    with pytest.raises(InvalidInputError, match="expected its setting 'survey', got none"):
        make_evaluator("surveyed")
    other = {(a, b, c): Evaluation(0.5, 1.0, loss=0.1) for a in "xy" for b in "xy" for c in "xy"}
    with pytest.raises(InvalidInputError, match="expected one of the 2 slots"):
        make_evaluator("surveyed", survey=learn(other, other))(tiny_supernet.network, data)
    with pytest.raises(InvalidInputError, match=r"expected what `asr\.survey` gives"):
        make_evaluator("surveyed", survey={"accuracy": {}})(tiny_supernet.network, data)
