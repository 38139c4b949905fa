"""Bounds, objectives, measures and earlier runs on the command line."""

from __future__ import annotations

import pytest

import analysis
from autosnn_ray.cli.main import main
from autosnn_ray.journal import read_journal
from autosnn_ray.measures import MEASURES
from tests.cli.commands import ok, refused


@pytest.fixture
def search(capsys, tiny_supernet_folder, tmp_path):
    def found(*options, name="run", command="search"):
        local = ("--executor", "local", "--evaluator", "path")
        return ok(capsys, command, tmp_path / name, "--supernet", tiny_supernet_folder, *local, *options)

    return found


def goal(run):
    return read_journal(run).config["goal"]


def test_every_measure_has_a_bound_in_its_own_direction_with_its_unit(capsys):
    with pytest.raises(SystemExit):
        main(["search", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    for name, kind in MEASURES.items():
        bound = "min" if kind.direction == "maximize" else "max"
        unit = f", {kind.unit}" if kind.unit else ""
        assert f"--{bound}-{name.replace('_', '-')} X short for a constraint{unit}: {kind.summary}" in said


def test_bounds_are_short_for_constraints(search, tmp_path, tiny_problem):
    sizes = sorted(map(tiny_problem.parameters, tiny_problem.space.enumerate()))
    said = search(
        "--max-parameters", sizes[4], "--max-energy", "1e-8", "--min-accuracy", 0.2, "--constraint", "spikes<=400"
    )
    constraints = {one["measure"]: (one["at_most"], one["at_least"]) for one in goal(tmp_path / "run")["constraints"]}
    assert constraints == {
        "parameters": (sizes[4], None), "energy": (1e-8, None), "accuracy": (None, 0.2), "spikes": (400, None)
    }  # fmt: skip
    frame = analysis.read(tmp_path / "run")
    assert len(frame) == 5
    assert frame.parameters.max() == sizes[4]
    assert (frame.feasible == ((frame.energy <= 1e-8) & (frame.accuracy >= 0.2) & (frame.spikes <= 400))).all()
    words = " ".join(said.split())
    assert "the feasible part of the space is used up" in words
    assert "parameters" in words
    assert "violation" in words or frame.feasible.all()


def test_objectives_and_measures_by_name(search, tmp_path):
    search("--objective", "fitness", "--objective", "energy", "--exponent", "-0.5", "--measure", "peak_memory",
           "--algorithm", "nsga2", "--candidates", 4)  # fmt: skip
    fitness, energy = goal(tmp_path / "run")["objectives"]
    assert (fitness["exponent"], energy) == (-0.5, {"kind": "minimize", "measure": "energy"})
    frame = analysis.read(tmp_path / "run")
    assert frame[["energy", "peak_memory"]].notna().all(axis=None)


def test_earlier_runs_are_reused_by_search_enumerate_and_resume(search, capsys, tmp_path):
    search("--candidates", 5)
    search("--reuse", tmp_path / "run", name="all", command="enumerate")
    assert analysis.read(tmp_path / "all").reused_from.eq(str(tmp_path / "run")).sum() == 5
    search("--candidates", 2, "--seed", 7, name="other")
    ok(capsys, "resume", tmp_path / "other", "--candidates", 9, "--reuse", tmp_path / "all", "--executor", "local")
    assert analysis.read(tmp_path / "other").reused_from.ne("").sum() == 7
    said = refused(capsys, "resume", tmp_path / "other", "--candidates", 9, "--reuse", tmp_path / "no",
                   "--executor", "local")  # fmt: skip
    assert "is this the folder of a run" in said


def test_a_sweep_puts_exponents_side_by_side_and_goes_on(search, tmp_path):
    said = " ".join(search("--exponents", "[0,-0.16]", "--candidates", 6, name="sweep", command="sweep").split())
    assert "the best by each exponent of the fitness" in said
    again = " ".join(search("--exponents", "[0,-0.16]", "--candidates", 6, name="sweep", command="sweep").split())
    assert said.split("the best by each")[1] == again.split("the best by each")[1]
    first, second = (analysis.read(tmp_path / "sweep" / name) for name in ("exponent_0", "exponent_-0.16"))
    assert first.reused_from.eq("").all()
    shared = set(first.architecture) & set(second.architecture)
    assert set(second.architecture[second.reused_from != ""]) == shared
    assert shared


def test_a_sweep_predicts_from_one_sample_unless_told_otherwise(capsys, tiny_space_file, tmp_path):
    where = ("--space", tiny_space_file, "--data", "digits", "--timesteps", 2, "--executor", "local")
    exponents = ("--exponents", "[0,-0.16]", "--candidates", 6, "--predictor-epochs", 1)
    said = " ".join(ok(capsys, "sweep", tmp_path / "sweep", *where, *exponents).split())
    assert said.count("first 9 architectures, each choice equally often, are trained from scratch for 1 epoch;") == 1
    first, second = (analysis.read(tmp_path / "sweep" / name) for name in ("exponent_0", "exponent_-0.16"))
    assert set(first.basis) == set(second.basis) == {"prediction"}
    assert second.reused_from.ne("").any()
    assert (
        "numbers: predicted from 9 architectures trained from scratch for 1 epoch" in said.split("the best by each")[1]
    )
    trained = (tmp_path / "sweep" / "predictor" / "scratch" / "journal.jsonl").read_bytes()
    again = " ".join(ok(capsys, "sweep", tmp_path / "sweep", *where, *exponents).split())
    assert said.split("the best by each")[1] == again.split("the best by each")[1]
    assert (tmp_path / "sweep" / "predictor" / "scratch" / "journal.jsonl").read_bytes() == trained
    first = tmp_path / "sweep" / "exponent_0"
    assert f"train these, as `autosnn-ray retrain {first} --top 5` does" in said
    table = said.split("the best by each")[1].split("next:")[0].strip()
    assert table in " ".join(ok(capsys, "show", tmp_path / "sweep").split())
    assert not (tmp_path / "sweep" / "search.json").exists(), "a sweep passes for a search that can be resumed"


def test_what_is_no_bound_objective_or_measure_is_refused_in_one_line(capsys, tiny_supernet_folder, tmp_path):
    start = ("search", tmp_path / "run", "--supernet", tiny_supernet_folder, "--executor", "local")
    for options, text in (
        (("--max-energy", "much"), "max"),
        (("--max-energy", "1"), "measure energy: is taken on a candidate's network, and evaluator predictor has none"),
        (("--objective", "accuracy", "--objective", "energy"), "take one that runs a network: --evaluator scratch, or"),
        (("--objective", "taste"), "unknown objective 'taste'"),
        (("--measure", "taste"), "unknown measure 'taste'"),
        (
            ("--max-parameters", 3),
            "constraints: no architecture of tiny keeps parameters at most 3; nearest is skip/skip",
        ),
        (("--constraint", "calories<=3"), "measure calories: evaluator predictor finds accuracy, spikes, loss"),
    ):
        assert text in refused(capsys, *start, *options)
    assert not (tmp_path / "run").exists()
