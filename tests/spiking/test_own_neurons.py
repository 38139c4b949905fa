"""Norse's steps and cells in place of ours: in a layer, in a whole network, by name; never because a file says it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import norse.torch
import pytest
import torch
from norse.torch.functional.lif import lif_feed_forward_step
from norse.torch.functional.lif_box import LIFBoxParameters, lif_box_feed_forward_step
from norse.torch.module.snn import SNNCell
from torch import nn

import autosnn_ray as asr
import search_spaces
from autosnn_ray.cli.main import main
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluation import evaluate, profile
from autosnn_ray.export import to_nir
from autosnn_ray.own_code import ENTRIES
from autosnn_ray.spiking import NeuronSettings, SpikingNeuron, new_network
from autosnn_ray.spiking.own_neurons import OWN_NEURONS, VARIABLE

CELLS = {
    "two states": norse.torch.LIFCell,
    "refractory": norse.torch.LIFRefracCell,
    "adaptive threshold": norse.torch.LSNNCell,
    "adaptive exponential": norse.torch.LIFAdExCell,
    "made": norse.torch.LIFBoxCell(LIFBoxParameters(tau_mem_inv=torch.tensor(300.0))),
}


@pytest.fixture(autouse=True)
def no_others(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    before = dict(OWN_NEURONS), dict(ENTRIES)
    yield
    for registry, entries in zip((OWN_NEURONS, ENTRIES), before, strict=True):
        registry.clear()
        registry.update(entries)


def inputs(shape=(6, 3, 4), dtype=torch.float32, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype) * 30


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_with_states_of_its_own_runs_as_norse_runs_it(name):
    cell = CELLS[name]() if isinstance(CELLS[name], type) else CELLS[name]
    x = inputs().requires_grad_()
    state, expected = None, []
    for step in x:
        z, state = cell(step, state)
        expected.append(z)
    neuron = SpikingNeuron(step=CELLS[name])
    spikes = neuron(x)
    assert torch.equal(spikes, torch.stack(expected))
    assert spikes.sum() > 0
    (there,) = torch.autograd.grad(torch.stack(expected).sum(), x)
    (here,) = torch.autograd.grad(spikes.sum(), x)
    assert torch.equal(here, there)
    with torch.inference_mode():
        assert torch.equal(neuron(x), spikes)


def test_a_step_gets_our_settings():
    """Norse's own LIFBox step, with the time constant and threshold of the settings."""
    settings = NeuronSettings(model="lif", tau=3.0, threshold=0.7, surrogate="super")
    x = inputs() / 15
    assert torch.equal(SpikingNeuron(settings, step=lif_box_feed_forward_step)(x), SpikingNeuron(settings)(x))
    asr.register(lif_box_feed_forward_step, kind="neuron", name="mine:box")
    named = NeuronSettings(model="mine:box", tau=3.0, threshold=0.7, surrogate="super")
    assert torch.equal(SpikingNeuron(named)(x), SpikingNeuron(settings)(x))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (norse.torch.LIF(), "expected a cell of single steps without recurrence, such as norse.torch.LIFCell, got LIF"),
        (norse.torch.LIFRecurrentCell(3, 3), "got LIFRecurrentCell"),
        (norse.torch.IzhikevichCell, "expected what makes a cell without arguments, got IzhikevichCell"),
        (7, "expected a Norse step, a cell, or what makes one, got int"),
    ],
)
def test_what_is_neither_step_nor_cell_is_refused(given, said):
    with pytest.raises(InvalidInputError, match=said):
        SpikingNeuron(step=given)


def test_a_step_with_other_states_says_how_to_give_it():
    with pytest.raises(
        InvalidInputError, match=r"step: .* is given as a cell, such as norse.torch.LIFCell, or SNNCell"
    ):
        SpikingNeuron(step=lif_feed_forward_step)(torch.ones(3, 2, 2))
    cell = norse.torch.LIFCell()
    as_told = SNNCell(lif_feed_forward_step, cell.initial_state, cell.p, dt=0.001)
    assert torch.equal(SpikingNeuron(step=as_told)(inputs()), SpikingNeuron(step=cell)(inputs()))


