"""What the cluster tests share: supernets without training, frames without times, journals cut short."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from pathlib import Path

import autosnn_ray as asr
import search_spaces
from autosnn_ray.journal import Journal
from autosnn_ray.training.checkpoint import pack
from tests.cluster.evaluators import score


def rows(run) -> str:
    """A run's candidates without the times they took."""
    return run.frame().drop(columns=["seconds"]).to_json()


def with_space(supernet, name):
    """The settings of a tiny supernet with an untrained network of a larger space, for evaluators that need none."""
    space = search_spaces.load("digits_16") if name == "autosnn_16" else search_spaces.load(name)
    network = asr.SpikingNetwork(space, classes=10, timesteps=2, neuron=supernet.neuron)
    network.eval().requires_grad_(False)
    checksum = hashlib.sha256(pack(network)).hexdigest()
    return replace(supernet, space=space, network=network, weights_checksum=checksum, folder=None)


def undisturbed(run: Path, supernet, algorithm, candidates: int):
    """Writes the run that a search scored by ``score`` must end as, one candidate after the other, without Ray."""
    objective = asr.SpikeAwareFitness(supernet.reference_spikes)
    state = algorithm.start(supernet.space, candidates, objective)
    config = {"space": supernet.space.to_dict(), "candidates": candidates, "objective": objective.to_dict()}
    with Journal.create(run) as journal:
        journal.write("start", config=config)
        while not state.done:
            candidate = state.ask()
            evaluation = score(candidate.architecture)
            journal.write("ask", **asdict(candidate))
            journal.write("tell", index=candidate.index, evaluation=evaluation.to_dict(), attempts=1)
            state.tell(candidate.index, evaluation)
    return asr.Run(run)


def cut(run: Path, lines: int) -> None:
    """Leaves the first lines of a run's journal: as if its process had been killed after the last of them."""
    journal = run / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:lines]))
