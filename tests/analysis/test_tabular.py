"""The shipped table of a space evaluated whole, and races of algorithms on it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch

import analysis
import autosnn_ray as asr
from autosnn_ray.algorithms import ALGORITHMS, AutoSNN, RandomSearch, Table
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Constraint, Goal, Maximize, Minimize
from tests.cli.commands import ok, refused


@pytest.fixture(scope="module")
def shipped() -> analysis.Tabular:
    return analysis.tabular("digits_16")


def test_it_holds_the_whole_space_and_says_how_it_was_made(shipped):
    assert list(shipped.paths["architecture"]) == ["/".join(one) for one in shipped.space.enumerate()]
    assert shipped.about["samples"] == 360
    assert shipped.about["problem"]["data"]["name"] == "digits"
    layers = shipped.paths.filter(like="spikes.")
    np.testing.assert_allclose(layers.sum(axis=1), shipped.paths["spikes"])
    trained = shipped.scratch
    assert set(trained.groupby("architecture")["seed"].nunique()) == {2}
    assert trained["accuracy"].between(0.05, 1).all()
    assert trained["accuracy"].median() > 0.9


def test_what_it_says_of_cost_is_what_networks_cost(shipped):
    """Parameters and operations of some architectures, counted again on networks with other weights."""
    problem = asr.Problem(shipped.space, asr.load_dataset("digits"), timesteps=4)
    for place in (0, 777, 3124):
        row = shipped.paths.iloc[place]
        network = problem.network(torch.Generator().manual_seed(0), shipped.space.parse(row["architecture"]))
        profile = asr.profile(network, problem.data.validation.head(4))
        assert profile.total("parameters") == row["parameters"]
        assert profile.total("macs") == row["macs"]


def test_the_data_it_was_made_on_are_todays(shipped):
    assert shipped.about["problem"]["data"]["checksum"] == asr.load_dataset("digits").checksum


def test_a_model_of_networks_from_scratch_has_the_noise_of_one_training(shipped):
    truth = shipped.table(by="scratch")
    seen = [shipped.table(by="scratch", noise=np.random.default_rng(seed)) for seed in (0, 0, 1)]
    first = next(iter(truth.evaluations))
    assert seen[0].evaluations == seen[1].evaluations != seen[2].evaluations
    names = shipped.scratch.groupby("architecture")[["accuracy", "spikes"]].mean()
    known = [truth.evaluations[shipped.space.parse(str(name))] for name in names.index]
    assert np.corrcoef([one.spikes for one in known], names["spikes"])[0, 1] > 0.8
    apart = [seen[2].evaluations[one].spikes / truth.evaluations[one].spikes for one in truth.evaluations]
    spread = shipped.scratch.groupby("architecture")["spikes"].agg(lambda two: np.log(two).var()).mean() ** 0.5
    assert np.std(np.log(apart)) == pytest.approx(spread, rel=0.1)
    assert truth.evaluations[first]["parameters"] == shipped.paths["parameters"][0]


@pytest.mark.parametrize(
    ("ask", "complaint"),
    [
        (lambda one: analysis.tabular("cifar"), "digits_16"),
        (lambda one: one.table(by="path"), "paths"),
        (lambda one: one.table(noise=np.random.default_rng(0)), "have none"),
    ],
)
def test_what_is_not_there_is_refused(shipped, ask, complaint):
    with pytest.raises(InvalidInputError, match=complaint):
        ask(shipped)


def made_up() -> Table:
    """Four architectures whose front is known: b and c; a is b's accuracy at more spikes, d is dead."""
    space = asr.SearchSpace.from_dict({**analysis.tabular().space.to_dict(), "choices": ["skip", "scb_k3"]})
    values = [(0.9, 900.0), (0.9, 500.0), (0.5, 100.0), (0.1, 100.0)]
    found = [Evaluation.measured(accuracy=a, spikes=s) for a, s in values]
    known = dict(zip(space.enumerate(), [*found, *[found[3]] * 28], strict=True))
    return Table(space, Goal.of(Maximize("accuracy")), known)