def test_what_gives_no_spikes_is_refused():
    with pytest.raises(InvalidInputError, match="neuron: expected spikes, 0 or 1"):
        SpikingNeuron(step=norse.torch.LICell)(inputs())


def test_settings_that_it_would_ignore_are_refused():
    asr.register(norse.torch.LIFCell, kind="neuron", name="mine:cell")
    asr.register(lif_box_feed_forward_step, kind="neuron", name="mine:step")
    with pytest.raises(InvalidInputError, match="tau, decay_input: neuron 'mine:cell' has its own; leave it out"):
        NeuronSettings(model="mine:cell", tau=3.0, decay_input=False)
    with pytest.raises(InvalidInputError, match="decay_input: neuron 'mine:step' has its own"):
        NeuronSettings(model="mine:step", decay_input=False)
    with pytest.raises(InvalidInputError, match="decay_input: a step of one's own has its own"):
        SpikingNeuron(NeuronSettings(decay_input=False), step=lif_box_feed_forward_step)


class Learned(SNNCell):
    """A cell whose threshold is learned, one a layer."""

    def __init__(self):
        super().__init__(self.step, lambda x: torch.zeros_like(x), None)
        self.threshold = nn.Parameter(torch.tensor(0.4))

    def step(self, x, v, p, dt):
        v = v + x
        z = norse.torch.functional.threshold.threshold(v - self.threshold, "super", 10.0)
        return z, v * (1 - z)


def test_it_reaches_every_layer_of_a_network_with_what_it_learns(tiny_space, digits):
    asr.register(Learned, kind="neuron", name="mine:learned")
    net = new_network(
        torch.Generator().manual_seed(0), tiny_space, classes=10, timesteps=3, architecture="scb_k3/skip",
        neuron=NeuronSettings(model="mine:learned"),
    )  # fmt: skip
    neurons = [module for module in net.modules() if isinstance(module, SpikingNeuron)]
    thresholds = [neuron.cell.threshold for neuron in neurons]
    assert [threshold.item() for threshold in thresholds] == [pytest.approx(0.4)] * 5, (
        "made anew after building on meta"
    )
    assert len({id(threshold) for threshold in thresholds}) == 5
    (net(digits.train.x[:16]).logits.pow(2)).sum().backward()
    assert all(threshold.grad is not None for threshold in thresholds)
    net.eval()
    found = profile(net, digits.validation.head(20))
    assert found.total("spikes") == pytest.approx(evaluate(net, digits.validation.head(20)).spikes)
    with pytest.raises(
        InvalidInputError, match=r"NIR: expected a step of this toolkit.*'mine:learned' in stem.neuron1"
    ):
        to_nir(net)


def test_an_event_stem_in_segments_runs_a_cell_over_all_steps():
    asr.register(norse.torch.LIFCell, kind="neuron", name="mine:cell")
    space = search_spaces.load("autosnn_16", stem="event")
    net = new_network(
        torch.Generator().manual_seed(0), space, classes=2, timesteps=4, architecture="skip/skip/skip/skip/skip",
        input_size=(32, 32), neuron=NeuronSettings(model="mine:cell"),
    ).train()  # fmt: skip
    x = torch.rand(2, 4, 2, 32, 32) * 9
    whole = net(x, count_spikes=False).logits
    net.stem.steps = 1
    assert torch.equal(net(x, count_spikes=False).logits, whole)


def test_single_steps_are_refused_and_have_a_cell_of_their_own():
    neuron = SpikingNeuron(NeuronSettings())
    x = inputs((5, 2, 3)) / 20
    for container in (norse.torch.Lift(neuron), norse.torch.SequentialState(norse.torch.Lift(neuron))):
        with pytest.raises(InvalidInputError, match=r"got \(2, 3\); for single steps, as in Norse's Lift"):
            container(x)
    with pytest.raises(InvalidInputError, match=r"got \(2, 3, 4, 4\)"):
        norse.torch.SequentialState(neuron)(torch.ones(2, 3, 4, 4))
    expected = neuron(x)
    lifted, _ = norse.torch.Lift(neuron.as_cell())(x)
    assert torch.equal(lifted, expected)
    sequence, state, steps = norse.torch.SequentialState(neuron.as_cell()), None, []
    for step in x:
        z, state = sequence(step, state)
        steps.append(z)
    assert torch.equal(torch.stack(steps), expected)
    for _ in range(2):  # what is learned is shared: each backward pass has a graph of its own
        norse.torch.Lift(neuron.as_cell())(x)[0].sum().backward()
    assert neuron.w.grad is not None


