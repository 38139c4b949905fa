"""Training one network alone and looking into it, as a person types it."""

from __future__ import annotations

import csv
import io
import json
import shlex

import numpy as np
import pytest

import autosnn_ray as asr
from autosnn_ray.cards import ModelCard
from autosnn_ray.training import Supernet
from tests.cli.commands import ok, refused, run

TRAIN = ("--epochs", "1", "--timesteps", "2", "--train-samples", "100")


@pytest.fixture
def network(capsys, tmp_path, tiny_space_file):
    said = ok(capsys, "train", tmp_path / "net", "--space", tiny_space_file, "--architecture", "scb_k3/skip", *TRAIN)
    assert "spikes/sample on 360 validation samples" in said
    return tmp_path / "net"


def test_one_architecture_is_trained_alone_and_looked_into(capsys, network, tmp_path):
    said = ok(capsys, "inspect", network, "--samples", "30", "--save", tmp_path / "out", "--accumulate-energy", "0.5")
    assert "scb_k3/skip (trained alone), T=2, 30 samples" in said
    assert "0.5 pJ an accumulate" in said
    rows = [line for line in said.splitlines() if line.startswith(" ")]
    assert len(rows) > 5
    assert all(len(line) <= 80 for line in rows), "the table fits a terminal"
    values = json.loads((tmp_path / "out" / "profile.json").read_text())
    assert values["energy_model"]["accumulate"] == pytest.approx(0.5e-12)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "profile.json", "profile.csv", "profile.png", "confusion.csv", "confusion.png",
    }  # fmt: skip
    found = json.loads(ok(capsys, "inspect", network, "--samples", "30", "--format", "json"))
    assert [layer["name"] for layer in found["layers"]] == [layer["name"] for layer in values["layers"]]
    assert found["parameters"] == sum(layer["parameters"] for layer in values["layers"])
    records = list(csv.DictReader(io.StringIO(ok(capsys, "inspect", network, "--samples", "30", "--format", "csv"))))
    assert [float(record["spikes"]) for record in records] == [layer["spikes"] for layer in values["layers"]]
    said = ok(capsys, "inspect", network, "--samples", "30", "--save", tmp_path / "mein lauf ñ")
    assert f"written: {shlex.quote(str(tmp_path / 'mein lauf ñ' / 'profile.csv'))}" in said
    assert "already holds a network" in refused(capsys, "train", network, "--architecture", "skip/skip/skip/skip/skip")
    assert "already holds a network" in refused(capsys, "train", network)


@pytest.mark.slow
def test_a_supernet_trained_by_two_processes_is_that_of_one(tmp_path, tiny_space_file):
    """And the program says how many there are."""
    said = {
        workers: run(tmp_path, "train", f"by-{workers}", "--space", tiny_space_file, *TRAIN, "--workers", workers)
        for workers in (1, 2)
    }
    assert said[2].startswith("training with 2 processes of one thread each: they share out the paths of a step\n")
    assert "processes" not in said[1]
    first, second = (Supernet.load(tmp_path / f"by-{workers}") for workers in (1, 2))
    assert first.weights_checksum == second.weights_checksum


def test_a_path_of_a_supernet_is_looked_into(capsys, tiny_supernet_folder):
    path = "srb_k3/scb_k3"
    assert f"{path} (weights shared in its supernet)" in ok(
        capsys, "inspect", tiny_supernet_folder, "--architecture", path
    )
    assert "give an architecture" in refused(capsys, "inspect", tiny_supernet_folder)
    assert "expected 2 choices" in refused(capsys, "inspect", tiny_supernet_folder, "--architecture", "skip")
    assert "already holds a supernet" in refused(capsys, "train", tiny_supernet_folder, "--architecture", path)
    assert "samples: expected 1 to 360, got 0" in refused(
        capsys, "inspect", tiny_supernet_folder, "--architecture", path, "--samples", "0"
    )
    assert "expected joules of at least 0" in refused(
        capsys, "inspect", tiny_supernet_folder, "--architecture", path, "--mac-energy", "-1"
    )


def test_a_space_without_slots_is_trained_alone(capsys, tmp_path):
    (tmp_path / "net.toml").write_text(
        'name = "mine"\nstem = "static"\nchannels = 4\nin_channels = 1\ninput_size = [8, 8]\nhead = "flatten"\n'
        'hidden = [9]\n[[layers]]\nkind = "conv_k3"\n'
    )
    ok(capsys, "train", tmp_path / "net", "--space", tmp_path / "net.toml", *TRAIN)
    assert "head.hidden.0.neuron" in ok(capsys, "inspect", tmp_path / "net", "--samples", "10")


def test_a_network_is_exported_and_checked(capsys, network, tmp_path):
    said = ok(capsys, "export", network, "--nir", tmp_path / "net.nir", "--samples", "40")
    assert "read back and run on 40 validation samples: 40 put into the same class" in " ".join(said.split())
    assert (tmp_path / "net.nir").read_bytes()[1:4] == b"HDF"
    said = ok(capsys, "export", network, "--program", tmp_path / "net.pt2", "--samples", "40")
    assert "votes differ by at most 0, the spikes of a sample by at most 0" in " ".join(said.split())
    assert ModelCard.load(network).on_test is None
    assert "nothing to write: give --nir FILE" in refused(capsys, "export", network)
    said = ok(capsys, "export", network, "--program", tmp_path / "net.pt2", "--samples", "40")
    assert "votes differ by at most 0, the spikes of a sample by at most 0" in " ".join(said.split())
    assert ModelCard.load(network).on_test is None
    assert "nothing to write: give --nir FILE" in refused(capsys, "export", network)
    assert "dt: expected seconds above 0" in refused(capsys, "export", network, "--nir", tmp_path / "x", "--dt", "0")


def test_which_classes_are_taken_for_which(capsys, network, tmp_path):
    ok(capsys, "inspect", network, "--save", tmp_path / "out")
    rows = list(csv.reader((tmp_path / "out" / "confusion.csv").read_text().splitlines()))
    assert rows[0] == ["class", *map(str, range(10))]
    counts = np.array([[int(number) for number in row[1:]] for row in rows[1:]])
    data, opened = asr.load_dataset("digits"), asr.open_network(network)
    assert counts.sum(axis=1).tolist() == np.bincount(data.validation.y, minlength=10).tolist()
    assert np.trace(counts) / counts.sum() == pytest.approx(asr.evaluate(opened.network, data.validation).accuracy)
    x = data.validation.x[data.validation.y == 3]
    predicted = opened.network.eval()(x).logits.argmax(dim=1)
    assert counts[3].tolist() == np.bincount(predicted, minlength=10).tolist()
