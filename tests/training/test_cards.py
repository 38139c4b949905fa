"""Model cards: what they say is what was measured, the test samples are looked at once, damaged ones are refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import autosnn_ray as asr
from autosnn_ray.cards import ModelCard
from autosnn_ray.errors import CheckpointError, InvalidInputError
from autosnn_ray.evaluation import evaluate
from autosnn_ray.profiles import EnergyModel
from autosnn_ray.training import TrainSettings, train_and_keep, write_card

SETTINGS = TrainSettings(epochs=1, batch_size=64)


def train(space, data, folder, **changes):
    given = {"seed": 5, "settings": SETTINGS, **changes}
    return train_and_keep(asr.Problem(space, data, timesteps=2), ("scb_k3", "skip"), folder=folder, **given)


@pytest.fixture
def folder(tiny_space, digits, tmp_path):
    train(tiny_space, digits, tmp_path / "net")
    return tmp_path / "net"


def test_a_card_says_what_was_measured(folder, digits):
    card = write_card(folder, digits)
    trained = asr.TrainedNetwork.load(folder)
    measured = asr.profile(trained.network, digits.validation)
    assert card.validation == trained.validation
    assert card.profile == measured
    assert card.totals["energy"] == measured.total("energy")
    assert card.on_test is None
    assert card.data == digits.describe()
    assert card.network["architecture"] == "scb_k3/skip"
    assert ModelCard.load(folder).to_dict() == card.to_dict()
    text = (folder / "card.md").read_text()
    for expected in (
        "| test | - | not looked at | - |",
        digits.checksum,
        "4.6 pJ",
        "head.neuron",
        "TrainedNetwork.load",
    ):
        assert expected in text


def test_a_card_names_the_classes(folder, digits):
    card = write_card(folder, digits)
    named = replace(card, data=replace(digits, class_names=("zero", "one")).describe())
    assert "- class names: zero, one\n" in named.to_markdown()
    assert named.data["checksum"] == card.data["checksum"]


def test_the_test_samples_are_looked_at_once(folder, digits):
    first = write_card(folder, digits, look_at_test=True)
    assert first.on_test.samples == len(digits.test)
    assert first.on_test.accuracy == evaluate(asr.TrainedNetwork.load(folder).network, digits.test).accuracy
    other = replace(digits, test=digits.validation)
    object.__setattr__(other, "checksum", digits.checksum)
    again = write_card(folder, other, look_at_test=True)
    assert again.on_test == first.on_test
    assert write_card(folder, digits).on_test == first.on_test
    assert f"{first.on_test.accuracy:.2%}" in (folder / "card.md").read_text()


def test_other_constants_change_the_energy_and_nothing_else(folder, digits):
    first = write_card(folder, digits, look_at_test=True)
    double = EnergyModel(9.2e-12, 1.8e-12)
    second = write_card(folder, digits, energy_model=double)
    assert second.totals["energy"] == pytest.approx(2 * first.totals["energy"])
    assert second.on_test == first.on_test
    assert write_card(folder, digits).profile.energy_model == double, "what is not given stays"


def test_other_data_and_other_networks_are_refused(folder, tiny_space, digits):
    with pytest.raises(InvalidInputError, match=r"with the splits that .* was trained on"):
        write_card(folder, asr.load_dataset("digits", seed=1))
    with pytest.raises(CheckpointError, match=r"already holds another network \(seed: 5 there, 6 now\)"):
        train(tiny_space, digits, folder, seed=6)
    before = (folder / "network.safetensors").stat().st_mtime_ns
    assert train(tiny_space, digits, folder).seed == 5
    assert (folder / "network.safetensors").stat().st_mtime_ns == before


def test_a_card_of_other_weights_is_not_believed(folder, tiny_space, digits, tmp_path):
    first = write_card(folder, digits, look_at_test=True)
    other = tmp_path / "other"
    train(tiny_space, digits, other, seed=6)
    first.save(other)
    assert write_card(other, digits).on_test is None


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "network": 3}'])
def test_damaged_cards_are_refused(damage, folder, digits):
    write_card(folder, digits)
    (folder / "card.json").write_text(damage)
    with pytest.raises(InvalidInputError, match=r"card.json: expected a model card"):
        ModelCard.load(folder)
    with pytest.raises(InvalidInputError, match=r"card.json: expected a model card"):
        write_card(folder, digits)


def test_a_card_is_plain_json(folder, digits):
    write_card(folder, digits)
    assert set(json.loads((folder / "card.json").read_text())) >= {"data", "network", "profile", "test", "totals"}