MINE = """
import pathlib
import norse.torch
import torch
pathlib.Path("imported").touch()
cell = norse.torch.LIFCell(norse.torch.LIFParameters(tau_mem_inv=torch.tensor(500.0)))
"""
TRAIN = ("--data", "digits", "--epochs", "1", "--batch-size", "512", "--timesteps", "2", "--learning-rate", "0.001")
SEARCH = ("--evaluator", "path", "--candidates", "3", "--num-cpus", "1")


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module of the user's own in the working folder, that leaves a trace when it is imported."""
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    return tmp_path


def test_a_name_in_a_file_is_never_imported(mine):
    description = NeuronSettings().to_dict() | {"model": "mine:cell"}
    with pytest.raises(InvalidInputError, match=rf"not imported because a file names it.*set {VARIABLE}=mine:cell"):
        NeuronSettings.from_dict(description)
    assert not (mine / "imported").exists()
    os.environ[VARIABLE] = "other:cell,mine:cell"
    with torch.device("meta"):  # as where a network is built without memory: parameters of the cell are numbers still
        neuron = SpikingNeuron(NeuronSettings.from_dict(description))
    assert (mine / "imported").exists()
    assert neuron(inputs()).sum() > 0


def test_it_is_named_on_the_command_line_and_named_again_to_read_the_network(mine, tiny_space_file, capsys):
    arguments = ["train", "net", "--space", str(tiny_space_file), "--architecture", "scb_k3/skip", *TRAIN]
    assert main([*arguments, "--neuron", "mine:nothing"]) == 1
    assert "neuron 'mine:nothing': expected MODULE:NAME of a step or a cell" in capsys.readouterr().err
    assert main([*arguments, "--neuron", "mine:cell"]) == 0
    assert os.environ[VARIABLE] == "mine:cell", "processes started from here may import it too"
    assert json.loads((mine / "net" / "network.json").read_text())["neuron"]["model"] == "mine:cell"
    capsys.readouterr()
    assert main(["inspect", "net", "--samples", "20"]) == 0
    assert main(["export", "net", "--nir", "net.nir"]) == 1
    assert "expected a step of this toolkit" in capsys.readouterr().err
    OWN_NEURONS.clear()  # as in another process, whose user did not name it
    os.environ[VARIABLE] = ""
    assert main(["inspect", "net", "--samples", "20"]) == 1
    assert f"set {VARIABLE}=mine:cell" in capsys.readouterr().err


def test_the_pages_example_runs(tiny_space):
    page = (Path(__file__).parents[2] / "docs" / "neurons.md").read_text(encoding="utf-8")
    names = {"space": tiny_space}
    exec(page.split("```python\n")[1].split("```")[0], names)  # noqa: S102 - the page's own text
    assert all(type(cell) is norse.torch.LIFRefracCell for cell in cells_of(names["network"]))


def cells_of(network):
    return [module.cell for module in network.modules() if isinstance(module, SpikingNeuron)]


@pytest.mark.slow
@pytest.mark.ray
def test_rays_processes_find_it_where_the_user_named_it(mine, tiny_space_file):
    def run(*arguments, named):
        env = {**os.environ, VARIABLE: "mine:cell" if named else "", "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "autosnn_ray.cli.main", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=env, check=False)

    trained = run("train", "net", "--space", tiny_space_file, *TRAIN, "--neuron", "mine:cell", named=False)
    assert trained.returncode == 0, trained.stderr
    assert f"set {VARIABLE}=mine:cell" in run("search", "net", "run", *SEARCH, named=False).stderr
    found = run("search", "net", "run", *SEARCH, named=True)
    assert found.returncode == 0, found.stderr
    assert "3 candidates evaluated" in found.stdout
