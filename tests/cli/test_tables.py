"""Tables into a terminal of 80 columns, into files, for other programs; and what `show` makes of folders."""

from __future__ import annotations

import csv
import io
import json
import shlex
import shutil

import commands
import pandas as pd
import pytest
from commands import ok
from rich.console import Console

import analysis
import autosnn_ray as asr
from autosnn_ray.cli import console as printing
from autosnn_ray.cli.main import main
from autosnn_ray.cli.retrain import retraining
from autosnn_ray.space import SearchSpace
from autosnn_ray.studies.halving import Round
from autosnn_ray.training import TrainSettings

ONE_EPOCH = TrainSettings(epochs=1, batch_size=50)
LOCAL = asr.Local()


def worth(problem, architecture):
    """Nothing is known of the errors."""
    return {"accuracy": 0.5 + architecture.count("srb_k3_c16") / 20, "spikes": 100.0 + len(set(architecture))}


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """A run in a folder with a blank and an ñ, of architectures longer than a terminal is wide."""
    names = ["srb_k3_c16", "scb_k5_c16"]
    space = SearchSpace.from_dict(
        {"name": "wide", "stem": "static", "channels": 4, "in_channels": 1, "input_size": [8, 8], "head": "flatten",
         "voters": 2, "layers": [{"kind": "slot", "choices": names}] * 8}
    )  # fmt: skip
    problem = asr.Problem(space, asr.load_dataset("digits"))
    return asr.search(problem, worth, path=tmp_path_factory.mktemp("a") / "mein lauf ñ", candidates=9, executor=LOCAL)


@pytest.fixture(scope="module")
def small_problem(tiny_space):
    return asr.Problem(tiny_space, asr.load_dataset("digits", train_samples=100), timesteps=1)


def terminal(monkeypatch, width: int) -> io.StringIO:
    file = io.StringIO()
    monkeypatch.setattr(printing, "console", Console(file=file, force_terminal=True, color_system=None, width=width))
    return file


def test_no_name_is_broken_in_a_file(wide, tmp_path):
    written = commands.run(tmp_path, "show", wide.path)
    for name in wide.best(5)["architecture"]:
        assert len(name) > 80
        rows = [line for line in written.splitlines() if line.strip()[:1].isdigit() and name in line]
        assert rows
        for row in rows:
            assert f"{wide.frame().set_index('architecture').loc[name, 'accuracy']:.2%}" in row


@pytest.mark.parametrize("width", [40, 80])
def test_no_name_is_broken_on_a_terminal(width, wide, monkeypatch):
    file = terminal(monkeypatch, width)
    assert main(["show", str(wide.path)]) == 0
    for name in wide.best(5)["architecture"]:
        assert name in file.getvalue()


def test_prose_is_wrapped_between_words_at_80_columns(monkeypatch):
    file = terminal(monkeypatch, 80)
    assert main(["datasets"]) == 0
    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    from autosnn_ray.data import DATASETS

    words = {word for line in lines for word in line.split()}
    assert {word for entry in DATASETS.values() for word in entry.summary.split()} <= words


@pytest.mark.parametrize("width", [None, 40])
def test_a_table_wider_than_there_is_room_for_keeps_every_column(width, monkeypatch, capsys):
    file = terminal(monkeypatch, width) if width else None
    printing.print_rows(["evaluator", "a", "b"], [["scratch", "1" * 70, "2" * 70]], None, 1)
    said = file.getvalue() if file else capsys.readouterr().out
    (line,) = [line for line in said.splitlines() if "1" in line]
    assert line.split() == ["scratch", "1" * 70, "2" * 70]


def test_brackets_are_text(capsys):
    printing.print_rows(["what"], [["--size [64,64]"]], "of [all]")
    assert "--size [64,64]" in (said := capsys.readouterr().out)
    assert "of [all]" in said


