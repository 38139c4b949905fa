"""Files for other simulators, loaded by their real importers as docs/clients.md says: spike by spike as here."""

from __future__ import annotations

import re
from pathlib import Path

import nir
import numpy as np
import pytest
import torch

import search_spaces
from autosnn_ray.data.dataset import Split
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.export import CLIENTS, NirNetwork, compare, read_nir, to_nir, write_nir
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking import NeuronSettings, SpikingNetwork
from autosnn_ray.spiking.neurons import SpikingNeuron

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
SNIPPETS = {
    heading.lower(): body
    for heading, body in re.findall(r"^## (\w+)\n.*?```python\n(.*?)```", PAGE, flags=re.MULTILINE | re.DOTALL)
}
UNDIVIDED = NeuronSettings(decay_input=False, threshold=0.5)
DIVIDED = NeuronSettings(threshold=0.4)
BASE = {
    "name": "one", "stem": "static", "channels": 4, "in_channels": 2, "input_size": [9, 8], "head": "flatten",
    "voters": 3, "layers": [],
}  # fmt: skip
POOLS = {**BASE, "layers": [
    {"kind": "srb_k3", "channels": 6}, {"kind": "max_pool"}, {"kind": "skip", "channels": 8, "stride": 2},
]}  # fmt: skip
BRANCHES = {**BASE, "hidden": [14], "layers": [
    {"kind": "srb_k5"}, {"kind": "avg_pool"}, {"kind": "sib_k3_e1"}, {"kind": "srb_k3", "channels": 6, "stride": 2},
]}  # fmt: skip
AVERAGE = {**BASE, "head": "global_average", "layers": [{"kind": "scb_k3"}, {"kind": "max_pool"}]}
EVENT = {**BASE, "stem": "event", "input_size": [34, 32], "layers": [{"kind": "conv_k3"}]}
NETWORKS = {
    "pools, divided": (POOLS, DIVIDED),
    "branches, divided": (BRANCHES, NeuronSettings(threshold=0.3)),
    "branches, undivided": (BRANCHES, UNDIVIDED),
    "average, undivided": (AVERAGE, UNDIVIDED),
    "events, lif": (EVENT, NeuronSettings(model="lif", tau=3.0, threshold=0.3)),
    "pools, super": (POOLS, NeuronSettings(surrogate="super", threshold=0.4)),
    "pools, reset": (POOLS, NeuronSettings(v_reset=-0.2, threshold=0.4)),
    "pools, if": (POOLS, NeuronSettings(model="if", threshold=0.7)),
}
REFUSED = {("snntorch", "pools, reset"), ("snntorch", "pools, if"), ("norse", "pools, reset")}
RUNS = [
    (client, name)
    for client in SNIPPETS if client in CLIENTS
    for name in NETWORKS if (client, name) not in REFUSED and (client, name) != ("nirtorch", "pools, if")
]  # fmt: skip


def firing(entries, neuron, timesteps=4):
    torch.manual_seed(0)
    net = SpikingNetwork(SearchSpace.from_dict(entries), classes=3, timesteps=timesteps, neuron=neuron).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.2, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 2)
            torch.nn.init.uniform_(module.bias, -0.2, 0.6)
        elif isinstance(module, SpikingNeuron) and module.w is not None:
            torch.nn.init.uniform_(module.w, -1, 1)
    return net.requires_grad_(False)


def samples(net, count=5):
    steps = (net.timesteps,) if net.space.stem == "event" else ()
    x = torch.rand(count, *steps, net.in_channels, *net.input_size, generator=torch.Generator().manual_seed(1)) * 2
    return Split(x, torch.arange(count) % net.classes)


def spikes_of(net, x):
    """Spikes of each layer of neurons, ``(T, N, …)``, by name."""
    seen = {}
    handles = [
        module.register_forward_hook(lambda module, _, spikes: seen.update({module.layer_name: spikes}))
        for module in net.modules() if isinstance(module, SpikingNeuron)
    ]  # fmt: skip
    votes = net(x).logits
    for handle in handles:
        handle.remove()
    return seen, votes


