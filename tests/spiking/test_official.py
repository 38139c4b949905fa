"""Checkpoints of the original: every way in, every way to fail."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import autosnn_ray as asr
from autosnn_ray.errors import CheckpointError, InvalidInputError

GOLDEN = Path(__file__).parents[1] / "golden"
ARGUMENTS = {"num_classes": 10, "timesteps": 8}


@pytest.fixture(scope="module")
def state():
    return load_file(GOLDEN / "supernet_AutoSNN_16" / "state.safetensors")


def logits(network):
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)).to(network.stem.conv1.weight.dtype)
    with torch.no_grad():
        return network(x, ("srb_k5", "srb_k5", "skip", "srb_k3", "srb_k5")).logits


def test_it_keeps_the_states_type_and_is_in_evaluation_mode(state):
    for dtype in (torch.float64, torch.float32):
        typed = {name: t.to(dtype) if t.is_floating_point() else t for name, t in state.items()}
        network = asr.load_official_state(typed, "autosnn_16", **ARGUMENTS)
        assert {parameter.dtype for parameter in network.parameters()} == {dtype}
        assert not network.training


def test_every_kind_of_file_gives_the_same_network(state, tmp_path):
    floats = {name: t.float() if t.is_floating_point() else t for name, t in state.items()}
    save_file(floats, tmp_path / "a.safetensors")
    torch.save(floats, tmp_path / "b.pth")
    torch.save({"epoch": 3, "state_dict": floats, "best": 0.9}, tmp_path / "c.pth.tar")
    torch.save({"model": {f"module.{name}": t for name, t in floats.items()}}, tmp_path / "d.pt")
    expected = logits(asr.load_official_state(floats, "autosnn_16", **ARGUMENTS))
    for file in ("a.safetensors", "b.pth", "c.pth.tar", "d.pt"):
        found = asr.load_official_state(tmp_path / file, "autosnn_16", **ARGUMENTS)
        assert torch.equal(logits(found), expected), file


def test_a_pickle_that_would_run_code_is_never_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "exploded",))

    (tmp_path / "bomb.pth.tar").write_bytes(pickle.dumps(Bomb()))
    torch.save(Bomb(), tmp_path / "bomb.pt")
    for name in ("bomb.pth.tar", "bomb.pt"):
        with pytest.raises(CheckpointError, match="never unpickled"):
            asr.load_official_state(tmp_path / name, "autosnn_16", **ARGUMENTS)
    assert not (tmp_path / "exploded").exists()


def test_unknown_and_missing_names_are_all_listed(state):
    changed = dict(state)
    for name in ("layers.0.blocks.1.conv1.weight", "layers.5.blocks.3.spike_neuron_1.w"):
        del changed[name]
    changed |= {"layers.0.blocks.9.conv1.weight": torch.zeros(1), "nonsense.weight": torch.zeros(1)}
    with pytest.raises(CheckpointError) as caught:
        asr.load_official_state(changed, "autosnn_16", **ARGUMENTS)
    said = str(caught.value)
    for name in ("layers.0.blocks.9.conv1.weight", "nonsense.weight"):
        assert name in said
    for name in ("layers.0.scb_k3.conv1.weight", "layers.5.srb_k3.neuron1.w"):
        assert name in said
    assert said.index("unknown") < said.index("missing")


def test_another_space_or_number_of_classes_is_refused(state):
    with pytest.raises(CheckpointError, match="of another shape"):
        asr.load_official_state(state, "autosnn_32", **ARGUMENTS)
    with pytest.raises(CheckpointError, match=r"head\.linear\.weight"):
        asr.load_official_state(state, "autosnn_16", num_classes=11, timesteps=8)


def test_states_that_are_none_are_refused(tmp_path):
    for content in ({}, {"a": 1}, {"x": torch.zeros(1)}):
        with pytest.raises(CheckpointError):
            asr.load_official_state(content, "autosnn_16", **ARGUMENTS)
    (tmp_path / "torn.safetensors").write_bytes(b"\x10\x00")
    for path in ("torn.safetensors", "missing.pth", "missing.safetensors"):
        with pytest.raises(CheckpointError, match=path):
            asr.load_official_state(tmp_path / path, "autosnn_16", **ARGUMENTS)


def test_an_unknown_stem_space_or_choice_is_named_with_the_known_ones(state):
    with pytest.raises(InvalidInputError, match="unknown stem 'dvs'; expected one of: static, event, tiny_imagenet"):
        asr.load_official_state(state, "autosnn_16", stem="dvs", **ARGUMENTS)
    with pytest.raises(InvalidInputError, match="unknown space 'AutoSNN'"):
        asr.load_official_state(state, "AutoSNN", **ARGUMENTS)
    with pytest.raises(InvalidInputError, match="unknown choice for slot 0"):
        asr.load_official_state(state, "autosnn_16", architecture="SRB_k9/skip/skip/skip/skip", **ARGUMENTS)


def official_event_state(network):
    """The names the original gives an event network, from one of ours."""
    theirs = {"stem.conv1": "conv_stem.0", "stem.norm1": "conv_stem.1", "stem.neuron1": "spike_neuron_stem"}
    theirs |= {"stem.conv2": "DVS_conv_1.0", "stem.norm2": "DVS_conv_1.1", "stem.neuron2": "DVS_conv_1.2"}
    theirs |= {"head.linear": "fc.1", "head.neuron": "fc.2"}
    state = {}
    for name, tensor in network.state_dict().items():
        module, _, leaf = name.rpartition(".")
        if name.startswith("layers."):
            _, layer, _, rest = name.split(".", 3)
            for ours, original in (("norm", "bn"), ("neuron1", "spike_neuron_1"), ("neuron2", "spike_neuron_2")):
                rest = rest.replace(ours, original)
            rest = rest.replace("neuron.w", "spike_neuron.w").replace("shortcut", "downsample")
            state[f"layers.{layer}.{rest}"] = tensor
        else:
            state[f"{theirs[module]}.{leaf}"] = tensor
    return state


@pytest.mark.parametrize("side", [128, 64])
def test_event_networks_take_frames_of_every_step(side):
    import search_spaces
    from autosnn_ray.space import SearchSpace

    space = SearchSpace.from_dict({**search_spaces.load("autosnn_16").to_dict(), "stem": "event"})
    architecture = "srb_k5/scb_k3/skip/srb_k3/scb_k5"
    ours = asr.SpikingNetwork(
        space, classes=11, timesteps=2, architecture=architecture, in_channels=2, input_size=(side, side)
    ).eval()
    found = asr.load_official_state(
        official_event_state(ours), "autosnn_16", num_classes=11, timesteps=2, stem="event",
        architecture="SRB_k5/SCB_k3/skip_connect/SRB_k3/SCB_k5",
    )  # fmt: skip
    x = (torch.rand(1, 2, 2, side, side) * 3).round()
    with torch.no_grad():
        assert torch.equal(found(x).spikes, ours(x).spikes)
        assert found(x).logits.shape == (1, 11)
    with pytest.raises(InvalidInputError, match="expected shape"):
        found(torch.rand(1, 2, side, side))
