"""The contract of executors: whichever evaluates, the run is the same."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial

import pytest

import autosnn_ray as asr
from autosnn_ray.algorithms import ALGORITHMS, make_algorithm
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluators import EVALUATORS
from autosnn_ray.evaluators.predictor import fit
from autosnn_ray.runs.executors import default_executor, executor_from_dict
from tests.runs.common import LOCAL, larger_problem, rows
from tests.runs.evaluators import Counting, faulty, score, scored, weighted


@pytest.fixture(scope="module")
def small(tiny_problem):
    """The tiny problem with few validation samples: what is trained and evaluated takes a moment."""
    data = tiny_problem.data
    return replace(tiny_problem, data=replace(data, validation=data.validation.head(60)))


@pytest.fixture(scope="module")
def supernet(small, tiny_supernet):
    """The tiny supernet, as one of that problem."""
    return replace(tiny_supernet, data=small.data.describe())


def evaluators(problem, supernet, notes) -> dict[str, object]:
    """Every evaluator of the registry, and the kinds that are not in it."""
    told = [(a, scored(a)) for a in problem.space.enumerate()]
    sample = {a: replace(one, measures={**one.measures, "loss": one.measures["spikes"]}) for a, one in told}
    found: dict[str, object] = {
        "path": asr.SupernetPath(supernet),
        "recalibrated": asr.RecalibratedPath(supernet, samples=64),
        "fine_tuned": asr.FineTunedPath(supernet, steps=2),
        "scratch": asr.TrainFromScratch(epochs=1, seed=2, training={"batch_size": 256}),
        "from_path": asr.TrainFromPath(supernet, epochs=1, training={"learning_rate": 1e-3, "batch_size": 256}),
        "training_free": asr.TrainingFree(samples=16),
        "predictor": asr.Predictor(fit(sample, sample), supernet),
    }
    assert found.keys() == EVALUATORS.keys(), "an evaluator of the registry is not held to the contract"
    return found | {
        "function": score,
        "partial": partial(weighted, weight=0.5),
        "faulty": faulty,
        "own": Counting(str(notes)),
        "kept": asr.TrainFromScratch(epochs=1, keep=True, training={"batch_size": 256}),
    }


ALGORITHM = asr.AutoSNN(seed=1, population=3, parents=2, mutants=1, crossovers=1)


def batches(problem, supernet, folder):
    """Each evaluator searched with, over generations; one evaluated repeatedly, and one over a larger space."""
    notes = folder / "notes"
    notes.mkdir(parents=True)
    found = [
        asr.Batch(problem, evaluator, folder / name, ALGORITHM, 6)
        for name, evaluator in evaluators(problem, supernet, notes).items()
    ]
    repeated = ["scb_k3/skip", "skip/srb_k3"]
    found.append(asr.Batch.of(problem, "training_free", repeated, path=folder / "repeated", repetitions=2))
    return [*found, asr.Batch(larger_problem(), score, folder / "larger", asr.AutoSNN(seed=3), 60)]


def events(run) -> list[dict]:
    """What happened in a run, without times, in an order of its own: asks and results of several are interleaved."""
    found = []
    for line in (run.path / "journal.jsonl").read_text().splitlines():
        event = {key: value for key, value in json.loads(line).items() if key not in ("seq", "time", "crc")}
        if event["event"] == "start":
            event["config"] = {key: value for key, value in event["config"].items() if key != "executor"}
            event["config"]["evaluator"]["settings"].pop("folder", None)
        if event["event"] == "tell":
            event["evaluation"]["seconds"] = 0
        found.append(event)
    return sorted(found, key=lambda event: (event["event"], event.get("index", 0)))


@pytest.mark.ray
def test_every_evaluator_gives_the_same_run_in_this_process_and_on_ray(small, supernet, tmp_path, shared_ray):
    """Row for row and event for event, times aside."""
    here = asr.evaluate_all(batches(small, supernet, tmp_path / "here"), executor=LOCAL)
    there = asr.evaluate_all(batches(small, supernet, tmp_path / "there"), executor=asr.Ray())
    for ours, theirs in zip(here, there, strict=True):
        assert rows(ours) == rows(theirs), ours.path.name
        assert events(ours) == events(theirs), ours.path.name
    frames = {run.path.name: run.frame() for run in here}
    assert len(frames["larger"]) == 60
    assert (frames["faulty"].status == "failed").any()
    for name, frame in frames.items():
        assert name == "faulty" or (frame.status == "done").all(), frame.reason
    kept = [{path.relative_to(tmp_path / place) for path in (tmp_path / place / "kept").rglob("network.json")}
            for place in ("here", "there")]  # fmt: skip
    assert kept[0] == kept[1]
    assert len(kept[0]) == 6


IN_ANY_ORDER = [name for name, kind in ALGORITHMS.items() if not kind.order_matters and name != "given"]


@pytest.mark.slow
@pytest.mark.ray
def test_one_seed_repeats_a_search_bit_for_bit_on_any_number_of_slots(tmp_path, shared_ray):
    """Every algorithm that does not heed the order of results: in this process, and on Ray with 1 and 4 slots."""
    executors = [LOCAL, *(asr.Ray(concurrent=slots, cpus=0.5) for slots in (1, 4))]
    found = []
    for place, executor in enumerate(executors):
        batches = [
            asr.Batch(larger_problem(), score, tmp_path / str(place) / name, make_algorithm(name, seed=5), 50)
            for name in IN_ANY_ORDER
        ]
        found.append([rows(run) for run in asr.evaluate_all(batches, executor=executor)])
    assert found.count(found[0]) == len(executors)


@pytest.mark.parametrize(
    "executor",
    [asr.Local(), asr.Local(threads=3), asr.Local(device="cuda"), asr.Ray(), asr.Ray(cpus=0.5, gpus=0.25, seconds=2.5)],
)
def test_executors_are_read_back_from_what_a_journal_holds(executor):
    assert executor_from_dict(json.loads(json.dumps(executor.to_dict()))) == executor


def test_a_journal_holds_nothing_of_one_machine_alone():
    executor = asr.Ray(
        address="10.0.0.1:6379", num_cpus=3, concurrent=2, cpus=2, runtime_env={"env_vars": {"TOKEN": "secret"}}
    )
    assert executor.to_dict() == {"name": "ray", "cpus": 2, "gpus": 0, "seconds": None, "asha": None}
    assert executor_from_dict({}) == default_executor() == asr.Ray()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (partial(asr.Local, threads=0), "threads: expected a whole number of at least 1, got 0"),
        (partial(asr.Local, threads=True), "threads: expected a whole number"),
        (partial(asr.Local, device="tpu"), "unknown device 'tpu'"),
        (partial(asr.Ray, num_cpus=0), "num_cpus: expected a whole number of at least 1, got 0"),
        (partial(asr.Ray, concurrent=1.5), "concurrent: expected a whole number"),
        (partial(asr.Ray, cpus=0), "cpus: expected a fraction below 1 or a whole number, got 0"),
        (partial(asr.Ray, cpus=1.5), "cpus: expected a fraction below 1 or a whole number, got 1.5"),
        (partial(asr.Ray, cpus=math.nan), "cpus"),
        (partial(asr.Ray, gpus=-1), "gpus: expected 0, a fraction below 1 or a whole number, got -1"),
        (partial(asr.Ray, gpus="one"), "gpus"),
        (partial(asr.Ray, seconds=0), "seconds: expected a positive number, got 0"),
        (partial(asr.Ray, seconds=math.inf), "seconds"),
        (partial(executor_from_dict, {"name": "ray", "cpus": "many"}), "cpus"),
        (partial(executor_from_dict, {"name": "ray", "address": "10.0.0.1:1"}), "executor ray: expected no more than"),
        (partial(executor_from_dict, {"name": "cloud"}), "unknown executor 'cloud'"),
        (partial(executor_from_dict, ["ray"]), "executor: expected its name and settings"),
    ],
)
def test_settings_that_are_none_are_refused(make, said):
    with pytest.raises(InvalidInputError, match=said):
        make()


def test_threads_are_those_asked_for_while_it_evaluates_and_as_before_after_it(tiny_problem, tmp_path):
    import torch

    before, seen = torch.get_num_threads(), []

    def looking(problem, architecture):
        seen.append(torch.get_num_threads())
        return scored(architecture)

    asr.search(tiny_problem, looking, path=tmp_path, candidates=1, executor=asr.Local(threads=before + 1))
    assert seen == [before + 1]
    assert torch.get_num_threads() == before
