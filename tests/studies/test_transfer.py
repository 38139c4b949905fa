"""What a search found, trained on another problem."""

from __future__ import annotations

import pytest

import autosnn_ray as asr
import search_spaces
from autosnn_ray.errors import InvalidInputError
from tests.cli.commands import ok
from tests.runs.common import LOCAL, larger_problem
from tests.runs.evaluators import score


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> asr.Run:
    path = tmp_path_factory.mktemp("found") / "run"
    return asr.search(larger_problem(), score, path=path, candidates=20, executor=LOCAL)


def test_the_best_is_trained_on_other_data_and_at_another_width(found, tmp_path):
    wide = asr.Problem(search_spaces.load("fashion_16"), asr.load_dataset("digits"), timesteps=2)
    short = asr.TrainSettings(epochs=1)
    done = asr.transfer(found, wide, path=tmp_path / "there", top=1, seeds=1, settings=short, executor=LOCAL)
    row = done.frame().iloc[0]
    assert row["architecture"] == found.best(1)["architecture"].iloc[0]
    assert asr.ModelCard.load(row["folder"]).on_test is not None
    assert asr.open_network(row["folder"]).network.space.name == "fashion_16"


def test_a_space_with_other_slots_is_refused(found, tmp_path):
    other = asr.Problem(search_spaces.load("snn_3"), asr.load_dataset("digits", size=(32, 32)), timesteps=2)
    with pytest.raises(InvalidInputError, match="expected 8 choices"):
        asr.transfer(found, other, path=tmp_path / "there", executor=LOCAL)


def test_by_command_line(found, tmp_path, capsys):
    options = ("--space", "fashion_16", "--timesteps", 2, "--seeds", 1, "--epochs", 1, "--executor", "local")
    said = ok(capsys, "transfer", found.path, tmp_path / "there", *options)
    assert found.best(1)["architecture"].iloc[0] in said
    assert (tmp_path / "there" / "journal.jsonl").exists()