def test_a_table_wider_than_the_console_keeps_all_its_columns(capsys):
    cells = ["a" * 45, "b" * 22, "c" * 14, "1" * 30, "2" * 40]
    printing.print_rows(list("vwxyz"), [cells], numbers_from=3)
    assert capsys.readouterr().out.splitlines()[2].split() == cells


def test_printed_commands_and_paths_can_be_copied(wide, tmp_path, capsys):
    saved = ok(capsys, "show", wide.path, "--save", tmp_path / "my pictures")
    assert f"written: {shlex.quote(str(tmp_path / 'my pictures' / 'frame.csv'))}" in saved
    cut = shutil.copytree(wide.path, tmp_path / "mein lauf ñ")
    lines = (cut / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (cut / "journal.jsonl").write_bytes(b"".join(lines[:-1]))
    said = ok(capsys, "show", cut)
    printed = said[said.index("autosnn-ray resume") :].split(" goes on")[0]
    assert shlex.split(printed) == ["autosnn-ray", "resume", str(cut)]


def test_without_samples_no_interval_is_printed(wide, capsys):
    said = ok(capsys, "show", wide.path)
    assert "nan" not in said.lower()
    assert "by test_tables:worth, an evaluator of one's own, nothing known of the error" in said


def test_a_run_as_json_and_csv(wide, capsys):
    found = json.loads(ok(capsys, "show", wide.path, "--format", "json", "--best", "3"))
    assert found["evaluated"] == 9
    assert found["provenance"].startswith("given, by test_tables:worth")
    assert [row["architecture"] for row in found["best"]] == wide.best(3)["architecture"].tolist()
    assert found["best"][0]["accuracy_low"] is None, "NaN is no JSON"
    rows = list(csv.DictReader(io.StringIO(ok(capsys, "show", wide.path, "--format", "csv", "--best", "3"))))
    assert [row["table"] for row in rows].count("best") == 3
    assert float(rows[0]["accuracy"]) == found["best"][0]["accuracy"]


@pytest.mark.parametrize("command", [["spaces"], ["spaces", "digits_16"], ["datasets"]])
def test_lists_as_json_and_csv(command, capsys):
    found = json.loads(ok(capsys, *command, "--format", "json"))
    (rows,) = (value for value in found.values() if isinstance(value, list) and isinstance(value[0], dict))
    assert len(list(csv.DictReader(io.StringIO(ok(capsys, *command, "--format", "csv"))))) == len(rows)
    if command == ["spaces"]:
        digits = next(row for row in rows if row["name"] == "digits_16")
        assert (digits["architectures"], digits["input"], digits["choices"][0]) == (3125, [1, 8, 8], "skip")


@pytest.mark.parametrize(("given", "said"), [("xml", "unknown format 'xml'; expected one of: table, csv, json")])
def test_an_unknown_format_is_refused(given, said, wide, capsys):
    assert main(["show", str(wide.path), "--format", given]) == 1
    assert said in capsys.readouterr().err


def test_pictures_have_a_format_of_their_own_and_the_former_option_still_works(wide, tmp_path, capsys):
    ok(capsys, "show", wide.path, "--save", tmp_path / "a", "--picture-format", "svg")
    assert (tmp_path / "a" / "pareto.svg").exists()
    assert main(["show", str(wide.path), "--save", str(tmp_path / "b"), "--format", "pdf"]) == 0
    assert "--format pdf is now --picture-format pdf" in capsys.readouterr().err
    assert (tmp_path / "b" / "pareto.pdf").exists()


@pytest.fixture(scope="module")
def studies(small_problem, tmp_path_factory):
    """A search with all that can be made of it, each as short as can be."""
    home = tmp_path_factory.mktemp("home")
    run = asr.search(small_problem, worth, path=home / "first", candidates=6, executor=LOCAL)
    asr.retrain(small_problem, ["skip/skip"], path=home / "first" / "retrained", seeds=2, settings=ONE_EPOCH,
                executor=LOCAL)  # fmt: skip
    asr.fidelity(small_problem, ["training_free"], path=home / "first" / "fidelity", sample=5, epochs=1, executor=LOCAL)
    asr.successive_halving(small_problem, run, rounds=[Round(1, 1, 1)], executor=LOCAL)
    return home


def test_show_names_what_is_in_a_folder(studies, capsys):
    said = ok(capsys, "show", studies / "first")
    for name, what in (
        ("retrained", "architectures trained from scratch"),
        ("fidelity", "evaluators held against networks trained from scratch"),
        ("halving", "successive halving"),
    ):
        (line,) = [line for line in said.splitlines() if f"first/{name} " in line]
        assert what in line
    listed = ok(capsys, "show", studies)
    assert "a search, or given architectures evaluated" in listed
    assert f"autosnn-ray show {studies / 'first'}" in listed


def test_show_shows_a_retraining_and_says_that_two_seeds_are_few(studies, capsys):
    said = ok(capsys, "show", studies / "first" / "retrained")
    assert "skip/skip" in said
    assert "two seeds: an interval over two is wide" in said
    (line,) = [line for line in said.splitlines() if "skip/skip" in line]
    assert not [word for word in line.replace("(", " ").split() if word.startswith("-")], "nothing below 0 %"
    files = sorted(path.name for path in (studies / "first" / "retrained").iterdir())
    assert "summary.csv" not in files, "show changes nothing"


def test_the_best_of_a_retraining_is_what_is_looked_at_next(studies):
    frame = analysis.read_retraining(studies / "first" / "retrained")
    better = frame.assign(architecture="scb_k3/skip", fitness=frame["fitness"] + 1, folder="better")
    for parts in ([frame, better], [better, frame]):
        (table,) = retraining(pd.concat(parts, ignore_index=True)).tables
        assert table.notes[-1] == "next: autosnn-ray inspect better"


def test_show_shows_a_fidelity(studies, capsys):
    said = ok(capsys, "show", studies / "first" / "fidelity")
    assert "a score that estimates no accuracy, of untrained networks" in said
    assert "each trained from scratch for 1 epoch, 2 seeds" in said
    assert "seed-to-seed ceiling" in said


def test_what_is_nothing_of_the_toolkits_is_refused(tmp_path, capsys):
    assert main(["show", str(tmp_path)]) == 1
    assert "is this the folder of a run" in capsys.readouterr().err


def test_what_a_data_set_holds_as_json_and_csv(tmp_path, capsys):
    looked_into = ("datasets", "digits", "--save", tmp_path / "digits.png")
    found = json.loads(ok(capsys, *looked_into, "--format", "json"))
    digits = asr.load_dataset("digits")
    assert (found["checksum"], found["shape"], found["left_out"]) == (digits.checksum, [1, 8, 8], [])
    assert sum(row["train"] for row in found["classes"]) == len(digits.train)
    rows = list(csv.DictReader(io.StringIO(ok(capsys, *looked_into, "--format", "csv"))))
    assert [row["class"] for row in rows] == [str(number) for number in range(10)]
    assert int(rows[3]["test"]) == found["classes"][3]["test"] == int((digits.test.y == 3).sum())
    assert (tmp_path / "digits.png").exists()


def test_what_was_exported_as_json_and_csv(tiny_supernet_folder, tmp_path, capsys):
    written = tmp_path / "net.nir"
    command = ("export", tiny_supernet_folder, "--architecture", "scb_k3/srb_k3", "--samples", "20", "--nir", written)
    found = json.loads(ok(capsys, *command, "--format", "json"))
    (row,) = found["files"]
    assert (row["format"], row["file"], row["dt"], row["same_class"]) == ("nir", str(written), 0.001, 20)
    assert (found["samples"], found["card"]) == (20, None)
    (again,) = csv.DictReader(io.StringIO(ok(capsys, *command, "--nir-for", "snntorch", "--format", "csv")))
    assert (again["client"], float(again["dt"])) == ("snntorch", 1e-4)
    assert main([*map(str, command), "--format", "json"]) == 0
    assert "read back and run on 20 validation samples" in capsys.readouterr().err
