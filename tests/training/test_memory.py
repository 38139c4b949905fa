"""Training within a memory budget: the same weights, fewer activations, a plan that holds."""

from __future__ import annotations

import copy

import pytest
import torch

import search_spaces
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.problem import Problem
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking import NeuronSettings
from autosnn_ray.spiking.weights import new_network
from autosnn_ray.training import TrainSettings, train_from_scratch, train_supernet
from autosnn_ray.training.loop import train_epochs
from autosnn_ray.training.memory import plan_memory, recomputing

PATH = ("srb_k5", "skip", "scb_k3", "srb_k3", "skip")
EVENTS = {**search_spaces.load("autosnn_16").to_dict(), "stem": "event", "in_channels": 2, "input_size": [64, 64]}


def network(entries=None, architecture=PATH, timesteps=4, **options):
    space = SearchSpace.from_dict(entries or search_spaces.load("digits_16").to_dict())
    return new_network(
        torch.Generator().manual_seed(0), space, classes=10, timesteps=timesteps, architecture=architecture, **options
    )


def gradients(net, x, *path):
    net.zero_grad(set_to_none=True)
    net(x, *path, count_spikes=False).logits.square().sum().backward()
    return {name: parameter.grad for name, parameter in net.named_parameters() if parameter.grad is not None}


@pytest.mark.parametrize("architecture", [PATH, None], ids=["network", "supernet"])
def test_recomputation_changes_neither_gradients_nor_statistics(architecture):
    plain = network(architecture=architecture).train()
    other = copy.deepcopy(plain)
    path = () if architecture else (PATH,)
    x = torch.rand(5, 1, 8, 8)
    expected = gradients(plain, x, *path)
    with recomputing(other):
        found = gradients(other, x, *path)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in plain.state_dict().items())
    assert not any("forward" in vars(module) for module in other.modules())


def peak(net, x):
    """Bytes that autograd holds at the end of a forward pass, seen from outside: by the graph's own tensors."""
    held = {}

    def pack(tensor):
        held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = net(x, count_spikes=False)
    del output
    return sum(held.values())


def test_recomputation_holds_less():
    net = network(EVENTS).train()
    x = torch.rand(2, 4, 2, 64, 64)
    whole = peak(net, x)
    with recomputing(net):
        assert peak(net, x) < whole / 3


def test_micro_batches_add_up_to_the_steps_gradient(digits):
    """With batch norm as in evaluation, which does not couple samples, cutting a step changes only rounding."""

    def first_step(memory):
        net = network(architecture=PATH).double()
        net.eval()
        net.train = lambda *_: net  # batch norm stays in evaluation mode
        data = Dataset("some", 10, *(s.head(7) for s in (digits.train, digits.validation, digits.test)))
        doubled = Dataset("some", 10, type(data.train)(data.train.x.double(), data.train.y), data.validation, data.test)
        settings = TrainSettings(epochs=1, batch_size=7, schedule="constant", memory=memory)
        for _ in train_epochs(net, doubled, settings, seed=0, draw_paths=lambda _: [None]):
            pass
        return {name: parameter.grad for name, parameter in net.named_parameters()}

    per_sample = plan_memory(network().double(), digits.train.x[:2].double(), 1, 1.0).bytes / 1e9
    expected, found = first_step(None), first_step(per_sample * 2.2)
    assert all(torch.allclose(expected[name], found[name], rtol=1e-9, atol=1e-12) for name in expected)


def test_the_plan_keeps_the_whole_batch_then_recomputes_then_cuts():
    """Of frames that stay the same over time; events come below."""
    net, x = network(), torch.rand(2, 1, 8, 8)
    whole = plan_memory(net, x, 16, 100.0)
    assert (whole.micro_batch, whole.recompute) == (16, False)
    tight = plan_memory(net, x, 16, whole.bytes * 0.97e-9)
    assert (tight.micro_batch, tight.recompute) == (16, True)
    tighter = plan_memory(net, x, 16, tight.bytes * 0.95e-9)
    assert (tighter.micro_batch, tighter.recompute) == (8, False)
    least = plan_memory(net, x, 16, tight.bytes / 16 * 1.01e-9)
    assert (least.micro_batch, least.recompute) == (1, True)
    with pytest.raises(InvalidInputError, match=r"one sample takes .* GB of activations with recomputation"):
        plan_memory(net, x, 16, tight.bytes / 16 * 0.9e-9)


