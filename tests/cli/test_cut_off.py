"""A search that is cut off before it has a journal, while its predictor's sample is trained, or after its end."""

from __future__ import annotations

import json
import shutil
import subprocess
import time

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.cli.main import main
from autosnn_ray.journal import Journal
from autosnn_ray.studies.halving import Round
from tests.cli.commands import MODULE, ok
from tests.cli.test_cli import refused
from tests.runs.kills import kill, lines


class Killed(BaseException):
    """Ends a command as a kill does: nothing is said."""


def cut_off(monkeypatch, moment, *command):
    """Runs a command, which is killed when it calls what is named."""

    def killed(*given, **__):
        if moment.endswith("opened"):
            Journal.create(given[1]).close()
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(moment, killed)
        with pytest.raises(Killed):
            main([*map(str, command)])


def asked(space, *options):
    free = ("--space", space, "--data", "digits", "--timesteps", 2, "--train-samples", 96, "--validation-samples", 60)
    short = ("--executor", "local", "--predictor-sample", 9, "--predictor-epochs", 1, "--candidates", 4)
    return [str(one) for one in (*free, *short, "--finalists", 0, *options)]


def found(run):
    columns = ["index", "architecture", "accuracy", "spikes", "fitness", "origin", "status"]
    return analysis.read(run)[columns].to_dict("records")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, tiny_space_file):
    """What an undisturbed search finds."""
    run = tmp_path_factory.mktemp("whole") / "run"
    assert main(["search", str(run), *asked(tiny_space_file)]) == 0
    return found(run)


def test_a_search_killed_in_its_sample_is_resumed(capsys, tmp_path, tiny_space_file, whole):
    """kill -9 of a process of its own."""
    run = tmp_path / "run"
    command = [*MODULE, "search", str(run), *asked(tiny_space_file)]
    driver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = driver.stdout.readline().decode()
    while lines(run / "predictor" / "scratch" / "journal.jsonl") < 3:
        assert driver.poll() is None, said + driver.stdout.read().decode()
        time.sleep(0.005)
    kill(driver)
    driver.stdout.close()
    assert not (run / "journal.jsonl").exists()
    assert "a sample trained from scratch" in ok(capsys, "show", run)
    said = " ".join(ok(capsys, "resume", run).split())
    assert "the sample of 9 is gone on with" in said
    assert "4 of 4 candidates evaluated" in said
    assert found(run) == whole


@pytest.mark.parametrize(
    ("moment", "again"),
    [
        ("autosnn_ray.runs.fitting.fit_predictor", "from the URL"),  # when the first line has been printed
        ("autosnn_ray.runs.predictor.fit", "search --resume"),  # when all of the sample is trained
        ("autosnn_ray.runs.search.opened", "resume"),  # when the journal is there, and its first line is not
    ],
)
def test_at_each_moment_it_can_be_gone_on_with(capsys, tmp_path, tiny_space_file, whole, moment, again, monkeypatch):
    monkeypatch.chdir(tmp_path)
    storage = ("--storage", (tmp_path / "bucket").as_uri()) if again == "from the URL" else ()
    options = asked(tiny_space_file, *storage)
    cut_off(monkeypatch, moment, "search", "run", *options)
    assert "first 9 architectures" in capsys.readouterr().out
    if again == "from the URL":
        shutil.rmtree("run")
        ok(capsys, "resume", "run", *storage)
    elif again == "resume":
        ok(capsys, "resume", "run")
    else:
        ok(capsys, "search", "run", *options, "--resume")
    assert found("run") == whole


def test_in_python_too_and_with_more_candidates(tmp_path, tiny_space_file, whole, monkeypatch):
    run = tmp_path / "run"
    cut_off(monkeypatch, "autosnn_ray.runs.fitting.fit_predictor", "search", run, *asked(tiny_space_file))
    more = asr.resume(run, candidates=6)
    assert len(more.frame()) == 6
    assert found(run)[:4] == whole


def test_another_search_does_not_take_the_sample_over(capsys, tmp_path, tiny_space_file, monkeypatch):
    run = tmp_path / "run"
    cut_off(monkeypatch, "autosnn_ray.runs.fitting.fit_predictor", "search", run, *asked(tiny_space_file))
    capsys.readouterr()
    noted = (run / "search.json").read_bytes()
    for options, said in (
        (("--timesteps", 3), "holds the sample of another search: problem.timesteps: 2 there, 3 now"),
        (("--predictor-epochs", 2), "sample_epochs: 1 there, 2 now"),
        (("--predictor-sample", 8, "--resume"), "sample: 9 there, 8 now"),
        (("--candidates", 5, "--resume"), "candidates: 4 there, 5 now"),
    ):
        assert said in refused(capsys, "search", run, *asked(tiny_space_file, *options))
        assert (run / "search.json").read_bytes() == noted
    for damage, said in ((b"{", "JSONDecodeError"), (b"[]", "AttributeError"), (b"{}", "got no algorithm, candidates")):
        (run / "search.json").write_bytes(damage)
        assert said in refused(capsys, "resume", run)


def test_a_run_that_is_there_is_refused_before_another_sample_is_trained(capsys, tmp_path, tiny_space_file):
    run = tmp_path / "run"
    ok(capsys, "search", run, *asked(tiny_space_file))
    before = (run / "predictor" / "scratch" / "journal.jsonl").read_bytes()
    options = asked(tiny_space_file)
    assert "already holds a run" in refused(capsys, "search", run, *options, "--predictor-epochs", 2)
    assert "seed: 0 there, 1 now" in refused(capsys, "search", run, *options, "--resume", "--seed", 1)
    assert (run / "predictor" / "scratch" / "journal.jsonl").read_bytes() == before


@pytest.mark.parametrize("evaluator", ["predictor", "training_free"])
def test_what_comes_after_a_search_is_remembered(capsys, tmp_path, free, monkeypatch, evaluator):
    """Cut off in the sample, or after the search: it goes on to the halving that was asked for."""
    short = (
        ("--predictor-sample", 9, "--predictor-epochs", 1) if evaluator == "predictor" else ("--evaluator", evaluator)
    )
    command = ["search", tmp_path / "run", *free, *short, "--candidates", 4, "--finalists", 1]
    moment = "runs.fitting.fit_predictor" if evaluator == "predictor" else "cli.search.end_with_finalists"
    monkeypatch.setattr("autosnn_ray.studies.halving.halving_rounds", lambda count: (Round(count, epochs=1, seeds=2),))
    cut_off(monkeypatch, f"autosnn_ray.{moment}", *command)
    assert "winner:" in ok(capsys, "resume", tmp_path / "run")
    (winner,) = json.loads((tmp_path / "run" / "halving" / "halving.json").read_text())[:1]
    assert winner["seeds"] == 2
    assert "written:" not in ok(capsys, "resume", tmp_path / "run", "--finalists", 0)
