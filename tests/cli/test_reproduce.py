"""Recipes run from data to table, and the quickstart, which is one of them."""

from __future__ import annotations

import json

import pytest

import analysis
import autosnn_ray as asr
from autosnn_ray.cli.main import main
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.recipes import names
from tests.cli.commands import ok

SUPERNET = """[supernet]
epochs = 8
learning_rate = 0.02
"""

PREDICTED = """[predictor]
sample = 8
epochs = 2
"""

RECIPE = """
name = "tiny"
summary = "for tests"
notes = ["read with care"]
[data]
name = "digits"
[network]
space = "{space}"
timesteps = 2
{believed}[search]
candidates = 12
[retrain]
architectures = ["scb_k3/skip"]
seeds = 2
epochs = 4
learning_rate = 0.02
[[published]]
measure = "test_accuracy"
value = 0.9
status = "recalled"
[[published]]
measure = "parameters"
value = 2817
status = "computed"
"""


@pytest.fixture
def recipe(tmp_path, tiny_space_file):
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE.format(space=tiny_space_file, believed=SUPERNET))
    return path


def refused(capsys, *arguments: object) -> str:
    assert main([str(argument) for argument in arguments]) != 0
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_recipes_are_listed(capsys):
    said = ok(capsys, "reproduce")
    assert all(name in said for name in names())


def test_nonsense_is_refused_before_anything_is_written(capsys, recipe, tmp_path):
    folder = ("--folder", tmp_path / "out")
    for scale in ("0", "-1", "2", "nan"):
        assert "scale: expected a share above 0" in refused(capsys, "reproduce", recipe, "--scale", scale, *folder)
    assert "unknown recipe 'cifar'" in refused(capsys, "reproduce", "cifar", *folder)
    assert "expected a part of 1 to" in refused(capsys, "reproduce", recipe, "--train-samples", "99999", *folder)
    text = recipe.read_text()
    for old, new, said in (
        ("scb_k3/skip", "scb_k3", "expected 2 choices"),
        ("timesteps = 2", "timesteps = 2\nstem = 'drum'", "expected one of: static"),
        ("learning_rate = 0.02\n[search]", "learning_rate = -1.0\n[search]", "learning_rate: expected a positive"),
        ('name = "digits"', 'name = "letters"', "unknown data set 'letters'"),
        ("[search]", f"{PREDICTED}[search]", "one of supernet and predictor, or none of the three; got supernet, pred"),
        (
            SUPERNET,
            PREDICTED.replace("8", "3"),
            "sample: expected at least 5 architectures to fit",
        ),
        (SUPERNET, PREDICTED.replace("2", "0"), "epochs: expected"),
    ):
        recipe.write_text(text.replace(old, new, 1))
        assert said in refused(capsys, "reproduce", recipe, *folder)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_recipe_runs_from_data_to_table_at_a_share_of_its_length(capsys, recipe, tmp_path):
    command = ("reproduce", recipe, "--scale", "0.5", "--folder", tmp_path / "out", "--executor", "local")
    said = " ".join(ok(capsys, *command).split())
    assert "ours were trained for 50.00%" in said
    assert "note: read with care" in said
    done = asr.Reproduction(tmp_path / "out")
    assert len(done.search.frame()) == 6
    assert done.config()["recipe"]["supernet"]["epochs"] == 4
    retrained = done.retraining.frame()
    assert set(retrained.seed) == {0, 1}
    frame = done.frame().set_index(["architecture", "measure"])
    assert frame.loc[("scb_k3/skip", "parameters"), "published"] == 2817
    assert frame.loc[("scb_k3/skip", "test_accuracy"), "status"] == "recalled"
    own = retrained[retrained.architecture == "scb_k3/skip"]
    assert frame.loc[("scb_k3/skip", "test_accuracy"), "ours"] == pytest.approx(own.test_accuracy.mean())
    found = frame[~frame.is_published]
    assert (found.published.dropna() == 0.9).all()
    # Given again it trains nothing; another scale is another experiment.
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.json*")}
    ok(capsys, *command)
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.json*")} == before
    assert "holds another reproduction (other recipe, scale)" in refused(
        capsys, "reproduce", recipe, "--folder", tmp_path / "out"
    )


