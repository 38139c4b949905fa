"""The walk of a new user: own data to a retrained, exported network, by commands alone; everything moves half-way."""

from __future__ import annotations

import shutil

import numpy as np

from tests.cli.commands import ok

LOCAL = ("--executor", "local")


def test_from_own_data_to_an_exported_network_though_all_of_it_moves(
    tmp_path, digits, tiny_space_file, monkeypatch, capsys
):
    first, second, elsewhere = (tmp_path / name for name in ("first", "zwei ñ", "elsewhere"))
    first.mkdir()
    elsewhere.mkdir()
    x = np.concatenate([digits.train.x.numpy(), digits.validation.x.numpy()])
    y = np.concatenate([digits.train.y.numpy(), digits.validation.y.numpy()])
    np.savez(first / "mine.npz", x=x, y=y)
    shutil.copy(tiny_space_file, first / "tiny.toml")

    monkeypatch.chdir(first)
    ok(capsys, "datasets", "mine.npz", "--save", "samples.png")
    ok(
        capsys, "train", "sn", "--data", "mine.npz", "--space", "tiny.toml", "--timesteps", 2, "--epochs", 4,
        "--learning-rate", 0.02,
    )  # fmt: skip
    ok(capsys, "search", "runs/first", "--supernet", "sn", "--candidates", 5, *LOCAL)

    monkeypatch.chdir(elsewhere)
    second.mkdir()
    (second / "data").mkdir()
    shutil.move(first / "mine.npz", second / "data" / "own.npz")
    for name in ("sn", "runs"):
        shutil.move(first / name, second / name)
    run = second / "runs" / "first"
    told = ok(capsys, "resume", run, "--candidates", 9, "--data", second / "data" / "own.npz", *LOCAL)
    assert "9 of 9 candidates evaluated" in told
    # Where supernet and data are now was said once.
    told = ok(capsys, "halving", run, "--finalists", 2, "--rounds", 1, "--epochs", 2, "--seeds", 2, *LOCAL)
    assert "winner:" in told
    ok(capsys, "retrain", run, "--top", 1, "--epochs", 2, "--seeds", 2, *LOCAL)
    told = ok(capsys, "show", run, "--save", "pictures")
    assert "finished" in told
    assert (elsewhere / "pictures" / "pareto.png").stat().st_size > 5000
    (network, *_) = sorted(run.glob("retrained/**/network.json"))
    assert "spikes" in ok(capsys, "inspect", network.parent)
    ok(capsys, "export", network.parent, "--nir", "found.nir", "--program", "found.pt2")
    assert (elsewhere / "found.nir").exists()
