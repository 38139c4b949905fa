"""Retraining, with real trainings of tiny networks."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.cards import ModelCard
from autosnn_ray.errors import CheckpointError, InvalidInputError, JournalError
from autosnn_ray.evaluation import evaluate
from autosnn_ray.space import SearchSpace
from tests.runs.common import LOCAL, cut

FOUND = ["scb_k3/skip", "skip/srb_k3"]
SETTINGS = asr.TrainSettings(epochs=2, batch_size=64, learning_rate=2e-2)
BY_HAND = SearchSpace.from_dict(
    {
        "name": "by_hand", "stem": "static", "channels": 3, "in_channels": 3, "input_size": [32, 32],
        "head": "flatten", "layers": [{"kind": "conv_k3"}],
    }
)  # fmt: skip
OPTIONS = {"seeds": 2, "settings": SETTINGS, "seed": 3, "executor": LOCAL}


@pytest.fixture(scope="module")
def done(tiny_problem, tmp_path_factory):
    return asr.retrain(tiny_problem, FOUND, path=tmp_path_factory.mktemp("retrained"), hand_made=[BY_HAND], **OPTIONS)


def test_a_row_for_each_architecture_and_seed(done, tiny_problem):
    frame, data = done.frame(), tiny_problem.data
    assert list(zip(frame.network, frame.architecture, frame.seed, strict=True)) == [
        *(("tiny", name, seed) for seed in (3, 4) for name in FOUND),
        ("by_hand", "", 3),
        ("by_hand", "", 4),
    ]
    assert (frame.status == "done").all()
    # A trial is train_from_scratch, and nothing else.
    row = frame[(frame.architecture == FOUND[1]) & (frame.seed == 4)].iloc[0]
    network = asr.train_from_scratch(tiny_problem, tuple(FOUND[1].split("/")), seed=4, settings=SETTINGS)
    validation, test = evaluate(network, data.validation), evaluate(network, data.test)
    assert (row.validation_accuracy, row.spikes) == (validation.accuracy, validation.spikes)
    assert (row.test_accuracy, row.test_spikes) == (test.accuracy, test.spikes)
    assert row.layer_spikes == pytest.approx(dict(validation.layer_spikes))
    measured = asr.profile(network, data.validation)
    assert row.parameters == measured.total("parameters")
    assert row.macs == measured.total("macs")
    assert row.synaptic_operations == measured.synaptic_operations
    assert row.energy == pytest.approx(measured.total("energy"))


def test_the_summary_has_means_and_intervals_in_the_order_of_validation_fitness(done):
    frame, summary = done.frame(), done.summary()
    assert len(summary) == 3
    assert summary.fitness.is_monotonic_decreasing
    row = summary[summary.architecture == FOUND[0]].iloc[0]
    values = frame[frame.architecture == FOUND[0]].test_accuracy
    assert row.test_accuracy == pytest.approx(values.mean())
    # Student's t with one degree of freedom: 12.706.
    assert row.test_accuracy_high - row.test_accuracy == pytest.approx(12.7062 * values.std() / math.sqrt(2), rel=1e-4)
    files = analysis.write_retraining(frame, done.path)
    assert [path.name for path in files] == ["retraining.csv", "summary.csv"]


def test_the_networks_are_kept_for_inspect_and_export(done):
    for row in done.frame().itertuples():
        trained = asr.TrainedNetwork.load(row.folder)
        assert "/".join(trained.architecture) == row.architecture
        assert trained.seed == row.seed
        card = ModelCard.load(row.folder)
        assert card.on_test.accuracy == row.test_accuracy
        assert card.data["checksum"] == trained.data["checksum"]
        assert asr.open_network(row.folder).network.timesteps == 2


def test_given_again_it_trains_nothing_and_looks_no_second_time(done, tiny_problem):
    """Test samples that are no longer the same would show a second look: the checksum is that of the whole."""
    before = {path: path.read_bytes() for path in done.path.rglob("*.json*")}
    digits = tiny_problem.data
    spoiled = replace(digits, test=digits.validation)
    object.__setattr__(spoiled, "checksum", digits.checksum)
    again = asr.retrain(replace(tiny_problem, data=spoiled), FOUND, path=done.path, hand_made=[BY_HAND], **OPTIONS)
    assert again.frame().equals(done.frame())
    assert {path: path.read_bytes() for path in done.path.rglob("*.json*")} == before


def test_what_was_cut_off_goes_on_and_kept_networks_are_used_again(done, tiny_problem, tmp_path):
    copy = shutil.copytree(done.path, tmp_path / "copy")
    shutil.rmtree(copy / "networks" / "skip+srb_k3" / "seed_4")
    cut(copy, 3)
    weights = copy / "networks" / "scb_k3+skip" / "seed_3" / "network.safetensors"
    written = weights.stat().st_mtime_ns
    again = asr.retrain(tiny_problem, FOUND, path=copy, **OPTIONS)
    ignored = ["seconds", "folder"]
    assert again.frame().drop(columns=ignored).equals(done.frame().drop(columns=ignored))
    assert weights.stat().st_mtime_ns == written, "a kept network was trained once more"


def test_from_the_supernets_weights(tiny_problem, tiny_supernet, tmp_path):
    gently = replace(SETTINGS, epochs=1, learning_rate=1e-6)
    done = asr.retrain(
        tiny_problem, FOUND[:1], path=tmp_path, seeds=1, settings=gently, supernet=tiny_supernet, executor=LOCAL
    )
    (row,) = done.frame().to_dict("records")
    assert row["validation_accuracy"] > 0.5, "from scratch such a training learns nothing"
    assert asr.TrainedNetwork.load(row["folder"]).start == f"supernet {tiny_supernet.weights_checksum}"
    start = json.loads((tmp_path / "journal.jsonl").read_text().splitlines()[0])["config"]
    assert start["evaluator"]["supernet"]["checksum"] == tiny_supernet.weights_checksum


def test_without_a_supernet_its_folder_is_enough_to_go_on(tiny_problem, tmp_path):
    done = asr.retrain(tiny_problem, FOUND[1:], path=tmp_path, **{**OPTIONS, "seeds": 1})
    assert len(done.frame()) == 1
    assert not (tmp_path / "supernet").exists()
    cut(tmp_path, 2)
    assert asr.resume(tmp_path).frame().status.tolist() == ["done"]


def test_bad_input_is_refused(done, tiny_problem, tmp_path):
    options = {**OPTIONS, "path": tmp_path / "run", "seeds": 1}
    with pytest.raises(InvalidInputError, match="at least one to train"):
        asr.retrain(tiny_problem, [], **options)
    with pytest.raises(InvalidInputError, match="expected 2 choices"):
        asr.retrain(tiny_problem, ["skip"], **options)
    with pytest.raises(InvalidInputError, match="repetitions: expected a whole number of at least 1"):
        asr.retrain(tiny_problem, FOUND, **{**options, "seeds": 0})
    with pytest.raises(InvalidInputError, match="without slots, got 'tiny'"):
        asr.retrain(tiny_problem, [], hand_made=[tiny_problem.space], **options)
    assert not (tmp_path / "run").exists()
    with pytest.raises(JournalError, match="holds another search"):
        asr.retrain(tiny_problem, FOUND, **{**OPTIONS, "path": done.path, "seeds": 5})


def test_a_network_on_another_machine_is_missed(done, tiny_problem, tmp_path):
    copy = shutil.copytree(done.path, tmp_path / "copy")
    shutil.rmtree(copy / "networks" / "skip+srb_k3")
    with pytest.raises(CheckpointError, match=r"kept on another machine, or removed.*--storage"):
        asr.retrain(tiny_problem, FOUND, path=copy, **OPTIONS)
