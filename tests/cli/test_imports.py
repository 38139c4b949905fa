"""``--import``: modules of a user's own on the command line, and what becomes of their runs in other processes."""

from __future__ import annotations

import json
import sys

import pytest

from autosnn_ray.cli.main import main
from tests.cli.commands import ok, refused
from tests.registering import registries_put_back, space_with

MINE = '''
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

import autosnn_ray as asr
from autosnn_ray.spiking import SpikingBlock, SpikingNeuron, event_conv, over_time


@asr.register(name="own_k3", kernel=3)
class Own(SpikingBlock):
    """One spiking convolution of one's own."""

    def __init__(self, block, in_channels, out_channels, stride, neuron):
        super().__init__()
        self.conv = event_conv(in_channels, out_channels, block.kernel, stride)
        self.norm = nn.BatchNorm2d(out_channels)
        self.neuron = SpikingNeuron(neuron)

    def forward(self, x, meter=None):
        return self.neuron(over_time(self.conv, x), meter, norm=self.norm)


@asr.register
@dataclass(frozen=True)
class Counted(asr.Evaluator):
    name: ClassVar[str] = "counted"
    summary: ClassVar[str] = "counts own blocks"
    scale: float = 1.0

    def start(self, context):
        return lambda architecture, _: asr.Evaluation.given(
            {"accuracy": self.scale * architecture.count("own_k3") / 2, "spikes": 10.0 + len(architecture[0])}
        )
'''
SPACE = space_with("skip", "own_k3", "conv_k3")
SEARCH = ("search", "run", "--space", "space.toml", "--data", "digits", "--evaluator", "counted", "--evaluator.scale",
          0.5, "--candidates", 3, "--executor", "local", "--timesteps", 2)  # fmt: skip
IMPORT = ("--import", "code/mine.py")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "mine.py").write_text(MINE)
    (tmp_path / "space.toml").write_text(SPACE)
    monkeypatch.chdir(tmp_path)
    with registries_put_back():
        yield tmp_path


def test_a_run_with_code_of_ones_own_is_shown_and_gone_on_with_where_that_is_imported_again(folder, capsys):
    with registries_put_back():
        said = ok(capsys, *SEARCH, *IMPORT)
        assert "3 of 3 candidates evaluated" in said
        assert "next: autosnn-ray show run --save pictures --import code/mine.py" in said
    config = json.loads((folder / "run" / "journal.jsonl").read_text().splitlines()[0])["config"]
    assert config["imported"] == [{"module": "mine", "file": "mine.py"}]
    hint = "The run was begun with mine.py imported: give --import mine.py, if you trust it"
    for command in (["show", "run"], ["resume", "run"], ["halving", "run"], ["retrain", "run"], ["fidelity", "run"]):
        assert hint in refused(capsys, *command)
    assert "mine" not in sys.modules, "a journal had something imported"
    # Before the command too; pictures have a colour for a family of one's own.
    ok(capsys, *IMPORT, "show", "run", "--save", "pictures")
    assert (folder / "pictures" / "architecture.png").exists()
    assert "4 of 4 candidates evaluated" in ok(capsys, "resume", "run", "--candidates", 4, "--import=code/mine.py")


@pytest.mark.slow
def test_its_best_are_trained_from_scratch_where_that_is_imported_again(folder, capsys):
    ok(capsys, *SEARCH, *IMPORT)
    how = ("--executor", "local", *IMPORT)
    assert "winner" in ok(capsys, "halving", "run", "--finalists", 2, "--epochs", 1, *how)
    assert "own_k3" in ok(capsys, "retrain", "run", "--top", 1, "--seeds", 1, "--epochs", 1, *how)
    fidelity = ("fidelity", "run", "--sample", 5, "--seeds", 2, "--epochs", 1)
    assert "counted" in ok(capsys, *fidelity, "--evaluators", "counted", *how)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("none.py", None, "--import none.py: no such file"),
        ("wrong.py", "x = 1\nx.y\n", "--import wrong.py: .*line 2: AttributeError: 'int' object has no attribute 'y'"),
        ("leaves.py", "import sys\nsys.exit('bye')\n", "--import leaves.py: .*SystemExit: bye"),
        ("json.py", "", "--import json.py: there is another module 'json'; give the file another name"),
        ("analysis.py", "", "--import analysis.py: there is another module 'analysis'"),
        ("my-code.py", "", "--import my-code.py: expected a file whose name is one of a module"),
        ("not_there", None, "--import not_there: .*No module named 'not_there'"),
        ("taken.py", "import autosnn_ray as asr\nasr.register(lambda run: None, kind='plot', name='pareto')\n",
         "--import taken.py: plot 'pareto': the name is taken by plot_pareto of analysis"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_said_in_one_line(name, text, said, folder, capsys):
    import re

    if text is not None:
        (folder / name).write_text(text)
    assert re.search(said, refused(capsys, "show", "run", "--import", name))
    assert name.removesuffix(".py") in ("json", "analysis") or name.removesuffix(".py") not in sys.modules


def test_a_module_by_its_name_finds_those_beside_it(folder, capsys):
    (folder / "helper.py").write_text("WORDS = 'from beside'\n")
    (folder / "by_name.py").write_text("import helper\nassert helper.WORDS == 'from beside'\n")
    ok(capsys, "spaces", "--import", "by_name", "--import", "code/mine.py")
    assert "own" in ok(capsys, "spaces", "space.toml", "--import", "code/mine.py")


def test_a_file_of_options_imports_nothing(folder, capsys):
    (folder / "options.yaml").write_text("import: [code/mine.py]\n")
    said = refused(capsys, "spaces", "--config", "options.yaml")
    assert "--import: expected on the command line, got it in a file, which imports nothing" in said
    assert "mine" not in sys.modules
    for nothing in (["--import"], ["--import", "--debug"]):
        assert "--import: expected a .py file or a module's name" in refused(capsys, "spaces", *nothing)


def test_the_help_of_every_command_names_it(capsys):
    with pytest.raises(SystemExit):
        main(["show", "--help"])
    assert "--import FILE.py|MODULE" in capsys.readouterr().out
