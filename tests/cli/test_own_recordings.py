"""Event recordings of one's own by command line: looked into, trained on, searched."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest

import analysis
from tests.cli import commands
from tests.data import make_events as make
from tests.data.test_own_events import write_class_folders

SPACE = """
name = "places"
stem = "event"
channels = 4
in_channels = 2
input_size = [32, 32]
head = "flatten"
voters = 2
choices = ["skip", "srb_k3"]

[[layers]]
kind = "slot"

[[layers]]
kind = "slot"
channels = 8
"""

TRAIN = ("train", "supernet", "--space", "places.toml", "--data", "gestures", "--sensor", "[34, 34]", "--size",
         "[32, 32]", "--timesteps", 3, "--epochs", 8, "--batch-size", 6, "--learning-rate", "2e-2")  # fmt: skip
SEARCH = ("search", "supernet", "run", "--evaluator", "path", "--candidates", 3, "--num-cpus", 1)


@pytest.mark.slow
@pytest.mark.ray
def test_own_recordings_are_trained_on_and_searched(tmp_path, frames_cache):
    run = partial(commands.run, tmp_path)
    write_class_folders(tmp_path / "gestures", each=12)
    (tmp_path / "places.toml").write_text(SPACE)
    said = run(*TRAIN)
    assert "recordings: 36/36" in said
    assert float(re.search(r"median ([\d.]+)%", said).group(1)) > 50, "three places"
    run(*SEARCH)
    frame = analysis.read(tmp_path / "run")
    assert len(frame) == 3
    assert (frame.status == "done").all()
    assert frame.accuracy.max() > 0.5


def test_a_folder_of_recordings_is_looked_into(tmp_path, frames_cache, capsys):
    path = write_class_folders(tmp_path / "gestures")
    np.save(tmp_path / "gestures" / "clap" / "99.npy", make.recording(2, 99, 34)[:1])
    said = commands.ok(
        capsys, "datasets", path, "--sensor", "[34, 34]", "--timesteps", 3, "--save", tmp_path / "seen.png",
        "--skip-damaged",
    )  # fmt: skip
    assert (tmp_path / "seen.png").stat().st_size > 10_000
    for line in (r"classes: 3 \(clap, wave 2, wave 10\)", r"frames: 3x2x34x34 \(T, C, H, W\), counts of events",
                 r"wave 10 +6 +2 +2", r"values: 0 to \d+", r"events a sample: 300 on average, 300 to 300",
                 r"counts at 255, where they end: 0.00%", r"left out: .*99.npy"):  # fmt: skip
        assert re.search(line, said.replace("\n", " ")), (line, said)


def test_a_data_set_with_a_name_is_looked_into(tmp_path, capsys):
    said = commands.ok(capsys, "datasets", "digits", "--save", tmp_path / "digits.svg")
    assert "1,077 train, 360 validation, 360 test" in said
    assert re.search(r"all +1,077 +360 +360", said)
    assert (tmp_path / "digits.svg").exists()


def test_help_names_the_types_of_numbers(capsys):
    with pytest.raises(SystemExit):
        commands.ok(capsys, "train", "--help")
    said = " ".join(capsys.readouterr().out.split())
    assert "peak rate of Adam (number; default: 0.004)" in said
    assert "function" not in said