def test_a_recipe_with_a_predictor_trains_no_supernet_and_goes_on_where_it_was_cut_off(tmp_path, tiny_space_file):
    from autosnn_ray.recipes import load
    from autosnn_ray.runs.predictor import PREDICTOR_SEED
    from autosnn_ray.studies.watch import Silent

    (tmp_path / "tiny.toml").write_text(RECIPE.format(space=tiny_space_file, believed=PREDICTED))
    recipe, seen = load(tmp_path / "tiny.toml"), []

    class Cut(Silent):
        def fitted(self, predictor):
            seen.append(predictor)
            raise KeyboardInterrupt

    def go(watch=None, **others):
        return asr.reproduce(
            recipe, path=tmp_path / "out", scale=0.5, seed=3, executor=asr.Local(threads=1), watch=watch, **others
        )

    with pytest.raises(KeyboardInterrupt):
        go(Cut())
    sampled = (tmp_path / "out" / "predictor" / "scratch" / "journal.jsonl").read_bytes()
    done = go()
    assert (tmp_path / "out" / "predictor" / "scratch" / "journal.jsonl").read_bytes() == sampled
    assert not (tmp_path / "out" / "supernet").exists()
    # Half the sample is less than a predictor can be fitted on: the least is taken.
    assert done.config()["recipe"]["predictor"] == {"sample": 5, "epochs": 1}
    evaluator = done.search.config()["evaluator"]
    assert evaluator["name"] == "predictor"
    assert evaluator["settings"]["fitted"] == json.loads(json.dumps(seen[0].fitted))
    assert asr.Run(tmp_path / "out" / "predictor" / "scratch").config()["evaluator"]["settings"] | {
        "epochs": 1, "seed": PREDICTOR_SEED + 3,
    } == asr.Run(tmp_path / "out" / "predictor" / "scratch").config()["evaluator"]["settings"]  # fmt: skip
    frame = done.search.frame()
    assert len(frame) == 6
    assert frame.attrs["provenance"] == "predicted from 5 architectures trained from scratch for 1 epoch, spikes too"
    found = done.search.best(1)["architecture"].iloc[0]
    assert set(done.retraining.frame().architecture) == {found, "scb_k3/skip"}


@pytest.mark.slow
@pytest.mark.ray
def test_the_quickstart_is_a_recipe_with_a_report_of_its_own(capsys, tmp_path):
    short = ("--sample", "5", "--sample-epochs", "1", "--candidates", "4", "--scratch-epochs", "1", "--num-cpus", "2")
    said = " ".join(ok(capsys, "quickstart", "--folder", tmp_path / "out", *short).split())
    assert "3,125 architectures, too many to train them all" in said
    assert "1/3 5 of them, each block equally often in each slot, are trained for 1 epoch each" in said
    assert said.index("a first number, after") < said.index("order of accuracies") < said.index("the best 4")
    assert "on 360 test samples, looked at once" in said
    assert "after 1 epoch " in said
    assert "supernet" not in said
    final = json.loads((tmp_path / "out" / "final.json").read_text())
    assert set(final) == {"found", "by hand", "also found"}
    assert len(final["also found"]) == 3
    assert final["by hand"]["architecture"] == "scb_k3/scb_k3/scb_k3/scb_k3/scb_k3"
    found = Evaluation.from_dict(final["found"]["test"])
    assert found.samples == 360
    assert 0 <= found.accuracy <= 1
    retrained = analysis.read_retraining(tmp_path / "out" / "retrained").set_index("architecture")
    assert len(retrained) == 5
    by_fitness = retrained.drop("scb_k3/scb_k3/scb_k3/scb_k3/scb_k3").sort_values("fitness", ascending=False)
    assert list(by_fitness.index) == [one["architecture"] for one in (final["found"], *final["also found"])]
    predicted = analysis.read(tmp_path / "out" / "search").set_index("architecture").loc[by_fitness.index[0]]
    assert f"after 1 epoch {predicted.accuracy:.2%} and {predicted.spikes:,.0f} spikes/sample were predicted" in said
    for one in final["also found"]:
        assert one["test"]["measures"]["accuracy"]["value"] == by_fitness.test_accuracy[one["architecture"]]
        assert one["architecture"] in said
    assert "not empty; give --resume" in refused(capsys, "quickstart", "--folder", tmp_path / "out", *short)


@pytest.mark.ray
def test_a_gpu_that_is_not_there_is_said_before_anything_is_trained(capsys, recipe, tmp_path):
    folder = tmp_path / "run"
    said = refused(capsys, "reproduce", recipe, "--folder", folder, "--num-cpus", 1, "--gpus-per-candidate", 1)
    assert "GPU" in said
    assert not (folder / "supernet").exists()
