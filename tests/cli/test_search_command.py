"""Searches as a person types them, in this process: with a supernet, without one, by former names, cut off."""

from __future__ import annotations

import json
import shutil
import tomllib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import yaml

import analysis
from autosnn_ray.cli.main import main
from autosnn_ray.evaluators import EVALUATORS, Evaluator, FromFunction
from autosnn_ray.journal import read_journal
from tests.cli.commands import ok
from tests.cli.test_cli import printed, refused

LOCAL = ("--executor", "local")
PATH = ("--evaluator", "path", *LOCAL)


@pytest.fixture
def run(capsys, tmp_path, tiny_supernet_folder):
    """A finished search of four candidates."""
    ok(capsys, "search", tmp_path / "run", "--supernet", tiny_supernet_folder, "--candidates", 4, *PATH)
    return tmp_path / "run"


def cut(run, tells: int) -> None:
    """Leaves of a finished run what a kill would have left after so many results."""
    lines, kept, told = (run / "journal.jsonl").read_text().splitlines(keepends=True), [], 0
    for line in lines:
        told += json.loads(line)["event"] == "tell"
        if told > tells:
            break
        kept.append(line)
    (run / "journal.jsonl").write_text("".join(kept))


def evaluator(run) -> dict[str, object]:
    return dict(read_journal(run).config["evaluator"])


def test_a_supernet_is_searched_and_the_former_form_is_noted(capsys, tmp_path, tiny_supernet_folder):
    said = ok(capsys, "search", tmp_path / "run", "--supernet", tiny_supernet_folder, "--candidates", 9, *PATH)
    assert "9 of 9 candidates evaluated in space tiny; finished: " in " ".join(said.split())
    assert "Pareto front: no other candidate is at least as accurate with fewer spikes" in " ".join(said.split())
    assert evaluator(tmp_path / "run")["name"] == "path"

    former = ["search", str(tiny_supernet_folder), str(tmp_path / "former"), "--candidates", "9", *PATH]
    assert main(former) == 0
    assert "note: now written RUN --supernet DIR: " in capsys.readouterr().err
    columns = ["architecture", "accuracy", "spikes", "origin", "generation"]
    first, second = (analysis.read(tmp_path / name)[columns] for name in ("run", "former"))
    assert first.equals(second)
    assert "expected one folder, that of the run" in refused(capsys, *former, "--supernet", tiny_supernet_folder)


def test_each_candidate_is_trained_from_scratch_without_a_supernet(capsys, tmp_path, free):
    options = ("--evaluator", "scratch", "--evaluator.epochs", 1, "--candidates", 3)
    said = " ".join(ok(capsys, "search", tmp_path / "run", *free, *options).split())
    assert "numbers: measured on 60 validation samples, each trained from scratch for 1 epoch" in said
    config = read_journal(tmp_path / "run").config
    assert (config["evaluator"]["settings"]["epochs"], "supernet" in config["evaluator"]) == (1, False)
    assert config["executor"]["name"] == "local"
    frame = analysis.read(tmp_path / "run")
    assert list(frame.status) == ["done"] * 3
    assert set(frame.basis) == {"share"}


def test_a_score_without_training_is_printed_as_what_it_is(capsys, tmp_path, free):
    said = " ".join(ok(capsys, "search", tmp_path / "run", *free, "--evaluator", "training_free").split())
    assert "9 of 400 candidates evaluated in space tiny; finished: the space is used up" in said
    assert "of untrained networks" in said
    assert "%" not in said
    assert "cannot be told" not in said
    assert set(analysis.read(tmp_path / "run").basis) == {"score"}


