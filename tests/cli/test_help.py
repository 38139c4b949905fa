"""Help that a person can read: words for types, each default once, options in groups, an example that is true."""

from __future__ import annotations

import re
import shlex

import pytest

from autosnn_ray.algorithms import ALGORITHMS
from autosnn_ray.cli.main import COMMANDS, main
from autosnn_ray.versions import versions
from tests.cli.test_cli import printed

everyone = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@everyone
def test_help_is_in_words_and_fits_a_terminal(capsys, command):
    said = printed(capsys, command, "--help")
    assert said.startswith(f"usage: autosnn-ray {command} ")
    assert said.splitlines()[0].endswith("[options]")
    for never in ("<function", "<class", "null", "type:", "NoneType", "Union", "[]", "{}", "%("):
        assert never not in said, never
    assert all(len(line) <= 80 for line in said.splitlines())
    for option in re.split(r"\n  (?=-)", said):
        assert option.count("default: ") <= 1, option
    assert not re.search(r"\bautosnn-\s", said), "the program's name is not broken"


@everyone
def test_its_examples_are_understood(capsys, command):
    _, _, examples = printed(capsys, command, "--help").partition("\nexample:\n")
    lines = [line for line in examples.replace("\\\n", "").splitlines() if line.strip()]
    assert lines
    for line in lines:
        program, named, *arguments = shlex.split(line)
        assert (program, named) == ("autosnn-ray", command)
        assert printed(capsys, command, *arguments, "--print-config")


def test_options_stand_in_groups(capsys):
    said = printed(capsys, "search", "--help")
    titles = re.findall(r"^(\w[\w ]+):$", said, flags=re.MULTILINE)
    expected = ["arguments", "options", "what is searched", "data", "time steps and neurons", "algorithm", "goal"]
    assert titles == [*expected, "evaluator", "where candidates are evaluated", "example"]
    algorithms = " ".join(said.partition("\nalgorithm:\n")[2].partition("\ngoal")[0].split())
    for name, algorithm in ALGORITHMS.items():
        assert f"{name}: {algorithm.summary}" in algorithms
    evaluators = said.partition("\nevaluator:\n")[2].partition("\nwhere")[0]
    assert "    scratch: " in evaluators
    assert "--evaluator.epochs N  of scratch, from_path (whole number; default: 4)" in evaluators


def test_the_commands_are_listed_with_what_they_do(capsys):
    said = printed(capsys, "--help")
    assert said.startswith("usage: autosnn-ray COMMAND [options]\n")
    words = " ".join(said.split())
    for name, command in COMMANDS.items():
        assert f"{name} {command.summary}" in words


def test_it_says_its_version(capsys):
    assert printed(capsys, "--version") == f"autosnn-ray {versions()['autosnn-ray']}\n"


def test_a_configuration_that_cannot_be_read_is_named(capsys, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("epochs = ")
    assert main(["train", "out", "--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"autosnn-ray: error: --config {path}: ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(("command", "is_recipes"), [("reproduce", True), ("search", False), ("enumerate", False)])
def test_whose_data_are_taken_by_default_is_said_where_it_is_so(command, is_recipes, capsys):
    said = " ".join(printed(capsys, command, "--help").replace("│", " ").split())
    assert ("(default: the recipe's)" in said) == is_recipes