def test_events_are_run_in_segments_of_time_before_the_batch_is_cut():
    net, x = network(EVENTS, timesteps=16), torch.rand(2, 16, 2, 64, 64)
    ways, budget = [], 100.0
    while not ways or ways[-1][0] == 16:
        plan = plan_memory(net, x, 16, budget)
        ways.append((plan.micro_batch, plan.recompute, plan.in_time))
        budget = plan.bytes * 0.999e-9
    assert ways[0] == (16, False, False)
    assert ways[1:-1] == [(16, False, True), (16, True, True)], "recomputing blocks alone saves less here"
    assert ways[-1][0] == 8
    assert plan_memory(net, x, 16, 100.0).bytes > 1.6 * plan_memory(net, x, 16, (budget + 1e-9) * 1.01).bytes


def test_segments_of_time_hold_less():
    net, x = network(EVENTS, timesteps=16).train(), torch.rand(2, 16, 2, 64, 64)
    whole = peak(net, x)
    with recomputing(net, active=False, in_time=True):
        assert peak(net, x) < whole / 2
    half = peak(net, x[:1])
    with recomputing(net, in_time=True):
        assert peak(net, x) < half, "less than of half the batch, which is not exact"


@pytest.mark.parametrize("recompute", [False, True])
def test_segments_of_time_change_gradients_and_statistics_by_rounding_alone(recompute):
    """Through the whole network in double precision; batch norm sees all time steps, whatever the segments."""
    plain = network(EVENTS, timesteps=5, neuron=NeuronSettings(decay_input=False, threshold=0.3)).double().train()
    other = copy.deepcopy(plain)
    x = torch.rand(3, 5, 2, 64, 64, dtype=torch.float64).mul(3).round()
    expected = gradients(plain, x)
    with recomputing(other, recompute, in_time=True):
        assert other.stem.steps is not None
        found = gradients(other, x)
    assert other.stem.steps is None
    assert expected.keys() == found.keys()
    assert any(float(gradient.abs().max()) > 0 for name, gradient in expected.items() if name.startswith("stem"))
    assert all(torch.allclose(expected[name], found[name], rtol=1e-8, atol=1e-12) for name in expected)
    state = other.state_dict()
    assert all(torch.allclose(value.double(), state[name].double()) for name, value in plain.state_dict().items())


def test_a_supernet_is_planned_for_its_dearest_choices():
    x = torch.rand(2, 1, 8, 8)
    supernet, cheap = network(architecture=None), network(architecture=("skip",) * 5)
    assert plan_memory(supernet, x, 8, 1.0).bytes > 1.5 * plan_memory(cheap, x, 8, 1.0).bytes


def test_planning_changes_nothing():
    net = network().train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    plan_memory(net, torch.rand(2, 1, 8, 8), 8, 1.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert net.training


def test_a_budget_that_only_asks_for_recomputation_ends_with_the_same_weights(digits, tiny_space):
    path, problem = tiny_space.at(4), Problem(tiny_space, digits, timesteps=2)
    net = network(tiny_space.to_dict(), path, timesteps=2, input_size=(8, 8))
    plain = plan_memory(net, digits.train.x, 200, 1.0)
    settings = TrainSettings(epochs=2, batch_size=200)
    within = TrainSettings(epochs=2, batch_size=200, memory=plain.bytes * 0.9e-9)
    assert plan_memory(net, digits.train.x, 200, within.memory).recompute
    assert plan_memory(net, digits.train.x, 200, within.memory).micro_batch == 200
    weights = [train_from_scratch(problem, path, seed=1, settings=s).state_dict() for s in (settings, within)]
    assert all(torch.equal(weights[0][name], tensor) for name, tensor in weights[1].items())


def test_a_supernet_trains_within_a_budget(digits, tiny_space, tiny_problem):
    net = network(tiny_space.to_dict(), None, timesteps=2)
    whole = plan_memory(net, digits.train.x, 64, 1.0)
    settings = TrainSettings(epochs=3, batch_size=64, learning_rate=2e-2, memory=whole.bytes * 0.55e-9)
    assert plan_memory(net, digits.train.x, 64, settings.memory).micro_batch == 32
    supernet = train_supernet(tiny_problem, settings=settings)
    assert supernet.paths.better_than_chance
    assert TrainSettings.from_dict(settings.to_dict()) == settings


@pytest.mark.parametrize("memory", [0.0, -1.0, float("nan")])
def test_budgets_that_cannot_be_are_refused(memory):
    with pytest.raises(InvalidInputError, match="memory: expected gigabytes above 0"):
        TrainSettings(memory=memory)
