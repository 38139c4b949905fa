"""What `show` says of a study of fidelity: costs, calibration, and who is better than whom."""

from __future__ import annotations

import json

import pytest

from autosnn_ray.cli.main import main
from autosnn_ray.passes import Passes
from tests.analysis.studies import write_run
from tests.cli.commands import ok


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    home = tmp_path_factory.mktemp("study")
    for seed in (1, 2):
        write_run(home / "ground_truth" / f"seed_{seed}", "scratch", 0.03, seed, settings={"epochs": 8}, seconds=9.0)
    sample = {"candidate": Passes(0, 0).to_dict(), "before": Passes(20_000, 7_200).to_dict()}
    write_run(home / "evaluators" / "path", "path", 3.0, 4, passes={"candidate": Passes(0, 360).to_dict()}, told=23)
    write_run(home / "evaluators" / "fit", "predictor", 0.0, 5, below=(0.2, 0.0), passes=sample, seconds=0.01)
    return home


def line_of(said: str, *words: str) -> str:
    (line,) = [line for line in said.splitlines() if all(word in line for word in words)]
    return " ".join(line.split())


def test_people_are_told_costs_calibration_and_the_comparison_with_the_best(study, capsys):
    said = ok(capsys, "show", study)
    assert "path: 0.10 seconds a candidate, 23 of 30 architectures" in said
    costs = said[said.index("what they cost") : said.index("what a predictor's intervals hold")]
    assert line_of(costs, "predictor ", "0.01") == "predictor 0.01 0 20,000 (7,200) 0.00 each, 2.50 before"
    assert line_of(costs, "path ") == "path 0.10 0 (360) unknown 0.00 each, unknown before"
    assert line_of(costs, "ground truth, one seed") == "ground truth, one seed 9.00 8,000 (360) 0 1.00"
    calibration = said[said.index("what a predictor's intervals hold") : said.index("held against the best")]
    assert "95% intervals hold" in calibration
    accuracy = line_of(calibration, "predictor ", "accuracy ")
    assert accuracy.startswith("predictor accuracy 0.0% (0.0% to 11.4%) 30 x 2 +")
    assert " points (+" in accuracy
    assert "spikes/sample" in line_of(calibration, "predictor ", "spikes ")
    assert "path" not in calibration.replace("path,", "")
    compared = said[said.index("held against the best by fitness, predictor") :]
    tau = line_of(compared, "path ", "accuracy ", "tau ")
    assert tau.startswith("path accuracy tau -")
    assert tau.endswith(" 0.004 23")


def test_programs_are_given_the_same_as_numbers(study, capsys):
    assert main(["show", str(study), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    costs = {row["evaluator"]: row for row in found["costs"]}
    assert costs["predictor"]["trainings_before"] == 2.5
    assert costs["path"]["training_passes_before"] is None
    accuracy = next(row for row in found["calibration"] if row["quantity"] == "accuracy")
    assert (accuracy["nominal"], accuracy["held"], accuracy["architectures"]) == (0.95, 0.0, 30)
    assert accuracy["shift"] == pytest.approx(0.2, abs=0.02)
    assert {row["than"] for row in found["compared"]} == {"predictor"}
    assert {(row["architectures"], row["wanted"]) for row in found["path"]} == {(23, 30)}


def test_of_one_evaluator_that_predicts_nothing_nothing_is_said_of_it(study, tmp_path, capsys):
    (tmp_path / "ground_truth").symlink_to(study / "ground_truth")
    write_run(tmp_path / "evaluators" / "path", "path", 0.03, 4)
    said = ok(capsys, "show", tmp_path)
    assert "what they cost" in said
    assert "intervals hold" not in said
    assert "held against the best" not in said