def run_in(client, net, x, folder, monkeypatch, **options):
    """Runs the page's snippet on a file; returns its spikes, and those of each node that its modules saw."""
    write_nir(net, folder / f"{client}.nir", client=client, **options)
    monkeypatch.chdir(folder)
    frames = net.as_frames(x)
    seen = {}
    read = torch.nn.Module.__call__

    def note(module, *arguments, **named):
        out = read(module, *arguments, **named)
        if isinstance(out, tuple):
            seen.setdefault(module, []).append(out[0])
        elif isinstance(out, torch.Tensor):
            seen.setdefault(module, []).append(out)
        return out

    names = {"frames": frames if x.dim() == 5 else frames.expand(net.timesteps, *x.shape), "samples": x.numpy()}
    with monkeypatch.context() as patched:
        patched.setattr(torch.nn.Module, "__call__", note)
        exec(SNIPPETS[client], names)  # noqa: S102 - the page's own text
    modules = {name: seen[module] for name, module in names["network"].named_modules() if module in seen}
    return names["spikes"], modules


@pytest.mark.parametrize(("client", "name"), RUNS)
def test_a_file_for_a_client_spikes_there_as_here(client, name, tmp_path, monkeypatch):
    net = firing(*NETWORKS[name])
    split = samples(net)
    expected, votes = spikes_of(net, split.x)
    found, modules = run_in(client, net, split.x, tmp_path, monkeypatch)
    total = differing = 0
    for layer, theirs in expected.items():
        ours = modules[layer.replace(".", "_")]
        ours = ours[0] if len(ours) == 1 else torch.stack(ours)  # all steps at once, or one by one
        differing += int((ours.reshape(theirs.shape) != theirs).sum())
        total += int(theirs.sum())
    assert total > 300, "a silent network would show nothing"
    assert differing <= total / 500, "folding rounds voltages anew, no more"
    counted = {"classes": net.classes, "voters": net.space.voters, "spikes": found}
    exec(re.search(r"```python\n(votes = .*?)```", PAGE, flags=re.DOTALL)[1], counted)  # noqa: S102
    assert differing or torch.equal(counted["votes"] / net.space.voters, votes)


def test_the_page_has_a_snippet_for_each_client_that_can_run_anything():
    able = {name for name, client in CLIENTS.items() if client.load}
    assert able == {"spikingjelly", "snntorch", "norse", "nirtorch"}
    assert able <= set(SNIPPETS)
    for name in CLIENTS:
        assert f"| `{name}`" in PAGE


@pytest.mark.parametrize("client", [name for name, client in CLIENTS.items() if client.load])
@pytest.mark.parametrize("name", NETWORKS)
def test_our_reader_finds_the_same_spikes_in_every_file(client, name, tmp_path):
    if (client, name) in REFUSED:
        return
    net = firing(*NETWORKS[name]).double()
    split = samples(net)
    found = compare(
        net, read_nir(write_nir(net, tmp_path / "net.nir", client=client)), Split(split.x.double(), split.y)
    )
    assert found.spikes > 300
    assert found.differing <= found.spikes / 1000
    assert found.predictions == found.samples


@pytest.mark.parametrize("step_mode", ["s", "m"])
def test_spikingjelly_can_be_told_another_dt(step_mode, tmp_path):
    from spikingjelly.activation_based.nir_exchange import import_from_nir

    net = firing(*NETWORKS["pools, divided"])
    x = samples(net).x
    frames = x.expand(net.timesteps, *x.shape)
    path = write_nir(net, tmp_path / "net.nir", client="spikingjelly", dt=0.01)
    network = import_from_nir(path, dt=0.01, step_mode=step_mode)
    state, steps = None, []
    for frame in frames if step_mode == "s" else [frames]:
        out, state = network(frame, state)
        steps.append(out)
    expected = spikes_of(net, x)[0]["head.neuron"]
    assert torch.equal(torch.stack(steps).reshape(expected.shape), expected)


def test_what_a_client_cannot_do_is_refused_with_the_reason():
    resets, integrates = firing(*NETWORKS["pools, reset"]), firing(*NETWORKS["pools, if"])
    for client in ("norse", "snntorch"):
        with pytest.raises(
            InvalidInputError, match=r"cannot run this network: its importer ignores v_reset, which is -0\.2"
        ):
            to_nir(resets, client=client)
    with pytest.raises(InvalidInputError, match=r"snnTorch cannot run this network: .* IF neurons with r = 1 alone"):
        to_nir(integrates, client="snntorch")
    with pytest.raises(InvalidInputError, match="sinabs cannot run this network: it resets by subtracting"):
        to_nir(firing(*NETWORKS["pools, divided"]), client="sinabs")
    with pytest.raises(InvalidInputError, match=r"dt: snnTorch assumes 0\.0001 s whatever the file says, got 0\.001"):
        to_nir(firing(*NETWORKS["pools, divided"]), client="snntorch", dt=1e-3)
    with pytest.raises(InvalidInputError, match="unknown NIR client 'brian'; expected one of: spikingjelly, snntorch"):
        to_nir(resets, client="brian")
    grouped = firing(*NETWORKS["pools, divided"])
    grouped.stem.conv1 = torch.nn.Conv2d(2, 4, 3, padding=1, groups=2, bias=False)
    with pytest.raises(InvalidInputError, match=r"SpikingJelly cannot run this network: .* convolutions in groups"):
        to_nir(grouped, client="spikingjelly")


