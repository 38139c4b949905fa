"""What commands say beside their results: how to go on, what was chosen by itself, what an option is to each."""

from __future__ import annotations

import pytest

from autosnn_ray.cli.main import main
from autosnn_ray.cli.results import _four_digits
from autosnn_ray.errors import SearchInterruptedError
from autosnn_ray.studies import trainings
from tests.cli.commands import ok
from tests.cli.test_cli import printed, refused


def interrupts(*_, **__):
    raise KeyboardInterrupt


def stopped(*_, **__):
    raise SearchInterruptedError("the search in a/part was stopped; nothing is lost: autosnn-ray resume a/part")


@pytest.mark.parametrize("what", ["sample", "search", "its best"])
def test_what_goes_on_with_a_run_behind_a_url_says_its_storage(capsys, tmp_path, monkeypatch, free, what):
    monkeypatch.chdir(tmp_path)
    url = (tmp_path / "bucket").as_uri()
    options = {
        "sample": ("--predictor-sample", "9"),
        "search": ("--evaluator", "scratch"),
        "its best": ("--evaluator", "training_free", "--candidates", "4", "--finalists", "2"),
    }[what]
    monkeypatch.setattr(
        *{
            "sample": (trainings.TrainFromScratch, "start", interrupts),
            "search": (trainings.TrainFromScratch, "start", interrupts),
            "its best": ("autosnn_ray.cli.finalists.hold_halving", stopped),
        }[what]
    )
    assert main(["search", "run", *map(str, free), *options, "--storage", url]) == 130
    again = "autosnn-ray resume run --finalists 2" if what == "its best" else "autosnn-ray resume run"
    assert f"nothing is lost: {again} --storage {url}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "job", "again"),
    [
        (["quickstart", "--folder", "q"], "studies.reproduction.reproduce", "the same command with --resume goes on"),
        (["reproduce", "quickstart", "--folder", "q"], "studies.reproduction.reproduce", "the same command goes on"),
        (["sweep", "q", "--space", "digits_16", "--data", "digits", "--executor", "local", "--evaluator", "scratch"],
         "studies.sweep.sweep_exponents", "the same command goes on"),
    ],
)  # fmt: skip
def test_a_job_of_several_parts_says_how_all_of_it_goes_on(capsys, tmp_path, monkeypatch, command, job, again):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(f"autosnn_ray.{job}", stopped)
    assert main(command) == 130
    said = capsys.readouterr().err
    assert f"in q was stopped; nothing is lost: {again}\n" in said
    assert "resume a/part" not in said


def test_an_interrupt_before_all_else_names_the_run(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("autosnn_ray.cli.search.find_problem", interrupts)
    run = str(tmp_path / "mein lauf")
    assert main(["search", run]) == 130
    assert f"interrupted. autosnn-ray resume '{run}' goes on with it; where it" in capsys.readouterr().err


def test_data_that_were_not_asked_for_are_said(capsys, tmp_path):
    command = [
        "search",
        str(tmp_path / "run"),
        "--space",
        "digits_16",
        "--executor",
        "local",
        "--predictor-sample",
        "1",
    ]
    for beside, is_said in (([], True), (["--data", "digits"], False)):
        assert main([*command, *beside]) == 1
        assert ("note: no --data was given: digits are searched" in capsys.readouterr().err) == is_said


def test_what_enumerate_cannot_fit_is_not_offered(capsys, tmp_path, tiny_space_file):
    where = ("enumerate", tmp_path / "run", "--space", tiny_space_file, "--data", "digits")
    assert refused(capsys, *where).endswith("without --supernet, expected one of: scratch, training_free")
    said = refused(capsys, *where, "--evaluator", "predictor")
    assert "`autosnn-ray search` and `sweep` fit it first" in said
    assert said.endswith("expected one of: scratch, training_free")


@pytest.mark.parametrize(
    ("command", "has_url"),
    [("search", True), ("resume", True), ("enumerate", True), ("halving", False), ("transfer", False), ("sweep", None)],
)
def test_what_storage_is_to_each_command(capsys, command, has_url):
    said = printed(capsys, command, "--help")
    assert ("--storage" in said) == (has_url is not None)
    assert ("s3://bucket/runs" in said) == bool(has_url)


def test_numbers_are_said_as_they_are_read():
    assert [_four_digits(one) for one in (14012.3, 999.96, 0.12345, float("nan"), float("inf"))] == [
        "14,012", "1000", "0.1235", "-", "-"
    ]  # fmt: skip


def test_a_trained_supernet_says_the_search_of_its_paths(capsys, tmp_path, tiny_space_file, monkeypatch):
    monkeypatch.setenv("AUTOSNN_RAY_NEURONS", "")
    neuron = "norse.torch.functional.lif_box:lif_box_feed_forward_step"
    said = ok(
        capsys, "train", tmp_path / "sn", "--space", tiny_space_file, "--data", "digits", "--train-samples", 64,
        "--validation-samples", 40, "--timesteps", 2, "--epochs", 1, "--workers", 1, "--neuron", neuron,
        "--surrogate", "super",
    )  # fmt: skip
    assert f"next: autosnn-ray search runs/first --supernet {tmp_path / 'sn'} --evaluator path\n" in said
    assert f"first, for the neuron: export AUTOSNN_RAY_NEURONS={neuron}\n" in said
    assert "--evaluator path" in ok(capsys, "show", tmp_path / "sn")
