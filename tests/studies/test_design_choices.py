"""Design choices compared, with real trainings of tiny networks."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest

import analysis
import autosnn_ray as asr
import search_spaces
from autosnn_ray.cli.main import main
from autosnn_ray.errors import InvalidInputError, RunExistsError
from autosnn_ray.evaluation import evaluate
from autosnn_ray.recipes import Recipe, load
from autosnn_ray.studies.design_choices import designs_of
from autosnn_ray.studies.structures import STRUCTURES, carried, structures
from tests.cli.commands import ok
from tests.runs.common import LOCAL, cut

pytestmark = pytest.mark.filterwarnings("ignore::autosnn_ray.errors.SilentNeuronWarning")

SHARED = ["scb_k3/scb_k3", "skip/srb_k3"]
OWN = "SNN_1,decay_input=true"


@pytest.fixture(scope="module")
def recipe(tiny_space_file):
    return Recipe.from_dict(
        {
            "name": "tiny", "summary": "for tests", "data": {"name": "digits"},
            "network": {"space": str(tiny_space_file), "timesteps": 2},
            "retrain": {"architectures": SHARED, "seeds": 2, "epochs": 3, "batch_size": 16, "learning_rate": 0.03},
            "designs": {"blocks": ["scb_k3", "srb_k3", "srb_k5"]},
        }
    )  # fmt: skip


def go(recipe, path, **others):
    options = {"train_samples": 300, "validation_samples": 100}
    return asr.reproduce(recipe, path=path, data=options, seed=3, executor=LOCAL, **others)


@pytest.fixture(scope="module")
def done(recipe, tmp_path_factory):
    return go(recipe, tmp_path_factory.mktemp("designs"))


def test_what_is_derived_of_snn_1_is_the_papers_own():
    first = search_spaces.load("autosnn_16")
    derived = structures(first, first.slots[0].choices)
    assert derived.keys() == STRUCTURES.keys()
    for name, space in derived.items():
        own = search_spaces.load("autosnn_16" if name == "SNN_1" else name.lower())
        assert space.checksum == own.checksum


def test_a_pool_that_would_leave_one_pixel_is_left_out():
    first = replace(search_spaces.load("autosnn_16"), in_channels=1)
    for size, features, strided in (((8, 8), (2, 2), (2, 2)), ((14, 14), (3, 3), (4, 4)), ((16, 16), (2, 2), (2, 2))):
        derived = structures(replace(first, input_size=size), ["scb_k3"])
        assert derived["SNN_1"].feature_size == derived["SNN_4"].feature_size == features
        assert derived["SNN_3"].feature_size == strided
        assert len({len(one.layers) for one in derived.values()}) == 1


def test_an_architecture_is_carried_block_by_block():
    first = search_spaces.load("autosnn_16")
    derived = structures(first, first.slots[0].choices)
    given = ("scb_k3", "srb_k5", "skip", "scb_k5", "srb_k3")
    for name in ("SNN_2", "SNN_4"):
        assert carried(given, derived["SNN_1"], derived[name]) == given
    found = carried(given, derived["SNN_1"], derived["SNN_3"])
    assert [found[place] for place in (0, 2, 3, 5, 6)] == list(given), "the slots that SNN_1 has too"
    assert [found[place] for place in (1, 4, 7)] == [given[0], given[2], given[4]], "in place of pools"


def test_spaces_that_nothing_can_be_derived_from_are_refused():
    for name in ("snn_2", "snn_3", "snn_4", "cifarnet_wu"):
        with pytest.raises(InvalidInputError, match="expected slots, max pools and head 'flatten'"):
            structures(search_spaces.load(name), ["skip"])


def test_every_training_is_a_row_and_is_train_from_scratch(done, recipe):
    frame = done.frame()
    assert isinstance(done, asr.Reproduction)
    assert (frame.status == "done").all()
    counted = frame.groupby(["decay_input", "structure"]).size()
    # Silent ones with one seed; blocks in SNN_1 alone, with the neurons' own decay_input.
    assert counted[True].to_dict() == {"SNN_1": 8, "SNN_2": 2, "SNN_3": 4, "SNN_4": 2}
    assert counted[False].to_dict() == dict.fromkeys(STRUCTURES, 4)
    assert set(frame[frame.is_silent].structure) == {"SNN_2", "SNN_4"}
    assert frame[frame.is_silent].decay_input.all()
    assert set(frame.seed) == {3, 4}
    assert set(frame[frame.block != ""].block) == {"scb_k3", "srb_k3", "srb_k5"}
    row = frame[(frame.structure == "SNN_3") & ~frame.decay_input & (frame.seed == 4)].iloc[1]
    assert row.architecture == "skip/srb_k3"
    given = {"train_samples": 300, "validation_samples": 100}
    data = asr.load_dataset("digits", seed=3, **given)
    space = structures(asr.Problem(search_spaces.load(recipe.network["space"]), data).space, ["skip", "srb_k3"])
    problem = asr.Problem(space["SNN_3"], data, 2, asr.NeuronSettings(decay_input=False))
    settings = asr.TrainSettings(epochs=3, batch_size=16, learning_rate=0.03)
    network = asr.train_from_scratch(problem, ("skip", "skip", "srb_k3"), seed=4, settings=settings)
    found = evaluate(network, data.validation)
    assert (row.accuracy, row.spikes) == (found.accuracy, found.spikes)
    assert row.parameters == problem.parameters(("skip", "skip", "srb_k3"))


def test_silent_structures_do_no_better_than_guessing_one_class(done):
    frame = done.frame()
    silent = frame[frame.is_silent]
    assert silent.groupby("architecture").accuracy.nunique().max() == 1
    assert silent.accuracy.nunique() == 1, "whatever is trained, the same class is guessed"
    assert frame[~frame.decay_input].accuracy.max() > silent.accuracy.max() + 0.1


def test_means_of_designs_are_over_architectures_and_of_blocks_over_seeds(done):
    frame, summary = done.frame(), done.summary()
    assert summary.part.tolist() == ["structure"] * 8 + ["block"] * 3
    own = frame[(frame.structure == "SNN_1") & frame.decay_input & frame.is_shared]
    means = own.groupby("architecture").spikes.mean()
    row = summary.iloc[0]
    assert (row.design, row.decay_input, row.trainings) == ("SNN_1", True, 4)
    assert row.spikes == pytest.approx(means.mean())
    half = 12.7062 * means.std(ddof=1) / math.sqrt(2)
    assert row.spikes_high == pytest.approx(means.mean() + half, rel=1e-4)
    block = summary[summary.design == "srb_k5"].iloc[0]
    assert block.accuracy == pytest.approx(frame[frame.block == "srb_k5"].accuracy.mean())


def test_costs_are_paired(done):
    frame, costs = done.frame(), done.costs()
    assert list(zip(costs.part, costs.choice, costs.instead_of, costs.pairs, strict=True)) == [
        ("structure", "SNN_2: global average pooling", "SNN_1", 2),
        ("structure", "SNN_3: strided blocks in place of pools", "SNN_1", 4),
        ("structure", "SNN_4: average pools", "SNN_1", 2),
        ("structure", "SNN_2: global average pooling", "SNN_1", 4),
        ("structure", "SNN_3: strided blocks in place of pools", "SNN_1", 4),
        ("structure", "SNN_4: average pools", "SNN_1", 4),
        ("neuron", "input undivided", "input divided by tau", 4),
        ("block", "srb", "scb", 2),
        ("kernel", "5x5", "3x3", 2),
    ]
    shared = frame[frame.is_shared & ~frame.decay_input].set_index(["structure", "architecture", "seed"])
    one, other = shared.loc["SNN_4"], shared.loc["SNN_1"]
    row = costs.iloc[5]
    assert row.accuracy == pytest.approx((one.accuracy - other.accuracy).mean())
    logs = np.log(one.spikes / other.spikes).groupby("architecture").mean()
    assert row.spikes == pytest.approx(math.exp(logs.mean()))
    assert row.spikes_low == pytest.approx(math.exp(logs.mean() - 12.7062 * logs.std(ddof=1) / math.sqrt(2)), rel=1e-4)
    assert row.units == "2 architectures"
    blocks = frame[frame.block != ""].set_index(["block", "seed"])
    gained = blocks.loc["srb_k3"].accuracy - blocks.loc["scb_k3"].accuracy
    assert costs.iloc[7].accuracy == pytest.approx(gained.mean())
    assert costs.iloc[7].units == "2 seeds"
    assert costs.iloc[8].parameters == pytest.approx(
        blocks.loc["srb_k5"].parameters.iloc[0] / blocks.loc["srb_k3"].parameters.iloc[0]
    )


def test_what_was_cut_off_goes_on_and_another_recipe_is_refused(done, recipe, tmp_path):
    copy = shutil.copytree(done.path, tmp_path / "copy")
    frame = done.frame().drop(columns="seconds")
    shutil.rmtree(copy / "designs" / "SNN_4,decay_input=false")
    cut(copy / "designs" / OWN, 8)
    half = asr.Run(copy / "designs" / OWN).frame()
    assert (half.status == "done").sum() < 8
    read = analysis.read_designs(copy)
    assert len(read) < len(frame)
    assert len(analysis.design_costs(read)) == 7, "what is not trained yet is left out"
    again = go(recipe, copy).frame().drop(columns="seconds")
    assert again.equals(frame)
    with pytest.raises(RunExistsError, match="holds another reproduction"):
        go(replace(recipe, designs={"blocks": ["scb_k3"]}), copy)


def test_bad_recipes_are_refused_before_anything_is_written(recipe, tmp_path):
    for change, said in (
        ({"designs": {"blocks": ["conv_k9"]}}, "expected a list of different blocks"),
        ({"retrain": {**recipe.retrain, "architectures": ["scb_k3"]}}, "expected 2 choices"),
        ({"retrain": {**recipe.retrain, "seeds": 0}}, "retrain.seeds: expected at least 1"),
        ({"network": {**recipe.network, "space": "snn_4"}}, "max pools and head 'flatten'"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            go(replace(recipe, **change), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_shipped_recipe_compares_what_the_paper_compares():
    recipe = load("design_choices")
    problem = asr.Problem(search_spaces.load(recipe.network["space"]), asr.load_dataset("digits"))
    designs = designs_of(recipe, problem)
    assert [(one.structure, one.problem.neuron.decay_input) for one in designs] == [
        (name, decays) for decays in (True, False) for name in STRUCTURES
    ]
    families = {block.split("_")[0] for block in recipe.designs["blocks"]}
    kernels = {block.split("_")[1] for block in recipe.designs["blocks"]}
    assert (families, kernels) == ({"scb", "srb", "sib"}, {"k3", "k5", "k7"})


def test_a_folder_without_designs_is_none(tmp_path):
    entries = load("quickstart").to_dict()
    (tmp_path / "reproduction.json").write_text(json.dumps({"recipe": entries, "scale": 1.0}))
    with pytest.raises(InvalidInputError, match="expected a reproduction that compares design choices"):
        analysis.read_designs(tmp_path)


def test_the_command_prints_both_tables_and_draws(done, recipe, capsys, tmp_path):
    shown = ok(capsys, "show", done.path, "--save", tmp_path / "saved")
    assert "trained from scratch on 300 samples of digits for 3 epochs, 100 validation samples; features 4x4" in shown
    assert "SNN_3: strided blocks in place of pools" in shown
    assert ", silent" in shown
    assert {one.name for one in (tmp_path / "saved").iterdir()} == {"designs.csv", "costs.csv", "costs.png"}
    found = json.loads(ok(capsys, "show", done.path, "--format", "json"))
    assert len(found["costs"]) == 9
    assert found["designs"][1]["is_silent"] is True
    assert found["epochs"] == 3


def test_a_recipe_takes_other_data_by_an_option(recipe, capsys, tmp_path):
    file = tmp_path / "mine.npz"
    rng = np.random.default_rng(0)
    np.savez(file, x=rng.random((60, 1, 8, 8), dtype=np.float32), y=np.arange(60) % 3)
    (tmp_path / "tiny.toml").write_text(TOML.format(space=recipe.network["space"]))
    command = ["reproduce", tmp_path / "tiny.toml", "--folder", tmp_path / "out", "--data", file, "--executor", "local"]
    said = ok(capsys, *command)
    assert "in place of" in said
    assert f"written: {tmp_path / 'out' / 'costs.png'}" in said
    assert asr.Reproduction(tmp_path / "out").config()["data"]["classes"] == 3
    assert main([str(one) for one in [*command, "--scale", "0.5"]]) != 0
    assert "holds another reproduction" in capsys.readouterr().err


TOML = """
name = "tiny"
summary = "for tests"
[data]
name = "digits"
[network]
space = "{space}"
timesteps = 2
[retrain]
architectures = ["skip/skip"]
epochs = 1
[designs]
blocks = ["scb_k3", "srb_k3"]
"""