def test_every_architecture_is_enumerated(capsys, tmp_path, free):
    said = ok(capsys, "enumerate", tmp_path / "run", *free, "--evaluator", "training_free")
    assert "9 of 9 candidates evaluated" in " ".join(said.split())
    assert len(set(analysis.read(tmp_path / "run").architecture)) == 9


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--evaluator", "path", "--evaluator.epochs", 4],
         "unknown setting of evaluator path '--evaluator.epochs'; expected one of: batch_size, shared_bytes"),
        (["--evaluator", "scratch", "--evaluator.samples", 4],
         "unknown setting of evaluator scratch '--evaluator.samples'; expected one of: epochs, seed, keep, training"),
        (["--evaluator", "scratch", "--evaluator.epochs", 0], "epochs: expected a whole number of at least 1, got 0"),
        (["--evaluator", "path"], "evaluator path: expected a supernet, got none"),
        (["--predictor-sample", 0], "--evaluator: without --supernet, expected one of: scratch, training_free"),
        (["--predictor-sample", 0], "expected one of: scratch, training_free"),
        (["--evaluator", "predictor", "--evaluator.epochs", 4], "take no other setting of it than --predictor-sample"),
        (["--evaluator", "predictor", "--predictor-sample", 0], "expected a sample to fit it on"),
        (["--evaluator", "training_free", "--num-cpus", 2],
         "--executor local: evaluates in this process; num_cpus belong to --executor ray"),
        (["--evaluator", "training_free", "--predictor-sample", 8], "leave --evaluator out"),
        (["--evaluator", "training_free", "--constraint", "spikes"], "--constraint: expected such as"),
    ],
)  # fmt: skip
def test_settings_of_another_evaluator_are_refused_in_one_line(capsys, tmp_path, free, options, said):
    assert said in refused(capsys, "search", tmp_path / "run", *free, *options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("suffix", ["yaml", "toml"])
def test_an_evaluators_settings_come_from_a_file_and_are_printed_as_one(capsys, tmp_path, free, suffix):
    path, again = tmp_path / f"options.{suffix}", tmp_path / f"again.{suffix}"
    path.write_text(
        {
            "yaml": "evaluator: {name: scratch, epochs: 1}\ncandidates: 2\n",
            "toml": "candidates = 2\n[evaluator]\nname = 'scratch'\nepochs = 1\n",
        }[suffix]
    )
    said = printed(capsys, "search", tmp_path / "run", "--config", path, *free, "--print-config")
    again.write_text(said)
    assert printed(capsys, "search", "--config", again, "--print-config") == said
    ok(capsys, "search", "--config", again)
    assert evaluator(tmp_path / "run") == {
        "name": "scratch",
        "settings": {"epochs": 1, "seed": 0, "keep": False, "training": None},
    }


@pytest.mark.parametrize("suffix", ["yaml", "toml"])
@pytest.mark.parametrize("place", ["first", "last", "one word"])
def test_what_is_typed_wins_over_a_file_wherever_it_stands(capsys, tmp_path, suffix, place):
    path = tmp_path / f"options.{suffix}"
    mark = ": " if suffix == "yaml" else " = "
    lines = ["run", '"of_file"'], ["space", '"digits_16"'], ["candidates", "7"], ["objective", '["accuracy", "loss"]']
    path.write_text("".join(f"{mark.join(line)}\n" for line in lines))
    typed = ["typed", "--candidates", 9, "--objective", "spikes", "--objective", "loss", "--constraint=spikes<=9"]
    file = [f"--config={path}"] if place == "one word" else ["--config", path]
    given = [*file, *typed] if place == "first" else [*typed, *file]
    reader = yaml.safe_load if suffix == "yaml" else tomllib.loads
    found = reader(printed(capsys, "search", *given, "--print-config"))
    assert (found["run"], found["space"], found["candidates"]) == ("typed", "digits_16", 9)
    assert (found["objective"], found["constraint"]) == (["spikes", "loss"], ["spikes<=9"])
    found = reader(printed(capsys, "search", *file, "--print-config"))
    assert (found["run"], found["candidates"], found["objective"]) == ("of_file", 7, ["accuracy", "loss"])


def test_a_name_alone_stands_in_a_file_for_the_evaluator(capsys, tmp_path, free):
    path = tmp_path / "options.yaml"
    path.write_text("evaluator: training_free\ncandidates: 2\n")
    ok(capsys, "search", tmp_path / "run", "--config", path, *free)
    assert evaluator(tmp_path / "run")["name"] == "training_free"


def test_former_names_work_and_are_noted(capsys, tmp_path, free):
    """As they were typed before: ``final``, ``rank``, ``--truth``, ``--survey``."""
    ok(capsys, "search", tmp_path / "run", *free, "--evaluator", "training_free", "--candidates", 5)
    short = ("--finalists", 2, "--rounds", 1, "--epochs", 1, "--seeds", 1)
    for before, now, options in (
        ("final", "halving", short),
        ("rank", "fidelity", ("--sample", 5, "--seeds", 2, "--epochs", 1, "--truth", tmp_path / "truth")),
    ):
        assert main([before, str(tmp_path / "run"), *map(str, options), *LOCAL]) == 0
        assert f"note: {before} is now {now}; the former name goes with the next release" in capsys.readouterr().err
    assert (tmp_path / "run" / "halving" / "halving.json").is_file()
    assert len(list((tmp_path / "truth").glob("seed_*"))) == 2, "where --truth, now --ground-truth, said"
    assert (
        main(
            ["search", str(tmp_path / "other"), *map(str, free), "--survey", "8", "--survey-epochs=1", "--finalists=0"]
        )
        == 0
    )
    said = capsys.readouterr().err
    assert "note: --survey is now --predictor-sample" in said
    assert "note: --survey-epochs is now --predictor-epochs" in said
    assert len(analysis.read(tmp_path / "other" / "predictor" / "scratch")) == 8


def test_a_search_predicts_from_a_sample_unless_told_otherwise(capsys, tmp_path, free, tiny_supernet_folder):
    """Without a supernet, and with one, whose paths' spikes are corrected."""
    for name, beside in (("free", free), ("supernet", ("--supernet", tiny_supernet_folder, *LOCAL))):
        said = " ".join(
            ok(capsys, "search", tmp_path / name, *beside, "--predictor-epochs", 1, "--finalists", 0).split()
        )
        assert "first 9 architectures, each choice equally often, are trained from scratch for 1 epoch;" in said
        assert "predicted" in said
        assert "--top 5` does, and take the fittest" in said
        about = evaluator(tmp_path / name)
        assert about["name"] == "predictor"
        assert ("supernet" in about) == (name == "supernet")
        frame = analysis.read(tmp_path / name)
        assert set(frame.basis) == {"prediction"}
        assert (frame.accuracy_low <= frame.accuracy).all()
        assert (frame.accuracy <= frame.accuracy_high).all()
    cut(tmp_path / "free", tells=3)
    ok(capsys, "resume", tmp_path / "free", "--finalists", 0)
    assert len(analysis.read(tmp_path / "free")) == 9


def test_show_says_how_far_a_run_is(capsys, run):
    said = " ".join(ok(capsys, "show", run).split())
    assert "4 of 4 candidates evaluated in space tiny; finished: all candidates are evaluated" in said
    cut(run, tells=2)
    said = " ".join(ok(capsys, "show", run).split())
    assert "2 of 4 candidates evaluated" in said
    assert f"stopped before its end; autosnn-ray resume {run} goes on with it" in said.replace(" /", " /")
    assert "the space is used up" not in said


def test_show_says_that_a_search_is_running(capsys, tmp_path, tiny_supernet_folder):
    """Asked by an evaluator, while it is evaluating."""
    from autosnn_ray.cli.show import save_results
    from autosnn_ray.data import load_dataset
    from autosnn_ray.problem import Problem
    from autosnn_ray.runs.executors import Local
    from autosnn_ray.runs.search import search
    from autosnn_ray.training import Supernet

    said = []

    def looking(problem, architecture):
        said.append(ok(capsys, "show", tmp_path / "run", "--save", tmp_path / "out"))
        return {"accuracy": 0.5, "spikes": 10.0}

    space = Supernet.load(tiny_supernet_folder).space
    problem = Problem(space, load_dataset("digits"), timesteps=2)
    search(problem, FromFunction(looking), path=tmp_path / "run", candidates=3, executor=Local())
    assert len(said) == 3
    for done, text in enumerate(said):
        words = " ".join(text.split())
        assert f"{done} of 3 candidates evaluated" in words
        assert words.partition("; ")[2].startswith("running")
    assert "no picture yet: no candidate has been evaluated" in said[0]
    assert "pareto.png" in said[1]
    assert save_results(tmp_path / "run", tmp_path / "after")


def test_a_search_in_which_all_failed_says_why_and_is_an_error(capsys, tmp_path, free, monkeypatch):
    def broken(problem, architecture):
        raise RuntimeError("no weights here" if "skip" in architecture else "no samples here")

    monkeypatch.setitem(EVALUATORS, "training_free", _registered(broken))
    command = ["search", tmp_path / "run", *free, "--evaluator", "training_free", "--candidates", "9"]
    assert main([*map(str, command)]) == 1
    captured = capsys.readouterr()
    words = " ".join(captured.out.split())
    assert "0 of 9 candidates evaluated, 9 failed" in words
    assert "failed 5 times: RuntimeError: no weights here" in words
    assert "failed 4 times: RuntimeError: no samples here" in words
    assert "best" not in words
    assert "Pareto" not in words
    assert captured.err.strip().splitlines()[-1].endswith("no candidate could be evaluated; the reasons are said above")


def _registered(function):
    """Returns an evaluator of one's own under a registered name: what a user's plug-in would be."""

    @dataclass(frozen=True)
    class Own(Evaluator):
        name: ClassVar[str] = "training_free"
        summary: ClassVar[str] = "for tests"

        def start(self, context):
            return lambda architecture, _: function(context.problem, architecture)

    return Own


def test_a_cut_off_search_is_resumed_in_this_process(capsys, run):
    expected = analysis.read(run)
    cut(run, tells=1)
    said = " ".join(ok(capsys, "resume", run, *LOCAL).split())
    assert "4 of 4 candidates evaluated" in said
    columns = ["architecture", "accuracy", "spikes"]
    assert analysis.read(run)[columns].equals(expected[columns])
    ok(capsys, "resume", run, "--candidates", 6)  # where it was evaluated before: in this process
    assert len(analysis.read(run)) == 6


def test_own_data_that_were_moved_are_said_with_data(capsys, tmp_path, tiny_space_file):
    rng, before, after = np.random.default_rng(0), tmp_path / "mine.npz", tmp_path / "elsewhere" / "moved.npz"
    y = np.arange(60) % 3
    np.savez(before, x=rng.random((60, 1, 8, 8), dtype=np.float32), y=y)
    command = ("search", tmp_path / "run", "--space", tiny_space_file, "--data", before, "--timesteps", 2)
    ok(capsys, *command, "--evaluator", "training_free", "--candidates", 3, *LOCAL)
    after.parent.mkdir()
    shutil.move(before, after)
    resumed = ("resume", tmp_path / "run", "--candidates", 5)
    assert "which is not there; say where it is: --data PATH" in refused(capsys, *resumed)
    ok(capsys, *resumed, "--data", after)
    assert len(analysis.read(tmp_path / "run")) == 5
    short = ("--finalists", 2, "--rounds", 1, "--epochs", 1, "--seeds", 1, *LOCAL)
    assert "winner" in ok(capsys, "halving", tmp_path / "run", *short, "--data", after)
    np.savez(tmp_path / "other.npz", x=rng.random((60, 1, 8, 8), dtype=np.float32), y=y)
    assert "with other samples or another split" in refused(
        capsys, "resume", tmp_path / "run", "--candidates", 6, "--data", tmp_path / "other.npz"
    )


def test_constraints_are_given_one_by_one_or_as_a_list(capsys, tmp_path, free):
    bounds = ("--constraint", "parameters<=3000", "--constraint=spikes>=0")
    ok(capsys, "search", tmp_path / "run", *free, "--evaluator", "training_free", *bounds)
    frame = analysis.read(tmp_path / "run")
    assert (frame.parameters <= 3000).all()
    assert frame.feasible.all()
    assert 0 < len(frame) < 9
    listed = ok(capsys, "search", tmp_path / "listed", *free, "--evaluator", "training_free",
                "--constraint", "['parameters<=3000', 'spikes>=0']")  # fmt: skip
    assert f"{len(frame)} of 400 candidates evaluated" in " ".join(listed.split())
    assert "the feasible part of the space is used up" in " ".join(listed.split())
    assert analysis.read(tmp_path / "listed").feasible.equals(frame.feasible)
