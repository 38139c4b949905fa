"""`autosnn-ray export` for other simulators and runtimes: what it says is what their importers need."""

from __future__ import annotations

import nir
import numpy as np
import pytest

from tests.cli.commands import ok, refused

CLIENTS = [("spikingjelly", 1e-4), ("snntorch", 1e-4), ("norse", 1e-3), ("nirtorch", 1e-3)]
PATH = "scb_k3/srb_k3"


def words(text):
    return " ".join(text.split())


def export(capsys, folder, *arguments):
    return words(ok(capsys, "export", folder, "--architecture", PATH, "--samples", "20", *arguments))


def test_the_plain_command_says_which_dt_a_client_must_be_given(capsys, tiny_supernet_folder, tmp_path):
    said = export(capsys, tiny_supernet_folder, "--nir", tmp_path / "net.nir", "--dt", "0.002")
    assert "0.002 s a step. A client must be given this dt: SpikingJelly assumes 0.0001 s unless told, snnTorch" in said
    assert float(nir.read(tmp_path / "net.nir").metadata["dt"]) == 0.002


@pytest.mark.parametrize(("client", "dt"), CLIENTS)
def test_a_file_for_a_client_has_the_clients_dt(client, dt, capsys, tiny_supernet_folder, tmp_path):
    said = export(capsys, tiny_supernet_folder, "--nir", tmp_path / "net.nir", "--nir-for", client)
    assert "20 put into the same class" in said
    assert f"{dt:g} s a step. It is read by " in said
    graph = nir.read(tmp_path / "net.nir")
    assert float(graph.metadata["dt"]) == dt
    pool = graph.nodes["layers.1.max_pool"]
    assert np.unique(pool.tau).item() == pytest.approx(2 * dt)


def test_what_cannot_be_written_is_refused(capsys, tiny_supernet_folder, tmp_path):
    def said(*arguments):
        return words(refused(capsys, "export", tiny_supernet_folder, "--architecture", PATH, *arguments))

    file = tmp_path / "net.nir"
    assert "sinabs cannot run this network" in said("--nir", file, "--nir-for", "sinabs")
    assert "unknown NIR client 'brian'" in said("--nir", file, "--nir-for", "brian")
    assert "dt: snnTorch assumes 0.0001 s" in said("--nir", file, "--nir-for", "snntorch", "--dt", "0.001")
    assert "--nir-for: it is about --nir FILE" in said("--onnx", tmp_path / "net.onnx", "--nir-for", "norse")
    assert "--dt: it is about --nir FILE" in said("--program", tmp_path / "net.pt2", "--dt", "0.1")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_onnx_file_is_written_and_checked(capsys, tiny_supernet_folder, tmp_path):
    said = export(capsys, tiny_supernet_folder, "--onnx", tmp_path / "net.onnx")
    assert "votes differ by at most 0, the spikes of a sample by at most 0" in said
