"""What a module of a user's own registers, in processes that cannot import it: on this machine, and on others."""

from __future__ import annotations

from pathlib import Path

import pytest

import autosnn_ray as asr
import search_spaces
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.own_code import import_own
from tests.cli.commands import run
from tests.cluster.nodes import cluster
from tests.registering import registries_put_back, space_with

pytestmark = pytest.mark.ray

MINE = '''
import os
import sys
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

import autosnn_ray as asr
from autosnn_ray.spiking import SpikingBlock, SpikingNeuron, event_conv, over_time

HERE = os.environ.get("BENCH_LOCK")


@asr.register(name="dense_k3", kernel=3)
class Dense(SpikingBlock):
    """One spiking convolution of one's own."""

    def __init__(self, block, in_channels, out_channels, stride, neuron):
        super().__init__()
        self.conv = event_conv(in_channels, out_channels, block.kernel, stride)
        self.norm = nn.BatchNorm2d(out_channels)
        self.neuron = SpikingNeuron(neuron)

    def forward(self, x, meter=None):
        return self.neuron(over_time(self.conv, x), meter, norm=self.norm)


def spikes_of(network, problem):
    with torch.no_grad():
        return float(network(problem.data.validation.x[:8]).spikes.mean())


@asr.register
@dataclass(frozen=True)
class Bench(asr.Evaluator):
    name: ClassVar[str] = "bench"
    summary: ClassVar[str] = "spikes of an untrained network"
    scale: float = 1.0

    def start(self, context):
        def estimate(architecture, repetition):
            network = context.problem.network(torch.Generator().manual_seed(0), architecture).eval()
            measures = {
                "accuracy": self.scale * architecture.count("dense_k3") / 2,
                "spikes": spikes_of(network, context.problem),
                "imported": float("bench_code" in sys.modules),
                "process": float(os.getpid()),
            }
            return asr.Evaluation.given(measures)

        return estimate
'''
SPACE = space_with("skip", "dense_k3", "scb_k3")
SEARCH = ("--space", "space.toml", "--data", "digits", "--evaluator", "bench", "--evaluator.scale", 0.5)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where commands are run; the module lies elsewhere."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "bench_code.py").write_text(MINE)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "space.toml").write_text(SPACE)
    return tmp_path / "here"


def test_a_module_that_the_processes_cannot_import_reaches_them(folder):
    """Blocks by their names, evaluators by their settings; the run is read in another process."""
    imported = ("--import", "../code/bench_code.py")
    said = run(folder, "search", "run", *SEARCH, "--candidates", 4, "--num-cpus", 1, *imported)
    assert "4 of 4 candidates evaluated" in said
    assert "next: autosnn-ray show run --save pictures --import ../code/bench_code.py" in said
    with registries_put_back():
        import_own(str(folder.parent / "code" / "bench_code.py"))
        frame = asr.Run(folder / "run").frame()
    assert frame["status"].eq("done").all(), frame["reason"]
    assert frame["imported"].eq(0).all(), "it came by value"
    assert frame["accuracy"].max() > 0, "no block of one's own was evaluated"


def test_what_cannot_be_sent_is_said_before_anything_is_evaluated(folder, shared_ray):
    path = folder.parent / "code" / "bench_code.py"
    path.write_text(MINE.replace("HERE = ", "import threading\nLOCK = threading.Lock()\nHERE = ").replace(
        "    with torch.no_grad():", "    with LOCK, torch.no_grad():"
    ))  # fmt: skip
    with registries_put_back():
        mine = import_own(str(path))
        problem = asr.Problem(search_spaces.load(folder / "space.toml"), asr.load_dataset("digits"), timesteps=2)
        with pytest.raises(
            InvalidInputError, match=r"code of your own \(bench_code\) cannot be sent .*: cannot pickle '_thr"
        ):
            asr.search(problem, mine.Bench(), path=folder / "run", candidates=2, executor=asr.Ray())


@pytest.mark.slow
def test_other_machines_get_it_too(folder, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    with cluster() as nodes:
        nodes.start_head()
        nodes.start_worker()
        imported = ("--import", "../code/bench_code.py")
        ray = ("--address", nodes.address, "--concurrent", 2)
        said = run(folder, "search", "run", *SEARCH, "--candidates", 9, *ray, *imported)
        assert "9 of 9 candidates evaluated" in said
    with registries_put_back():
        import_own(str(folder.parent / "code" / "bench_code.py"))
        frame = asr.Run(folder / "run").frame()
    assert frame["imported"].eq(0).all()
    assert frame["process"].nunique() == 2


@pytest.mark.slow
def test_processes_that_train_a_supernet_get_it_too(folder):
    train = ("--space", "space.toml", "--data", "digits", "--epochs", 1, "--timesteps", 2, "--workers", 2)
    imported = ("--import", "../code/bench_code.py")
    assert "written: supernet" in run(folder, "train", "supernet", *train, *imported)
    said = run(
        folder,
        "search",
        "run",
        "--supernet",
        "supernet",
        "--evaluator",
        "path",
        "--candidates",
        3,
        "--num-cpus",
        1,
        *imported,
    )
    assert "3 of 3 candidates evaluated" in said