def test_the_reasons_are_true():
    """Where an importer learns to do what it is refused for, this test says so."""
    from norse.torch.utils.import_nir import _import_norse_module
    from snntorch.import_nir import import_from_nir
    from spikingjelly.activation_based.nir_exchange.from_nir import _NodeMapper

    with pytest.raises(AssertionError, match="r != 1 not supported"):
        import_from_nir(to_nir(firing(*NETWORKS["pools, if"])))
    assert _import_norse_module(nir.AvgPool2d(np.array((2, 2)), np.array((2, 2)), np.array((0, 0)))) is None
    averages = to_nir(firing(*NETWORKS["average, undivided"]), client="norse").nodes.values()
    assert not any(isinstance(node, nir.AvgPool2d) for node in averages)
    grouped = nir.Conv2d((4, 4), np.ones((2, 1, 3, 3), dtype=np.float32), 1, 1, 1, 2, np.zeros(2, dtype=np.float32))
    with pytest.raises(NotImplementedError, match="Grouped convolutions"):
        _NodeMapper().map_conv2d(grouped)


def test_a_max_pool_is_a_sum_and_a_neuron_that_keeps_nothing():
    nodes = to_nir(firing(*NETWORKS["pools, divided"]), dt=0.01).nodes
    pool = nodes["layers.1.max_pool"]
    assert isinstance(pool, nir.LIF)
    assert isinstance(nodes["layers.1.max_pool.sum"], nir.SumPool2d)
    values = {name: getattr(pool, name) for name in ("tau", "r", "v_leak", "v_threshold", "v_reset")}
    assert {name: float(np.unique(value).item()) for name, value in values.items()} == pytest.approx(
        {"tau": 0.02, "r": 1.0, "v_leak": 0.0, "v_threshold": 0.25, "v_reset": 0.0}
    )
    assert not any(isinstance(node, nir.Threshold) for node in nodes.values())


def test_files_whose_max_pools_are_thresholds_are_read_as_before():
    net = firing(*NETWORKS["pools, divided"])
    graph = to_nir(net)
    graph.nodes["layers.1.max_pool"] = nir.Threshold(np.full((6, 4, 4), 0.5, dtype=np.float32))
    found = compare(net, NirNetwork(graph), samples(net))
    assert found.spikes > 300
    assert found.differing == 0


def test_the_bound_on_nir_is_the_version_that_has_a_reset():
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    for extra in ("nir", "test"):
        assert "nir>=1.0.7" in project["optional-dependencies"][extra]
    assert "v_reset" in nir.LIF.__dataclass_fields__


@pytest.fixture(scope="module")
def trained(digits):
    from autosnn_ray.problem import Problem
    from autosnn_ray.training import TrainSettings, train_from_scratch

    problem = Problem(search_spaces.load("digits_16"), digits)
    return train_from_scratch(problem, "srb_k3/scb_k3/srb_k3/skip/srb_k5", settings=TrainSettings(epochs=3))


@pytest.mark.slow
@pytest.mark.parametrize("client", [name for name, client in CLIENTS.items() if client.load])
def test_a_trained_network_of_real_size_spikes_there_as_here(client, trained, digits, tmp_path, monkeypatch):
    """A voltage nearer to the threshold than the file's margin for ties falls on the other side, and all after it in
    that sample may differ: samples are counted, and which voltages come so near depends on the machine's rounding."""
    x = digits.validation.x[:100]
    expected = spikes_of(trained, x)[0]["head.neuron"]
    found, _ = run_in(client, trained, x, tmp_path, monkeypatch)
    assert expected.sum() > 1000
    differing = (found.reshape(expected.shape) != expected).transpose(0, 1).flatten(1).any(dim=1)
    assert int(differing.sum()) <= 4
