"""NIR: every block, stem, head and neuron exported, read back and run: the same spikes, one by one."""

from __future__ import annotations

import nir
import nirtorch
import numpy as np
import pytest
import torch
from norse.torch.module.lif_box import LIFBoxCell, LIFBoxParameters

import search_spaces
from autosnn_ray.data.dataset import Split
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.export import compare, read_nir, to_nir, write_nir
from autosnn_ray.export.from_nir import NirNetwork
from autosnn_ray.export.to_nir import EXPORTERS
from autosnn_ray.space import BLOCKS, SearchSpace
from autosnn_ray.spiking import NeuronSettings, SpikingNetwork, build_block
from autosnn_ray.spiking.neurons import SpikingNeuron

LIVELY = NeuronSettings(decay_input=False, threshold=0.5)
BASE = {
    "name": "one", "stem": "static", "channels": 4, "in_channels": 2, "input_size": [9, 8], "head": "flatten",
    "voters": 3, "layers": [{"kind": "conv_k1"}],
}  # fmt: skip


def trained_alike(entries, neuron=LIVELY, timesteps=4, seed=0):
    """A network with batch-norm statistics and time constants of its own, in double precision."""
    torch.manual_seed(seed)
    net = SpikingNetwork(SearchSpace.from_dict(entries), classes=3, timesteps=timesteps, neuron=neuron).double().eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.2, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 2)
            torch.nn.init.uniform_(module.bias, -0.2, 0.6)
        elif isinstance(module, SpikingNeuron) and module.w is not None:
            torch.nn.init.uniform_(module.w, -1, 1)
    return net.requires_grad_(False)


def frames(net, count=6):
    events = (net.timesteps,) if net.space.stem == "event" else ()
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(count, *events, net.in_channels, *net.input_size, dtype=torch.float64, generator=generator)
    return Split(x * 2, torch.arange(count) % net.classes)


def same(net, tmp_path):
    found = compare(net, read_nir(write_nir(net, tmp_path / "net.nir")), frames(net), batch_size=4)
    assert found.spikes > 50, "a silent network would show nothing"
    assert found.differing == 0, found.by_layer
    assert found.predictions == found.samples
    return found


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize(("channels", "stride"), [(4, 1), (6, 1), (6, 2)])
def test_every_block_spikes_the_same_when_read_back(name, channels, stride, tmp_path):
    """The frames' odd height makes pools drop a row and reducing skips pad one."""
    layer = {"kind": name} if "pool" in name else {"kind": name, "channels": channels, "stride": stride}
    same(trained_alike({**BASE, "layers": [layer]}), tmp_path)


def test_every_kind_of_block_has_an_exporter():
    built = {type(build_block(name, 4, c, s, LIVELY)) for name in BLOCKS for c, s in ((4, 1), (6, 1), (6, 2))}
    assert built == set(EXPORTERS)


@pytest.mark.parametrize(
    "entries",
    [
        {"stem": "event", "input_size": [34, 32]},
        {"stem": "tiny_imagenet", "input_size": [16, 18]},
        {"head": "global_average"},
        {"hidden": [12, 7]},
    ],
)
def test_every_stem_and_head_spikes_the_same_when_read_back(entries, tmp_path):
    same(trained_alike({**BASE, **entries}), tmp_path)


@pytest.mark.parametrize(
    "neuron",
    [
        NeuronSettings(threshold=0.3),
        NeuronSettings(model="lif", tau=3.0, threshold=0.3),
        NeuronSettings(model="if", threshold=0.7),
        NeuronSettings(v_reset=-0.2, threshold=0.4),
        NeuronSettings(model="if", v_reset=-0.2, threshold=0.4),
        NeuronSettings(decay_input=False, v_reset=0.1, surrogate="super"),
    ],
    ids=str,
)
def test_every_neuron_spikes_the_same_when_read_back(neuron, tmp_path):
    same(trained_alike({**BASE, "layers": [{"kind": "srb_k3", "channels": 6, "stride": 2}]}, neuron), tmp_path)


def test_a_voltage_exactly_at_the_threshold_fires_there_too():
    net = trained_alike(BASE, NeuronSettings(model="if", threshold=0.5)).float()
    for node in (to_nir(net).nodes["stem.neuron1"], to_nir(net).nodes["head.neuron"]):
        assert (node.v_threshold < 0.5).all()
        assert node.v_threshold == pytest.approx(0.5, abs=1e-6)
    above = trained_alike(BASE, NeuronSettings(model="if", threshold=0.5, surrogate="super")).float()
    assert (to_nir(above).nodes["stem.neuron1"].v_threshold > 0.5).all()


def test_in_single_precision_hardly_a_spike_differs(tiny_supernet, digits, tmp_path):
    """Folding and seconds round voltages anew; on real digits at most one spike in a thousand falls elsewhere."""
    from autosnn_ray.training import take_path

    for path in tiny_supernet.space.enumerate():
        net = take_path(tiny_supernet.network, path)
        found = compare(net, read_nir(write_nir(net, tmp_path / "net.nir")), digits.validation)
        assert found.samples == 360
        assert found.share <= 1e-3, found.by_layer
        assert found.predictions >= 359


