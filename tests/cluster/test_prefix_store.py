"""What one actor has run of a path, no other runs again; it changes nothing but the time."""

from __future__ import annotations

import time

import numpy as np
import pytest
import ray
import torch
from hypothesis import given
from hypothesis import strategies as st

import autosnn_ray as asr
from autosnn_ray.cluster.overseer import start_overseer
from autosnn_ray.cluster.prefix_index import PrefixIndex
from autosnn_ray.cluster.prefix_store import PrefixesOfAll
from autosnn_ray.evaluation import evaluate
from autosnn_ray.spiking.prefixes import Prefix
from tests.runs.common import larger_problem, untrained
from tests.runs.evaluators import Finding

PATH = ("skip", "scb_k3")


def prefix(size=1000) -> Prefix:
    bits = np.arange(size, dtype=np.uint8)
    return Prefix(2, 3, bits, False, torch.Size((1, 1, 1, 8, size)), torch.float32, torch.device("cpu"), {})


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 60)), min_size=1, max_size=40), st.integers(0, 100))
def test_the_index_keeps_to_its_budget_and_knows_what_it_took_last(offers, budget):
    index = PrefixIndex(budget)
    sizes = {}
    for name, size in offers:
        path = (str(name),)
        if index.find(0, [path]) is None:
            sizes[name] = size
        index.offer(0, path, [f"reference {name}"], size)
        held = [name for name in sizes if index.find(0, [(str(name),)]) is not None]
        assert sum(sizes[name] for name in held) <= budget
        assert (index.find(0, [path]) is not None) == (sizes[name] <= budget)


def test_the_index_gives_the_first_that_it_has_and_forgets_what_is_lost():
    index = PrefixIndex(10)
    index.offer(0, ("a",), ["short"], 4)
    index.offer(0, ("a", "b"), ["long"], 4)
    assert index.find(0, [("a", "b", "c"), ("a", "b"), ("a",)]) == (("a", "b"), "long")
    assert index.find(1, [("a",)]) is None
    index.forget(0, ("a", "b"))
    index.forget(0, ("never", "there"))
    assert index.find(0, [("a", "b"), ("a",)]) == (("a",), "short")
    index.offer(0, ("c",), ["as large as what was forgotten"], 6)
    assert index.find(0, [("a",)]) == (("a",), "short")


def test_short_evaluations_do_not_ask_others():
    nobody = PrefixesOfAll(index=None)
    nobody.took(seconds=0.1)
    nobody.offer(0, PATH, prefix())
    assert nobody.find(0, [PATH]) is None
    nobody.took(seconds=1)
    nobody.took(seconds=0.1)
    assert nobody.pays, "asking is what makes them short"


@pytest.mark.ray
def test_actors_share_what_they_have_run_and_what_dies_with_one_is_run_anew(shared_ray):
    class Other:
        def __init__(self, index):
            self._prefixes = PrefixesOfAll(index)
            self._prefixes.took(seconds=1)

        def offer(self, given):
            self._prefixes.offer(0, PATH, given)

    index = start_overseer(0, None)
    here, other = PrefixesOfAll(index), ray.remote(num_cpus=0)(Other).remote(index)
    here.took(seconds=1)
    assert here.find(0, [PATH]) is None
    ray.get(other.offer.remote(prefix()))
    found = _until(lambda: here.find(0, [(*PATH, "skip"), PATH]))
    assert found is not None
    assert np.array_equal(found.bits, prefix().bits)
    assert found.bits.flags.writeable, "not mapped: the store may let go of it"
    ray.kill(other)
    deadline = time.monotonic() + 30
    while here.find(0, [PATH]) is not None:  # until Ray has seen that its owner is gone
        assert time.monotonic() < deadline, "still there"
        time.sleep(0.2)
    here.offer(0, PATH, prefix(2000))
    again = _until(lambda: here.find(0, [PATH]))
    assert again is not None
    assert len(again.bits) == 2000


def _until(found):
    """What is offered is known a moment later."""
    deadline = time.monotonic() + 10
    while (one := found()) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    return one


@pytest.mark.ray
def test_a_search_finds_what_other_actors_have_run_and_its_candidates_are_what_they_are(tmp_path, shared_ray):
    problem = larger_problem()
    supernet, notes = untrained(problem), tmp_path / "notes"
    notes.mkdir()
    run = asr.search(
        problem, Finding(supernet, folder=str(notes)), path=tmp_path / "run", algorithm=asr.AutoSNN(seed=1),
        candidates=40,
    )  # fmt: skip
    assert len({note.name.split("-")[0] for note in notes.iterdir()}) == 2, "only one actor found anything"
    for row in run.frame().itertuples():
        expected = evaluate(supernet.network, problem.data.validation, problem.space.parse(row.architecture))
        assert (row.accuracy, row.spikes) == (expected.accuracy, expected.spikes)