def test_regret_and_hypervolume_are_those_of_what_was_found():
    table = made_up()
    frame = analysis.race({"given": in_order(table)}, table, seeds=1, at=(1, 2, 3, 4))
    np.testing.assert_allclose(frame["regret"], 0)
    # The corner lies a tenth of the front's width beyond it: 540 spikes, 46 %.
    whole = (540 - 500) * (0.9 - 0.46) + (500 - 100) * (0.5 - 0.46)
    np.testing.assert_allclose(frame["hypervolume"], [0, (540 - 500) * (0.9 - 0.46) / whole, 1, 1])


def test_what_is_seen_decides_the_choice_and_what_is_true_its_worth():
    table = made_up()
    flipped = {
        one: Evaluation.measured(accuracy=1 - e.accuracy, spikes=e.spikes) for one, e in table.evaluations.items()
    }
    seen = Table(table.space, table.goal, flipped)
    frame = analysis.race({"given": in_order(table)}, table, seen=lambda seed: seen, seeds=2, at=(1, 3, 4))
    np.testing.assert_allclose(frame[frame["seed"] == 1]["regret"], [0, 0.4, 0.8])


def test_regret_counts_from_the_best_that_keeps_the_constraints():
    table = made_up()
    bounded = Table(
        table.space, Goal((Maximize("accuracy"),), (Constraint("spikes", at_most=200.0),)), table.evaluations
    )
    frame = analysis.race({"given": in_order(table)}, bounded, seeds=1, at=(1, 3))
    np.testing.assert_allclose(frame["regret"], [0.5 - 0.9, 0])


def in_order(table: Table):
    return ALGORITHMS["given"](architectures=tuple("/".join(one) for one in list(table.evaluations)[:4]))


def test_evolution_beats_chance_in_a_paired_test_and_repeats_itself(shipped):
    racers = {"autosnn": AutoSNN(), "random": RandomSearch()}
    frame = analysis.race(racers, shipped.table(), seeds=8, at=(50, 200))
    pd.testing.assert_frame_equal(frame, analysis.race(racers, shipped.table(), seeds=8, at=(50, 200)))
    found = analysis.contest(frame, ("autosnn", 200), ("random", 200))
    assert found.difference == pytest.approx(found.first - found.second)
    assert found.difference < 0
    assert found.p < 0.05
    assert analysis.contest(frame, ("random", 50), ("random", 50)).p == 1
    table = analysis.race_table(frame, at=(50, 200))
    assert list(table.index) == ["autosnn", "random"]
    with pytest.raises(InvalidInputError, match="autosnn"):
        analysis.contest(frame, ("nobody", 200), ("random", 200))
    with pytest.raises(InvalidInputError, match="rising"):
        analysis.race(racers, shipped.table(), seeds=1, at=(200, 50))


def test_two_objectives_have_a_front(shipped):
    two = Goal((Maximize("accuracy"), Minimize("spikes")))
    frame = analysis.race({"nsga2": ALGORITHMS["nsga2"]()}, shipped.table(two), seeds=2, at=(400,))
    assert (frame["hypervolume"] > 0.95).all()
    assert (frame["hypervolume"] <= 1).all()


def test_a_race_by_command_line(capsys, tmp_path):
    options = ("--algorithm", "autosnn", "--algorithm", "random", "--seeds", 3, "--candidates", 60)
    said = ok(capsys, "race", *options, "--save", tmp_path)
    assert "autosnn" in said
    assert "Wilcoxon" in said
    assert (tmp_path / "race.png").exists()
    assert len(pd.read_csv(tmp_path / "race.csv")) == 2 * 3 * len([at for at in analysis.AT if at <= 60])
    found = json.loads(ok(capsys, "race", *options, "--by", "scratch", "--goal", "front", "--format", "json"))
    assert {row["algorithm"] for row in found["race"]} == {"autosnn", "random"}
    assert "hypervolume_60" in found["race"][0]
    assert "genetic" in refused(capsys, "race", "--algorithm", "genetic")
    assert "fitness" in refused(capsys, "race", "--goal", "spikes")