def test_a_difference_would_be_seen(tmp_path):
    net = trained_alike(BASE)
    graph = to_nir(net)
    graph.nodes["stem.neuron1"].v_threshold += 0.1
    found = compare(net, NirNetwork(graph), frames(net))
    assert found.by_layer["stem.neuron1"] > 0
    assert found.differing == sum(found.by_layer.values())


def test_another_reader_finds_the_same_spikes(tmp_path):
    """nirtorch's graph with Norse's own cell, step by step, one sample at a time."""
    net = trained_alike({**BASE, "layers": [{"kind": "srb_k3", "channels": 6}, {"kind": "max_pool"}]})
    graph = nir.read(write_nir(net, tmp_path / "net.nir", dt=1.0))

    def lif(node):
        cell = LIFBoxCell(
            LIFBoxParameters(
                tau_mem_inv=1 / torch.from_numpy(node.tau),
                v_leak=torch.from_numpy(node.v_leak),
                v_th=torch.from_numpy(node.v_threshold),
                v_reset=torch.from_numpy(node.v_reset),
            ),
            dt=1.0,
        )
        return Scaled(cell, torch.from_numpy(node.r))

    module = nirtorch.nir_to_torch(graph, {nir.LIF: lif, nir.Threshold: Above}).double()
    data = frames(net)
    ours = read_nir(tmp_path / "net.nir").run(data.x.expand(4, *data.x.shape))["output"]
    for sample, expected in zip(data.x, ours.transpose(0, 1), strict=True):
        state, steps = None, []
        for _ in range(net.timesteps):
            spikes, state = module(sample, state)
            steps.append(spikes)
        assert torch.equal(torch.stack(steps), expected)
    assert ours.sum() > 0


class Scaled(torch.nn.Module):
    def __init__(self, cell, r):
        super().__init__()
        self.cell, self.r = cell, r

    def forward(self, x, state=None):
        return self.cell(self.r * x, state)


class Above(torch.nn.Module):
    def __init__(self, node):
        super().__init__()
        self.threshold = torch.from_numpy(node.threshold)

    def forward(self, x):
        return (x > self.threshold).to(x.dtype)


def test_the_file_says_how_to_read_the_output(tmp_path):
    net = trained_alike(BASE)
    metadata = read_nir(write_nir(net, tmp_path / "net.nir", dt=0.01)).metadata
    assert {name: np.asarray(metadata[name]).item() for name in ("classes", "voters", "timesteps", "dt")} == {
        "classes": 3,
        "voters": 3,
        "timesteps": 4,
        "dt": 0.01,
    }


def test_exporting_changes_nothing():
    net = trained_alike({**BASE, "layers": [{"kind": "skip", "channels": 6, "stride": 2}]})
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    to_nir(net)
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())


def test_what_cannot_be_exported_is_refused():
    with pytest.raises(InvalidInputError, match="expected a network of its own, got a supernet"):
        to_nir(SpikingNetwork(search_spaces.load("digits_16"), classes=10, timesteps=2))
    for dt in (0.0, -1.0, float("nan")):
        with pytest.raises(InvalidInputError, match="dt: expected seconds above 0"):
            to_nir(trained_alike(BASE), dt=dt)


def test_files_and_graphs_that_are_not_understood_are_refused(tmp_path):
    (tmp_path / "text.nir").write_text("no HDF5")
    for name in ("text.nir", "none.nir"):
        with pytest.raises(InvalidInputError, match=rf"{name}: expected a NIR file"):
            read_nir(tmp_path / name)
    two = {"input": np.array([2])}
    ends = {"input": nir.Input(two), "output": nir.Output({"output": np.array([2])})}
    linear = nir.Linear(np.eye(2))
    looped = nir.NIRGraph(
        {**ends, "a": linear, "b": linear}, [("input", "a"), ("a", "b"), ("b", "a"), ("b", "output")], {"dt": 1.0}
    )
    with pytest.raises(InvalidInputError, match="expected no loops"):
        NirNetwork(looped)
    delayed = nir.NIRGraph({**ends, "a": nir.Delay(np.ones(2))}, [("input", "a"), ("a", "output")], {"dt": 1.0})
    with pytest.raises(InvalidInputError, match="node 'a' is Delay; understood are Conv2d, Linear"):
        NirNetwork(delayed)
    plain = nir.NIRGraph({**ends, "a": linear}, [("input", "a"), ("a", "output")])
    with pytest.raises(InvalidInputError, match="names no dt"):
        NirNetwork(plain)
    assert NirNetwork(plain, dt=1.0).run(torch.ones(3, 1, 2))["output"].shape == (3, 1, 2)
