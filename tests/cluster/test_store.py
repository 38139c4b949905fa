"""The supernet in the object store: one copy for all actors, guarded by a checksum."""

from __future__ import annotations

import os
from dataclasses import replace

import psutil
import pytest
import ray
import torch

from autosnn_ray.cluster.session import ray_session
from autosnn_ray.cluster.store import SharedSupernet
from autosnn_ray.errors import AutoSNNError, CheckpointError, InvalidInputError
from autosnn_ray.evaluation import evaluate

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module", autouse=True)
def local_ray():
    with ray_session(num_cpus=2):
        yield


@pytest.fixture
def shared(tiny_supernet, digits):
    return SharedSupernet.of(tiny_supernet, digits)


def test_what_comes_out_evaluates_as_what_went_in(shared, tiny_supernet, digits):
    network, data = ray.get(ray.put(shared)).open()
    for architecture in tiny_supernet.space.enumerate():
        before = evaluate(tiny_supernet.network, digits.validation, architecture)
        after = evaluate(network, data.validation, architecture)
        assert (before.accuracy, before.spikes, before.loss) == (after.accuracy, after.spikes, after.loss)


def test_samples_are_augmented_in_an_actor_as_in_the_driver(tiny_supernet, digits):
    dark = replace(digits, augmentation="crop", black=(-3.0,))
    described = replace(tiny_supernet, data=dark.describe())
    _, data = SharedSupernet.of(described, dark).open()
    x = digits.train.x[:20]
    ours, theirs = (one.augment(x, torch.Generator().manual_seed(0)) for one in (dark, data.data))
    assert ours.min() == -3
    assert torch.equal(ours, theirs)


def test_every_weight_points_into_the_mapped_arrays(shared):
    mapped = ray.get(ray.put(shared))
    network, data = mapped.open()
    for name, tensor in network.state_dict().items():
        assert tensor.data_ptr() == mapped.weights[name].ctypes.data, f"{name} was copied"
    assert data.validation.x.data_ptr() == mapped.validation[0].ctypes.data
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert not network.training


def test_the_checksum_sees_a_changed_weight(shared):
    mapped = ray.get(ray.put(shared))
    network, _ = mapped.open()
    mapped.check()
    with torch.no_grad():
        list(network.parameters())[-1].view(-1)[0] += 1
    with pytest.raises(CheckpointError, match="overwritten"):
        mapped.check()


def test_one_more_actor_costs_no_copy_of_the_weights(tiny_supernet, digits):
    """A payload of 200 MB in four processes: their own memory grows by less than a tenth of it."""
    shared = SharedSupernet.of(tiny_supernet, digits)
    ballast = torch.zeros(50_000_000).numpy()
    reference = ray.put([shared, ballast])

    @ray.remote(num_cpus=0)
    class Holder:
        def own_memory(self, boxed):
            before = psutil.Process(os.getpid()).memory_full_info().uss
            self.held = ray.get(boxed[0])
            self.total = float(self.held[1].sum())
            self.network, _ = self.held[0].open()
            return psutil.Process(os.getpid()).memory_full_info().uss - before

    holders = [Holder.remote() for _ in range(4)]
    grown = ray.get([holder.own_memory.remote([reference]) for holder in holders])
    # Building the network imports torch and norse: some 150 MB a process that sharing cannot save.
    again = ray.get([holder.own_memory.remote([reference]) for holder in holders])
    assert max(again) < 20e6, f"own memory grew by {[int(value / 1e6) for value in again]} MB (first: {grown})"


def test_ray_on_one_machine_cannot_be_reached_from_another():
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
    ray.shutdown()
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
