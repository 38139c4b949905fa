"""The whole job on a part of the real Fashion-MNIST: train, search, look into the best, from the files to the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import analysis
import autosnn_ray as asr
from tests.cli.commands import run

FASHION = Path("/usr/share/datasets/fashion-mnist")


@pytest.mark.slow
@pytest.mark.skipif(not FASHION.exists(), reason="needs Debian's dataset-fashion-mnist")
def test_a_part_of_fashion_mnist_is_trained_and_searched(tmp_path, tiny_space_file):
    said = run(
        tmp_path, "train", "supernet", "--space", tiny_space_file, "--data", "fashion_mnist", "--train-samples", 2000,
        "--validation-samples", 400, "--test-samples", 400, "--size", "[14, 14]", "--augmentation", "none",
        "--epochs", 4, "--learning-rate", "2e-2", "--timesteps", 2,
    )  # fmt: skip
    median = float(re.search(r"median ([\d.]+)%", said).group(1))
    assert median > 50, "nine paths on ten classes of clothes"
    run(
        tmp_path, "search", "run", "--supernet", "supernet", "--evaluator", "path", "--candidates", 9,
        "--executor", "local",
    )  # fmt: skip
    frame = analysis.read(tmp_path / "run")
    assert (frame.status == "done").all()
    assert len(frame) == 9
    assert frame.accuracy.max() > 0.5
    best = str(frame.nlargest(1, "fitness").architecture.iloc[0])
    assert best in run(tmp_path, "inspect", "supernet", "--architecture", best)


@pytest.mark.slow
@pytest.mark.skipif(not FASHION.exists(), reason="needs Debian's dataset-fashion-mnist")
def test_a_recipe_runs_on_a_part_of_fashion_mnist(tmp_path):
    """A fortieth of its epochs and candidates: what is shown is that all stages work on the real files."""
    said = run(
        tmp_path, "reproduce", "fashion_mnist", "--scale", 0.025, "--folder", "out", "--train-samples", 300,
        "--validation-samples", 100, "--test-samples", 100, "--executor", "local",
    )  # fmt: skip
    assert "ours were trained for 2.50%" in " ".join(said.split())
    done = asr.Reproduction(tmp_path / "out")
    assert len(done.search.frame()) == 10
    frame = done.retraining.frame()
    assert (frame.status == "done").all()
    assert frame.test_accuracy.notna().all()
    assert set(frame.seed) == {0, 1, 2}
