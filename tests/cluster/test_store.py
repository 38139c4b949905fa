"""Samples and weights in the object store: one copy for all actors of a machine, guarded by a checksum."""

from __future__ import annotations

import os
from dataclasses import replace

import psutil
import pytest
import ray
import torch

import autosnn_ray as asr
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.errors import AutoSNNError, InvalidInputError
from autosnn_ray.evaluation import evaluate
from autosnn_ray.evaluators.task import Task

pytestmark = pytest.mark.ray


@pytest.fixture
def task(tiny_problem, tiny_supernet):
    return Task.of(tiny_problem, asr.SupernetPath(tiny_supernet))


def test_what_comes_out_evaluates_as_what_went_in(task, tiny_problem, tiny_supernet, shared_ray):
    mapped = ray.get(ray.put(task))
    network, data = mapped.evaluator.supernet.network, mapped.context.problem.data
    for architecture in tiny_problem.space.enumerate():
        before = evaluate(tiny_supernet.network, tiny_problem.data.validation, architecture)
        after = evaluate(network, data.validation, architecture)
        assert (before.accuracy, before.spikes, before.loss) == (after.accuracy, after.spikes, after.loss)
    assert mapped.evaluator.supernet == replace(tiny_supernet, network=network)
    assert mapped.evaluator.supernet.reference_spikes == tiny_supernet.reference_spikes
    assert mapped.context.described == tiny_problem.data.describe()


def test_test_samples_stay_behind(task, tiny_problem, shared_ray):
    data = ray.get(ray.put(task)).context.problem.data
    assert len(data.test) == 0
    assert (len(data.train), len(data.validation)) == (len(tiny_problem.data.train), len(tiny_problem.data.validation))


def test_samples_are_augmented_in_an_actor_as_in_the_driver(tiny_problem, digits, shared_ray):
    dark = replace(digits, augmentation="crop", black=(-3.0,))
    task = Task.of(replace(tiny_problem, data=dark), asr.TrainingFree())
    data = ray.get(ray.put(task)).context.problem.data
    x = digits.train.x[:20]
    ours, theirs = (one.augment(x, torch.Generator().manual_seed(0)) for one in (dark, data))
    assert ours.min() == -3
    assert torch.equal(ours, theirs)


def test_weights_and_samples_are_mapped_and_not_copied(task, shared_ray):
    """Whoever reads the same object twice gets the same memory."""
    reference = ray.put(task)
    (first, again) = (ray.get(reference) for _ in range(2))
    for one in (first, again):
        network = one.evaluator.supernet.network
        assert not any(parameter.requires_grad for parameter in network.parameters())
        assert not network.training
    for name, pointers in _pointers(first).items():
        assert pointers == _pointers(again)[name], f"{name} was copied"
    assert not set(_pointers(first).values()) & set(_pointers(task).values())


def test_what_several_searches_share_is_there_once(tiny_problem, tiny_supernet, shared_ray):
    tasks = tuple(
        Task.of(tiny_problem, evaluator)
        for evaluator in (asr.SupernetPath(tiny_supernet), asr.RecalibratedPath(tiny_supernet))
    )
    one, other = ray.get(ray.put(tasks))
    assert _pointers(one) == _pointers(other)


def test_a_write_into_shared_weights_is_seen_by_all_and_told_by_each(task, shared_ray):
    reference = ray.put(task)
    vandal, other = (ray.get(reference) for _ in range(2))
    candidate = asr.Candidate(0, ("scb_k3", "skip"), "given")
    worker = other.start()
    assert "evaluation" in worker(candidate)
    weights = list(vandal.evaluator.supernet.network.parameters())[-1].view(-1)
    with torch.no_grad():
        weights[0] += 1
    assert "shared weights were overwritten" in worker(candidate)["failure"]
    with torch.no_grad():
        weights[0] -= 1


def _pointers(task: Task) -> dict[str, int]:
    """Where weights and samples lie in memory; a counter of one number may lie within the pickle itself."""
    tensors = dict(task.evaluator.supernet.network.state_dict())
    data = task.context.problem.data
    tensors |= {"train": data.train.x, "train classes": data.train.y, "validation": data.validation.x}
    return {name: tensor.data_ptr() for name, tensor in tensors.items() if tensor.numel() > 1}


def test_one_more_actor_costs_no_copy(tiny_problem, tiny_supernet, shared_ray):
    """100 MB of samples in four processes: their own memory grows by less than a fifth of it."""
    data = tiny_problem.data
    times = 100_000_000 // (data.validation.x.numel() * 4)
    large = replace(data.validation, x=data.validation.x.repeat(times, 1, 1, 1), y=data.validation.y.repeat(times))
    problem = replace(tiny_problem, data=replace(data, validation=large))
    reference = ray.put(Task.of(problem, asr.SupernetPath(tiny_supernet)))

    @ray.remote(num_cpus=0)
    class Holder:
        def own_memory(self, boxed):
            before = psutil.Process(os.getpid()).memory_full_info().uss
            self.held = ray.get(boxed[0])
            self.total = float(self.held.context.problem.data.validation.x.sum())
            return psutil.Process(os.getpid()).memory_full_info().uss - before

    holders = [Holder.remote() for _ in range(4)]
    grown = ray.get([holder.own_memory.remote([reference]) for holder in holders])
    # Building the network imports torch and norse: some 150 MB a process that sharing cannot save.
    again = ray.get([holder.own_memory.remote([reference]) for holder in holders])
    assert max(again) < 20e6, f"own memory grew by {[int(value / 1e6) for value in again]} MB (first: {grown})"


def test_ray_on_one_machine_cannot_be_reached_from_another(shared_ray):
    """Who reaches Ray can run any code: every socket of every process it starts is on the loopback address."""
    me = psutil.Process()

    @ray.remote(num_cpus=0)
    class Idle:
        def up(self):
            return True

    actor = Idle.remote()
    assert ray.get(actor.up.remote())
    children = me.children(recursive=True)
    listening = {
        (process.name(), connection.laddr.ip.removeprefix("::ffff:"))
        for process in (me, *children)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {"raylet", "gcs_server"} <= {name for name, _ in listening}
    assert {ip for _, ip in listening} == {"127.0.0.1"}, listening


def test_an_address_where_no_cluster_is_gives_one_clear_error():
    with pytest.raises(AutoSNNError, match=r"127\.0\.0\.1:1'.*no Ray cluster"), ray_session(address="127.0.0.1:1"):
        pass
    with (
        pytest.raises(InvalidInputError, match=r"Ray Client.*ray job submit"),
        ray_session(address="ray://127.0.0.1:1"),
    ):
        pass
    with (
        pytest.raises(InvalidInputError, match="runtime_env: Ray does not take it"),
        ray_session(runtime_env={"pip": 3}),
    ):
        pass
    with pytest.raises(InvalidInputError, match="num_cpus"), ray_session(num_cpus=0):
        pass
    with pytest.raises(InvalidInputError, match="already has its CPUs"), ray_session("127.0.0.1:1", num_cpus=2):
        pass


def test_a_runtime_environment_that_comes_too_late_is_refused(shared_ray):
    with pytest.raises(InvalidInputError, match="runtime_env: Ray is already running in this process"):
        asr.Ray(runtime_env={"env_vars": {"BENCH": "seven"}}).open().__enter__()
