"""What tests of searches share: a larger problem, supernets without training, frames without times, cut journals."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import torch

import autosnn_ray as asr
import search_spaces
from autosnn_ray.journal import Journal
from autosnn_ray.measures import MEASURES, known_of
from autosnn_ray.training.checkpoint import pack
from autosnn_ray.training.path_statistics import PathStatistics
from tests.runs.evaluators import scored

LOCAL = asr.Local(threads=1)


@cache
def larger_problem(data: str = "digits") -> asr.Problem:
    """A space of 3125 architectures, for evaluators that need no supernet."""
    return asr.Problem(search_spaces.load("digits_16"), asr.load_dataset(data), timesteps=2)


def untrained(problem: asr.Problem, seed: int = 0) -> asr.Supernet:
    """A supernet of a problem with random weights."""
    network = problem.network(torch.Generator().manual_seed(seed)).eval().requires_grad_(False)
    return asr.Supernet(
        network=network,
        data=problem.data.describe(),
        sampling="strict",
        training=asr.TrainSettings(),
        seed=seed,
        paths=PathStatistics(0, math.nan, math.nan, math.nan, 1000.0, 0.1, False),
        weights_checksum=hashlib.sha256(pack(network)).hexdigest(),
    )


def rows(run) -> str:
    """A run's candidates without what is a matter of time: how long each took, and in which order results came in."""
    return run.frame().drop(columns=["seconds", "told"]).to_json()


def undisturbed(run: Path, problem, algorithm, candidates: int, goal=None):
    """Writes the run that a search scored by ``score`` must end as: ask and tell, one candidate after the other."""
    goal = goal or asr.Goal((asr.SpikeAwareFitness(),))
    state = algorithm.start(problem.space, candidates, goal)
    config = {"problem": problem.describe(), "candidates": candidates, "goal": goal.to_dict()}
    with Journal.create(run) as journal:
        journal.write("start", config=config)
        while not state.done:
            candidate = state.ask()
            known = known_of(MEASURES, problem, candidate.architecture)
            found = scored(candidate.architecture)
            evaluation = replace(found, measures={**known, **found.measures})
            journal.write("ask", **asdict(candidate))
            journal.write("tell", index=candidate.index, evaluation=evaluation.to_dict(), attempts=1)
            state.tell(candidate.index, evaluation)
    return asr.Run(run)


def cut(run: Path, lines: int) -> None:
    """Leaves the first lines of a run's journal: as if its process had been killed after the last of them."""
    journal = run / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:lines]))
