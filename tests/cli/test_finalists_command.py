"""What a search ends with unless told otherwise: the best that it predicts are trained from scratch."""

from __future__ import annotations

import json
import shutil

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.cli.main import main
from autosnn_ray.studies import finalists, trainings
from autosnn_ray.studies.halving import Round
from tests.cli.commands import ok
from tests.cli.test_cli import refused


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Trainings of an epoch, in place of eight."""
    monkeypatch.setattr(finalists, "EPOCHS", 1)


def search(capsys, where, free, *options):
    return " ".join(ok(capsys, "search", where, *free, "--predictor-epochs", 1, *options).split())


def search_alone(capsys, where, free, monkeypatch, *options):
    """A search that is killed when it is at its end, before anything that comes after it."""
    with monkeypatch.context() as patch:
        patch.setattr("autosnn_ray.cli.search.end_with_finalists", lambda *_: None)
        search(capsys, where, free, *options)


def rows(folder):
    return analysis.read_finalists(folder).drop(columns="seconds").to_dict("records")


def test_the_best_that_are_predicted_are_trained_and_shown(capsys, tmp_path, free):
    said = search(capsys, tmp_path / "run", free)
    assert "the 5 that are predicted best are now trained from scratch, for 12 epochs" in said
    assert "--top 5" not in said, "what is done anyway is advised"
    found = rows(tmp_path / "run")
    assert sorted(row["predicted_place"] for row in found) == [1, 2, 3, 4, 5]
    assert [row["fitness"] for row in found] == sorted((row["fitness"] for row in found), reverse=True)
    assert f"found: {found[0]['architecture']}, the best of them" in said
    assert "trained from scratch: once, for 12 epochs, on 60 validation samples" in said
    for shown in (tmp_path / "run", tmp_path / "run" / "finalists"):
        again = " ".join(ok(capsys, "show", shown).split())
        assert f"found: {found[0]['architecture']}, the best of them" in again
        assert "--top 5" not in again
    listed = json.loads(ok(capsys, "show", tmp_path / "run", "--format", "json"))["finalists"]
    assert [row["architecture"] for row in listed] == [row["architecture"] for row in found]
    assert listed[0]["accuracy"] == found[0]["accuracy"]


def test_what_a_kill_left_of_them_is_gone_on_with(capsys, tmp_path, free):
    search(capsys, tmp_path / "run", free)
    home, found = tmp_path / "run" / "finalists", rows(tmp_path / "run")
    kept, lost, cut, *rest = sorted((home / "epochs_12").iterdir())
    shutil.rmtree(lost)
    journal = cut / "journal.jsonl"
    asked = next(line for line in journal.read_text().splitlines() if '"ask"' in line)
    journal.write_text(journal.read_text().split(asked)[0] + asked + "\n")
    before = (kept / "journal.jsonl").read_bytes()
    (home / "epochs_12" / "not_begun").mkdir()
    (home / "epochs_12" / "not_begun" / "journal.jsonl").touch()
    assert "2 more not at the end of their training yet" in " ".join(ok(capsys, "show", home).split())
    shutil.rmtree(home / "epochs_12" / "not_begun")
    for one in (kept, *rest):
        one.rename(tmp_path / one.name)
    assert "not at their end yet" in ok(capsys, "show", home)
    for one in (kept, *rest):
        (tmp_path / one.name).rename(one)
    assert "the best of them" in " ".join(ok(capsys, "resume", tmp_path / "run").split())
    assert rows(tmp_path / "run") == found
    assert (kept / "journal.jsonl").read_bytes() == before


def test_they_are_left_out_where_that_is_asked_or_no_order_is_predicted(capsys, tmp_path, free):
    for number, options in enumerate(
        [
            ("--finalists", 0),
            ("--objective", "accuracy", "--objective", "spikes"),
            ("--evaluator", "training_free"),
        ]
    ):
        said = search(capsys, tmp_path / str(number), free, "--candidates", 4, *options)
        assert "now trained" not in said
        assert not (tmp_path / str(number) / "finalists").exists()
        assert (f"retrain {tmp_path / str(number)} --top 5" in said) == (number < 2)


def test_after_a_halving_its_winner_is_what_was_found(capsys, tmp_path, monkeypatch, free):
    rounds = (Round(4, epochs=1, seeds=1), Round(2, epochs=2, seeds=2))
    monkeypatch.setattr("autosnn_ray.studies.halving.halving_rounds", lambda _: rounds)
    run = tmp_path / "run"
    said = search(capsys, run, free, "--finalists", 4)
    halved = analysis.read_halving(run)
    assert [(row["round"], row["place"], row["epochs"]) for row in halved] == [
        (1, 1, 2), (1, 2, 2), (0, 1, 1), (0, 2, 1), (0, 3, 1), (0, 4, 1)
    ]  # fmt: skip
    winner = f"winner: {halved[0]['architecture']}, by the mean fitness of 2 trainings"
    assert not (run / "finalists").exists()
    for shown in (said, ok(capsys, "show", run), ok(capsys, "show", run / "halving")):
        text = " ".join(shown.split())
        assert "round 2: from scratch, 2 epochs, 2 seeds, on validation samples" in text
        assert winner in text
        assert all(warning in text for warning in halved[0]["warnings"])
        assert "--top 5" not in text
    first, second = text.split("round 1: ")
    assert ("fitness least most" in first, "fitness least most" in second) == (True, False), (
        "one training has no spread"
    )
    order = list(dict.fromkeys(row["architecture"] for row in halved))
    assert order[0] != analysis.best(analysis.read(run), 1)["architecture"].iloc[0], "nothing was tried here"
    assert analysis.best_known(run, 6)[:4] == order
    assert len(analysis.best_known(run, 9)) == 9
    assert f"found={order[0]}, winner of successive halving" in repr(asr.Run(run))
    ok(capsys, "retrain", run, "--top", 1, "--seeds", 1, "--epochs", 1, "--executor", "local")
    assert order[0] in analysis.read_retraining(run / "retrained")["architecture"].to_list()
    (run / "halving" / "halving.json").write_text('[{"round": 0}]')
    for command in ("show", "retrain"):
        assert "halving.json: expected what `autosnn-ray halving` wrote" in refused(capsys, command, run)


def test_they_are_copied_to_a_url_with_all_else(capsys, tmp_path, monkeypatch, free):
    monkeypatch.chdir(tmp_path)
    url = (tmp_path / "bucket").as_uri()
    search(capsys, "run", free, "--storage", url)
    here, there = tmp_path / "run" / "finalists", tmp_path / "bucket" / "run" / "finalists"
    names = sorted(path.relative_to(here) for path in here.rglob("*.json*"))
    assert sum(name.name == "journal.jsonl" for name in names) == 5
    assert all((there / name).read_bytes() == (here / name).read_bytes() for name in names)


def test_a_damaged_journal_of_theirs_is_refused(capsys, tmp_path, free):
    search(capsys, tmp_path / "run", free)
    journal = next((tmp_path / "run" / "finalists").rglob("journal.jsonl"))
    journal.write_text(journal.read_text().replace('"accuracy"', '"acuracy"'))
    assert "journal.jsonl" in refused(capsys, "show", tmp_path / "run")


def test_where_every_training_fails_it_is_said(capsys, tmp_path, monkeypatch, free):
    def fails(*_):
        raise RuntimeError("no memory left")

    search_alone(capsys, tmp_path / "run", free, monkeypatch)
    monkeypatch.setattr(trainings.TrainFromScratch, "start", fails)
    assert main(["resume", str(tmp_path / "run")]) == 1
    assert "every training failed" in capsys.readouterr().err


def test_an_interrupt_says_how_to_go_on(capsys, tmp_path, monkeypatch, free):
    """While the sample is trained, and while the best are."""

    def interrupts(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(trainings.TrainFromScratch, "start", interrupts)
        assert main(["search", str(tmp_path / "run"), *map(str, free), "--predictor-epochs", "1"]) == 130
    said = capsys.readouterr().err
    assert f"while its sample was trained; nothing is lost: autosnn-ray resume {tmp_path / 'run'}\n" in said
    search_alone(capsys, tmp_path / "run", free, monkeypatch)
    for options, again in (((), ""), (("--finalists", "2"), " --finalists 2")):
        with monkeypatch.context() as patch:
            patch.setattr(trainings.TrainFromScratch, "start", interrupts)
            assert main(["resume", str(tmp_path / "run"), *options]) == 130
        said = capsys.readouterr().err
        assert f"nothing is lost: autosnn-ray resume {tmp_path / 'run'}{again}\n" in said
    ok(capsys, "resume", tmp_path / "run")
