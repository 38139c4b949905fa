"""Retraining, with real trainings of tiny networks on real Ray processes."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.cards import ModelCard
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.errors import CheckpointError, InvalidInputError, JournalError
from autosnn_ray.evaluation import evaluate
from autosnn_ray.space import SearchSpace
from autosnn_ray.training import train_alone
from tests.cluster.runs import cut

pytestmark = [pytest.mark.ray, pytest.mark.slow]

FOUND = ["scb_k3/skip", "skip/srb_k3"]
SETTINGS = asr.TrainSettings(epochs=2, batch_size=64, learning_rate=2e-2)
BY_HAND = SearchSpace.from_dict(
    {
        "name": "by_hand", "stem": "static", "channels": 3, "in_channels": 3, "input_size": [32, 32],
        "head": "flatten", "layers": [{"kind": "conv_k3"}],
    }
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def two_cpus():
    with ray_session(num_cpus=2):
        yield


@pytest.fixture(scope="module")
def done(tiny_supernet, digits, tmp_path_factory):
    path = tmp_path_factory.mktemp("retrained")
    return asr.retrain(tiny_supernet, digits, FOUND, path=path, seeds=2, settings=SETTINGS, hand_made=[BY_HAND], seed=3)


def test_a_row_for_each_architecture_and_seed(done, tiny_supernet, digits):
    frame = done.frame()
    assert set(zip(frame.network, frame.architecture, frame.seed, strict=True)) == {
        *(("tiny", name, seed) for name in FOUND for seed in (3, 4)),
        ("by_hand", "", 3),
        ("by_hand", "", 4),
    }
    assert (frame.status == "done").all()
    # A trial is train_alone, and nothing else.
    row = frame[(frame.architecture == FOUND[1]) & (frame.seed == 4)].iloc[0]
    network = train_alone(
        tiny_supernet.space, tuple(FOUND[1].split("/")), digits, seed=4, timesteps=2, settings=SETTINGS
    )
    validation, test = evaluate(network, digits.validation), evaluate(network, digits.test)
    assert (row.validation_accuracy, row.spikes) == (validation.accuracy, validation.spikes)
    assert (row.test_accuracy, row.test_spikes) == (test.accuracy, test.spikes)
    assert row.layer_spikes == pytest.approx(dict(validation.layer_spikes))
    measured = asr.profile(network, digits.validation)
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


def test_given_again_it_trains_nothing_and_looks_no_second_time(done, tiny_supernet, digits):
    """Test samples that are no longer the same would show a second look: the checksum is that of the whole."""
    before = {path: path.read_bytes() for path in done.path.rglob("*.json*")}
    spoiled = replace(digits, test=digits.validation)
    object.__setattr__(spoiled, "checksum", digits.checksum)
    again = asr.retrain(
        tiny_supernet, spoiled, FOUND, path=done.path, seeds=2, settings=SETTINGS, hand_made=[BY_HAND], seed=3
    )
    assert again.frame().equals(done.frame())
    assert {path: path.read_bytes() for path in done.path.rglob("*.json*")} == before


def test_what_was_cut_off_goes_on_and_kept_networks_are_used_again(done, tiny_supernet, digits, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(done.path, copy)
    shutil.rmtree(copy / "networks" / "skip+srb_k3" / "seed_4")
    cut(copy, 3)  # start and two asks: nothing told
    weights = copy / "networks" / "scb_k3+skip" / "seed_3" / "network.safetensors"
    written = weights.stat().st_mtime_ns
    again = asr.retrain(tiny_supernet, digits, FOUND, path=copy, seeds=2, settings=SETTINGS, seed=3)
    ignored = ["seconds", "folder"]
    assert again.frame().drop(columns=ignored).equals(done.frame().drop(columns=ignored))
    assert weights.stat().st_mtime_ns == written, "a kept network was trained once more"


def test_from_the_supernets_weights(tiny_supernet, digits, tmp_path):
    gently = replace(SETTINGS, epochs=1, learning_rate=1e-6)
    done = asr.retrain(tiny_supernet, digits, FOUND[:1], path=tmp_path, seeds=1, settings=gently, start="supernet")
    (row,) = done.frame().to_dict("records")
    assert row["validation_accuracy"] > 0.5, "from scratch such a training learns nothing"
    assert asr.TrainedNetwork.load(row["folder"]).start == f"supernet {tiny_supernet.weights_checksum}"
    start = json.loads((tmp_path / "journal.jsonl").read_text().splitlines()[0])["config"]
    assert start["supernet"]["checksum"] == tiny_supernet.weights_checksum


def test_without_a_supernet(tiny_supernet, digits, tmp_path):
    stand_in = asr.Supernet.untrained(tiny_supernet.space, digits.describe(), timesteps=2, neuron=tiny_supernet.neuron)
    done = asr.retrain(stand_in, digits, FOUND[1:], path=tmp_path, seeds=1, settings=SETTINGS, seed=4)
    assert len(done.frame()) == 1
    assert not (tmp_path / "supernet").exists()
    cut(tmp_path, 2)
    assert asr.resume(tmp_path).frame().status.tolist() == ["done"], "its folder is enough to go on"
    with pytest.raises(InvalidInputError, match="expected a trained one"):
        asr.search(stand_in, digits, path=tmp_path / "run", reference_spikes=1.0)


def test_bad_input_is_refused(done, tiny_supernet, digits, tmp_path):
    options = {"path": tmp_path / "run", "seeds": 1, "settings": SETTINGS}
    with pytest.raises(InvalidInputError, match="at least one to train"):
        asr.retrain(tiny_supernet, digits, [], **options)
    with pytest.raises(InvalidInputError, match="expected 2 choices"):
        asr.retrain(tiny_supernet, digits, ["skip"], **options)
    with pytest.raises(InvalidInputError, match="repeats: expected a whole number of at least 1"):
        asr.retrain(tiny_supernet, digits, FOUND, **{**options, "seeds": 0})
    with pytest.raises(InvalidInputError, match="without slots, got 'tiny'"):
        asr.retrain(tiny_supernet, digits, [], hand_made=[tiny_supernet.space], **options)
    with pytest.raises(InvalidInputError, match="unknown start 'middle'"):
        asr.retrain(tiny_supernet, digits, FOUND, start="middle", **options)
    assert not (tmp_path / "run").exists()
    with pytest.raises(JournalError, match="holds another search"):
        asr.retrain(tiny_supernet, digits, FOUND, **{**options, "path": done.path, "seeds": 5})


def test_a_network_on_another_machine_is_missed(done, tiny_supernet, digits, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(done.path, copy)
    shutil.rmtree(copy / "networks" / "skip+srb_k3")
    with pytest.raises(CheckpointError, match=r"kept on another machine, or removed.*--storage"):
        asr.retrain(tiny_supernet, digits, FOUND, path=copy, seeds=2, settings=SETTINGS, seed=3)
