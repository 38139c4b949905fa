"""The whole job on events: recordings on the disk, frames, supernet, search, resumed from the run's folder alone."""

from __future__ import annotations

import re
from functools import partial

import pytest

import analysis
from autosnn_ray.journal import read_journal
from tests.cli import commands
from tests.data.make_events import write_dvs128_gesture

SPACE = """
name = "places"
stem = "event"
channels = 4
in_channels = 2
input_size = [64, 64]
head = "flatten"
voters = 2
choices = ["skip", "srb_k3"]

[[layers]]
kind = "slot"
widths = [2, 6]

[[layers]]
kind = "max_pool"

[[layers]]
kind = "slot"
channels = 8
"""


@pytest.mark.slow
def test_gestures_are_trained_searched_and_gone_on_with(tmp_path, frames_cache):
    run = partial(commands.run, tmp_path)

    write_dvs128_gesture(tmp_path)
    (tmp_path / "places.toml").write_text(SPACE)
    said = run(
        "train", "supernet", "--space", "places.toml", "--data", "dvs128_gesture", "--data-folder",
        tmp_path, "--timesteps", 3, "--frames-by", "time", "--size", "[64, 64]", "--epochs", 12, "--batch-size", 8,
        "--learning-rate", "2e-2", "--memory", 0.5,
    )  # fmt: skip
    assert float(re.search(r"median ([\d.]+)%", said).group(1)) > 40, "six paths on ten places"
    run("search", "run", "--supernet", "supernet", "--evaluator", "path", "--candidates", 4, "--executor", "local")
    assert len(analysis.read(tmp_path / "run")) == 4
    assert "srb_k3_c6" in run("spaces", "places.toml")
    run("resume", "run", "--candidates", 6)
    frame = analysis.read(tmp_path / "run")
    assert (frame.status == "done").all()
    assert set(frame.architecture.str.split("/").str[0]) == {"skip", "srb_k3_c2", "srb_k3_c6"}
    assert frame.accuracy.max() > 0.4
    options = read_journal(tmp_path / "run").config["problem"]["data"]["options"]
    assert (options["frames"], options["frames_by"], options["size"]) == (3, "time", [64, 64])
    best = str(frame.nlargest(1, "fitness").architecture.iloc[0])
    assert best in run("inspect", "supernet", "--architecture", best)
