"""Recipes: each is whole, its published parameters are those of our networks, and nonsense is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

import search_spaces
from autosnn_ray.algorithms import ALGORITHMS
from autosnn_ray.data import DATASETS
from autosnn_ray.data.augmentation import find_augmentation
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.recipes import MEASURES, STATUSES, Recipe, load, names
from autosnn_ray.space import SearchSpace
from autosnn_ray.space.additive import FEWEST
from autosnn_ray.spiking import NeuronSettings, SpikingNetwork, count_parameters
from autosnn_ray.training import PATH_SAMPLERS, TrainSettings

FRAMES = {
    "digits": (1, 8, 8, 10),
    "fashion_mnist": (1, 16, 16, 10),
    "cifar10": (3, 32, 32, 10),
    "cifar100": (3, 32, 32, 100),
    "svhn": (3, 32, 32, 10),
    "tiny_imagenet": (3, 64, 64, 200),
    "cifar10_dvs": (2, 128, 128, 10),
    "dvs128_gesture": (2, 128, 128, 11),
}
"""Channels, height, width, classes of each data set that a recipe names."""
OURS = {"quickstart", "fashion_mnist", "design_choices"}
"""Recipes beside those of the paper's tables: no parameters of theirs are published."""
everyone = pytest.mark.parametrize("name", names())


@everyone
def test_every_entry_of_every_recipe_is_understood(name):
    recipe = load(name)
    assert recipe.name == name
    assert recipe.data["name"] in DATASETS
    find_augmentation(recipe.data.get("augmentation", "none"))
    NeuronSettings(**recipe.network.get("neuron", {}))
    for table in (recipe.supernet, recipe.retrain):
        given = {key: value for key, value in (table or {}).items() if key in TrainSettings().to_dict()}
        assert TrainSettings(**given).epochs == given.get("epochs", TrainSettings().epochs)
    if recipe.search is not None:
        assert recipe.search["algorithm"] in ALGORITHMS
        if recipe.predictor is None:
            assert recipe.supernet["sampling"] in PATH_SAMPLERS
    assert Recipe.from_dict(recipe.to_dict()) == recipe


@everyone
def test_published_parameters_are_those_of_our_networks(name):
    recipe = load(name)
    channels, height, width, classes = FRAMES[recipe.data["name"]]
    entries = search_spaces.load(recipe.network["space"]).to_dict()
    space = SearchSpace.from_dict({**entries, "stem": recipe.network.get("stem", entries["stem"])})
    parameters = [one.value for one in recipe.published if one.measure == "parameters"]
    assert len(parameters) == (0 if name in OURS else 1)
    for architecture in recipe.retrain["architectures"]:
        with torch.device("meta"):
            network = SpikingNetwork(
                replace(space, in_channels=channels, input_size=(height, width)),
                classes=classes,
                timesteps=recipe.network["timesteps"],
                architecture=architecture,
            )
        assert parameters in ([], [count_parameters(network)])


def test_every_row_of_the_papers_experiments_has_a_recipe():
    rows = {f"cifar10_{row}" for row in ("exponent_0", "exponent_016", "exponent_024", "random_0", "random_008")}
    rows |= {f"{data}_autosnn_{c}" for data in ("cifar10", "cifar100", "tiny_imagenet") for c in (16, 32, 64, 128)}
    rows |= {f"{data}_autosnn_{c}" for data in ("cifar10_dvs", "dvs128_gesture") for c in (16, 32, 64, 128)}
    rows |= {"svhn_autosnn_16", "cifar10_without_spikes"}
    assert set(names()) == rows | OURS
    for name in rows:
        for one in load(name).published:
            assert one.measure in MEASURES
            assert one.status in STATUSES


@pytest.mark.parametrize("scale", [0.0, -0.5, 1.5, math.nan, math.inf])
def test_scales_that_are_no_share_are_refused(scale):
    with pytest.raises(InvalidInputError, match="scale: expected a share above 0 and at most 1"):
        load("quickstart").scaled(scale)


def test_a_scale_shrinks_epochs_and_candidates_and_nothing_else():
    whole, small = load("cifar10_autosnn_16"), load("cifar10_autosnn_16").scaled(0.001)
    assert (small.supernet["epochs"], small.search["candidates"], small.retrain["epochs"]) == (1, 1, 1)
    back = replace(
        small,
        supernet={**small.supernet, "epochs": 600},
        search={**small.search, "candidates": 400},
        retrain={**small.retrain, "epochs": 600},
    )
    assert back == whole
    assert whole.scaled(1) == whole


def test_a_scale_shrinks_a_predictors_sample_to_what_one_can_be_fitted_on():
    whole = load("quickstart")
    assert whole.scaled(0.5).predictor == {"sample": 40, "epochs": 1}
    assert whole.scaled(0.001).predictor == {"sample": FEWEST, "epochs": 1}
    # What is too little stays so: it is refused when the recipe is run.
    assert replace(whole, predictor={"sample": 3, "epochs": 0}).scaled(0.5).predictor == {"sample": 3, "epochs": 0}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": 1}, "key 'colour': expected no such key"),
        ({"data": 3}, "key 'data': expected a table, got 3"),
        ({"data": {"name": 3}}, "key 'data.name': expected str, got 3"),
        ({"data": {}}, "key 'data.name' is missing"),
        ({"network": {"space": "digits_16"}}, "key 'network.timesteps' is missing"),
        ({"retrain": {"epochs": True, "architectures": []}}, "key 'retrain.epochs': expected int, got True"),
        ({"predictor": {"epochs": 3}}, "key 'predictor.sample' is missing"),
        ({"retrain": {"epoch": 3}}, "key 'retrain.epoch': expected one of: epochs"),
        ({"search": None}, "key 'search': expected a table, got None"),
        ({"published": 3}, "key 'published': expected a list of tables, got 3"),
        (
            {"published": [{"measure": "x", "value": 1, "status": "stated"}]},
            r"'published\[0\].measure': expected one of",
        ),
        ({"name": 3}, "key 'name': expected a text"),
        ({"designs": {"blocks": "scb_k3"}}, "key 'designs.blocks': expected list, got 'scb_k3'"),
        ({"designs": {"blocks": ["scb_k3"]}}, "key 'designs': expected nothing that is searched beside it"),
    ],
)
def test_a_bad_recipe_is_refused_with_its_key(change, said):
    with pytest.raises(InvalidInputError, match=said):
        Recipe.from_dict({**load("quickstart").to_dict(), **change})


def test_tables_that_belong_together_are_missed():
    entries = load("quickstart").to_dict()
    for missing in ("data", "network", "retrain", "search", "predictor"):
        with pytest.raises(InvalidInputError, match=r"missing|one of supernet and predictor"):
            Recipe.from_dict({key: value for key, value in entries.items() if key != missing})
    with pytest.raises(InvalidInputError, match="got supernet, predictor, search"):
        Recipe.from_dict({**entries, "supernet": {"epochs": 40}})
    del entries["search"], entries["predictor"]
    entries["retrain"] = {"epochs": 1}
    with pytest.raises(InvalidInputError, match="expected some where nothing is searched"):
        Recipe.from_dict(entries)


def test_unknown_recipes_and_files_that_are_none(tmp_path):
    with pytest.raises(InvalidInputError, match=r"unknown recipe 'cifar'; expected one of: cifar100_autosnn_128"):
        load("cifar")
    (tmp_path / "mine.toml").write_text("name = ")
    with pytest.raises(InvalidInputError, match="expected TOML"):
        load(tmp_path / "mine.toml")
    with pytest.raises(InvalidInputError, match="can be read"):
        load(tmp_path / "none.toml")
