"""The command line as a person types it: help, one clear line for bad input, exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autosnn_ray.cli.main import COMMANDS, main
from autosnn_ray.errors import AutoSNNError
from tests.cli import commands
from tests.cli.commands import ok


def refused(capsys, *arguments: str) -> str:
    """Runs the program in this process and returns the one line it says."""
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert status != 0
    assert "Traceback" not in captured.err
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("autosnn-ray: error: ")
    return lines[0]


def printed(capsys, *arguments: object) -> str:
    """Runs what prints and leaves, such as help, in this process."""
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert left.value.code in (None, 0), captured.err
    assert not captured.err
    return captured.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(capsys, command):
    said = printed(capsys, command, "--help")
    assert "--config" in said
    assert "usage:" in said


def test_without_a_command_the_commands_are_listed(capsys):
    said = printed(capsys)
    for command in COMMANDS:
        assert command in said


def test_the_module_is_a_program(tmp_path):
    assert "usage: autosnn-ray" in commands.run(tmp_path, "--help")
    assert "epochs:" in commands.run(tmp_path, "train", "out", "--print-config")


SCRIPT = Path(sys.executable).with_name("autosnn-ray")


@pytest.mark.skipif(not SCRIPT.exists(), reason="needs an installed autosnn-ray")
def test_the_installed_script_is_the_same_program(tmp_path):
    said = commands.run(tmp_path, "train", "--epochs", "many", program=(SCRIPT,), status=2)
    assert said.startswith("autosnn-ray: error: ")
    assert "Traceback" not in said


def test_help_and_lists_load_neither_torch_nor_ray():
    code = (
        "import sys; from autosnn_ray.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "main(['spaces'])\n"
        "import autosnn_ray, analysis, search_spaces\n"
        "print(sorted({'torch', 'ray', 'norse'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in ("quickstart", "datasets", "spaces", "race")])
def test_options_are_printed_as_they_would_be_used(capsys, command):
    assert "out" in printed(capsys, command, "out", "--print-config")


def test_the_defaults_of_training_are_those_of_the_library():
    from autosnn_ray.cli.main import build_parser
    from autosnn_ray.spiking.neurons import NeuronSettings
    from autosnn_ray.training import TrainSettings

    options = vars(build_parser().parse_args(["train", "out"]).train)
    for name, value in {**TrainSettings().to_dict(), **NeuronSettings().to_dict()}.items():
        name = {"model": "neuron"}.get(name, name)
        assert options.get(name, value) == value, name


@pytest.mark.parametrize("suffix", ["yaml", "toml"])
def test_options_come_from_a_file_and_the_command_line_wins(capsys, tmp_path, suffix):
    path = tmp_path / f"options.{suffix}"
    path.write_text({"yaml": "epochs: 7\nbatch_size: 9\n", "toml": "epochs = 7\nbatch_size = 9\n"}[suffix])
    said = printed(capsys, "train", "out", "--config", path, "--batch-size", "11", "--print-config")
    words = said.replace("=", ":").replace(" ", "")
    assert "epochs:7" in words
    assert "batch_size:11" in words
    again = tmp_path / f"printed.{suffix}"
    again.write_text(said)
    assert printed(capsys, "train", "--config", again, "--print-config") == said


def test_spaces_and_datasets_are_listed(capsys):
    listed = ok(capsys, "spaces")
    for name in ("autosnn_16", "snn_3", "digits_16"):
        assert name in listed
    assert "3,125" in ok(capsys, "spaces", "autosnn_16")
    assert "1,797" in ok(capsys, "datasets")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fly"], "unknown command 'fly'; expected one of: quickstart, train, search"),
        (["train"], "expected FOLDER: autosnn-ray train FOLDER [options]"),
        (["train", "x", "--epochs", "many"], "--epochs: expected a whole number, got 'many'"),
        (["search", "x", "--timesteps", "many"], "--timesteps: expected a whole number, got 'many'"),
        (["search", "x", "--exponent", "low"], "--exponent: expected a number, got 'low'"),
        (["search", "x", "--exponent"], "--exponent: expected a number, got nothing"),
        (["search", "x", "--size", "[a, b]"], "--size: expected [whole number, …], got ['a', 'b']"),
        (["search", "x", "--decay-input", "maybe"], "--decay-input: expected true or false, got 'maybe'"),
        (["search", "x", "--evaluator.training", "3"], "--evaluator.training: expected {name: value, …}, got '3'"),
        (["search", "x", "--resume=3"], "--resume: expected no value"),
        (["search", "x", "y", "z"], "unexpected argument 'z': autosnn-ray search RUN [options]"),
        (["halving", "x", "--also"], "--also: expected [text, …], got nothing"),
        (["train", "x", "--nonsense", "1"], "unknown option --nonsense"),
        (["train", "x", "--epocs", "2"], "unknown option --epocs; did you mean --epochs?"),
        (["train", "x", "--space", "autosnn_17"], "unknown space 'autosnn_17'; expected one of: autosnn_128"),
        (["train", "x", "--data", "cifar"], "unknown data set 'cifar'; expected one of: digits"),
        (["train", "x", "--surrogate", "relu"], "unknown surrogate 'relu'; expected one of: atan"),
        (["train", "x", "--neuron", "hh"], "'hh'; expected one of: plif"),
        (["train", "x", "--sampling", "fair"], "unknown sampling 'fair'; expected one of: uniform, strict"),
        (["train", "x", "--workers", "0"], "workers: expected a whole number of at least 1, got 0"),
        (["train", "x", "--workers", "2", "--architecture", "skip/skip"], "they train a supernet; one network is"),
        (["train", "x", "--epochs", "0"], "epochs: expected a whole number of at least 1, got 0"),
        (["train", "x", "--config", "/nowhere.toml"], "/nowhere.toml: no such file"),
        (["search", "run", "--supernet", "/nowhere"], "/nowhere: expected a folder"),
        (["search", "run"], "what is to be searched? Give --supernet FOLDER"),
        (["show", "/nowhere"], "/nowhere"),
        (["resume", "/nowhere"], "/nowhere/journal.jsonl: cannot be read: No such file"),
        (["resume", "s3://bucket/run"], "path: expected a folder, got the URL 's3://bucket/run'"),
        (["spaces", "mine"], "unknown space 'mine'"),
    ],
)
def test_bad_input_gets_one_clear_line(capsys, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--algorithm", "annealing"], "unknown algorithm 'annealing'; expected one of: autosnn, random"),
        (["--evaluator", "magic"], "unknown evaluator 'magic'; expected one of: path"),
        (["--candidates", "0"], "candidates"),
        (["--exponent", "nan"], "exponent: expected 0"),
        (["--exponent", "0.08"], "exponent: expected 0"),
        (["--reference-spikes", "-1"], "reference_spikes: expected a positive number"),
        (["--reference-spikes", "nan"], "reference_spikes: expected a positive number"),
        (["--space", "digits_16"], "a supernet of space 'tiny', expected 'digits_16'"),
        (["--timesteps", "8"], "a supernet with T=2, expected T=8"),
        (["--algorithm-settings.mutants", "200"], "mutants"),
        (
            ["--cpus-per-candidate", "1.5"],
            "--cpus-per-candidate: expected a fraction below 1 or a whole number, got 1.5",
        ),
        (["--gpus-per-candidate", "nan"], "--gpus-per-candidate: expected 0, a fraction below 1 or a whole number"),
        (["--seconds-per-candidate", "0"], "--seconds-per-candidate: expected a positive number, got 0.0"),
        (["--runtime-env", "/nowhere.json"], "--runtime-env: expected JSON, or a file of it, got '/nowhere.json'"),
        (["--runtime-env", '{"env_vars": 3'], "--runtime-env: expected JSON, or a file of it"),
        (["--concurrent", "0"], "--concurrent: expected a whole number of at least 1, got 0"),
        (["--storage", "nope://bucket"], "storage: expected a URL that fsspec knows, such as s3://bucket/runs"),
        (["--finalists", "-1"], "--finalists: expected 0, which trains none, or more, got -1"),
    ],
)
def test_bad_searches_get_one_clear_line_and_write_nothing(
    capsys, tmp_path, monkeypatch, tiny_supernet_folder, options, said
):
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, "search", "run", "--supernet", tiny_supernet_folder, *options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["halving", "fidelity", "retrain"])
def test_urls_are_for_search_and_resume(capsys, tmp_path, command):
    said = refused(capsys, command, tmp_path / "run", "--storage", "gs://bucket")
    assert "got the URL 'gs://bucket': `search`, `enumerate` and `resume` alone copy to one" in said
    assert "autosnn-ray resume RUN --storage URL" in said


def test_a_bad_space_file_is_one_line_naming_file_key_expected_given(capsys, tmp_path, tiny_space_file):
    path = tmp_path / "mine.toml"
    path.write_text(tiny_space_file.read_text().replace("channels = 8", 'channels = "many"'))
    said = refused(capsys, "spaces", path)
    assert f"{path}: key 'layers[2].channels': expected a whole number" in said
    assert "got 'many'" in said


def test_debug_lets_the_error_through_with_its_traceback(tmp_path):
    """Python prints it where nobody catches it."""
    with pytest.raises(AutoSNNError, match="/nowhere: expected a folder"):
        main(["search", str(tmp_path / "run"), "--supernet", "/nowhere", "--debug"])


@pytest.mark.ray
def test_train_search_show_and_a_run_that_is_already_there(capsys, tmp_path, tiny_space_file):
    train = ["train", tmp_path / "supernet", "--space", tiny_space_file, "--timesteps", "2"]
    train += ["--epochs", "3", "--learning-rate", "0.01"]
    assert "reference_spikes" in ok(capsys, *train)
    assert "already holds a supernet" in refused(capsys, *train)

    search = ["search", tmp_path / "run", "--supernet", tmp_path / "supernet", "--evaluator", "path"]
    search += ["--candidates", "20", "--num-cpus", "2"]
    searched = ok(capsys, *search)
    assert "9 of 20 candidates evaluated in space tiny; finished: the space is used up" in searched
    assert "fitness = accuracy * (spikes / " in searched
    assert "resume" in refused(capsys, *search)
    ok(capsys, *search, "--resume")
    assert "9 of 21 candidates" in ok(capsys, "resume", tmp_path / "run", "--candidates", "21")
    fewer = refused(capsys, "resume", tmp_path / "run", "--candidates", "3")
    assert "a run can be extended, not cut" in fewer

    ok(capsys, "show", tmp_path / "run", "--save", tmp_path / "pictures")
    saved = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert {"frame.csv", "pareto.png", "progress.png", "architecture.png"} <= saved


@pytest.mark.ray
def test_ctrl_c_ends_a_search_cleanly_and_says_how_to_go_on(tmp_path, tiny_supernet_folder):
    """SIGINT to the whole process group, as a terminal sends it."""
    arguments = [
        sys.executable,
        "-m",
        "autosnn_ray.cli.main",
        "search",
        str(tmp_path / "run"),
        "--supernet",
        str(tiny_supernet_folder),
    ]
    arguments += ["--evaluator", "path", "--candidates", "9", "--num-cpus", "1"]
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    journal = tmp_path / "run" / "journal.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (journal.exists() and journal.read_text().count("\n") >= 2):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    events = [json.loads(line)["event"] for line in journal.read_text().splitlines()]
    if events[-1] != "stop":
        assert process.returncode == 130, errors
        assert "resume" in errors
        assert "Traceback" not in errors
    resumed = subprocess.run([*arguments, "--resume"], capture_output=True, text=True, check=False)
    assert resumed.returncode == 0, resumed.stderr
    import analysis

    assert (analysis.read(tmp_path / "run").status == "done").sum() == 9
