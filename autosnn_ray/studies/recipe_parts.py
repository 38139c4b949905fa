"""What a recipe's job begins with: its problem, its settings, and a folder that holds this job and no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autosnn_ray.data import load_dataset
from autosnn_ray.errors import InvalidInputError, RunExistsError
from autosnn_ray.files import write_atomically
from autosnn_ray.own_packages import search_spaces
from autosnn_ray.problem import Problem
from autosnn_ray.recipes import Recipe
from autosnn_ray.spiking.neurons import NeuronSettings
from autosnn_ray.training import TrainSettings

REPRODUCTION_FILE = "reproduction.json"
"""What a reproduction was started with: recipe as scaled, scale, seed, data set."""


def problem_of(recipe: Recipe, seed: int, data: Mapping[str, Any]) -> Problem:
    """Loads a recipe's space and data.

    Args:
        recipe: The recipe.
        seed: What the data's splits are drawn from.
        data: Arguments of ``load_dataset`` in place of the recipe's, ``name`` among them.

    Raises:
        InvalidInputError: An entry is not what is needed, or data are missing.
    """
    given: dict[str, Any] = {**recipe.data, **data}
    name = str(given.pop("name"))
    if given.get("size") is not None:
        given["size"] = tuple(given["size"])
    space = search_spaces.load(recipe.network["space"], stem=recipe.network.get("stem"))
    if space.stem == "event":
        given.setdefault("frames", recipe.network["timesteps"])
    samples = load_dataset(name, seed=seed, **given)
    neuron = NeuronSettings(**recipe.network.get("neuron", {}))
    return Problem(space, samples, recipe.network["timesteps"], neuron)


def settings_of(table: Mapping[str, Any] | None) -> TrainSettings:
    """Makes the settings of a training of a recipe's table; the defaults for what it leaves out."""
    known = TrainSettings().to_dict()
    return TrainSettings(**{key: value for key, value in (table or {}).items() if key in known})


def begin(path: Path, started: dict[str, Any]) -> None:
    """Writes what the reproduction is, or sees that the folder holds the same one.

    Raises:
        RunExistsError: It holds another, or something else.
        InvalidInputError: What is there is damaged.
    """
    file, plain = path / REPRODUCTION_FILE, json.loads(json.dumps(started))
    if not file.exists():
        if path.exists() and any(path.iterdir()):
            raise RunExistsError(f"{path}: holds something else than a reproduction; give another folder")
        write_atomically(file, f"{json.dumps(plain, indent=2)}\n".encode())
        return
    try:
        before = json.loads(file.read_text(encoding="utf-8"))
        differing = [key for key in plain if before.get(key) != plain[key]]
    except (OSError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"{file}: expected what a reproduction was started with: {error}") from error
    if differing:
        raise RunExistsError(
            f"{path}: holds another reproduction (other {', '.join(differing)}); give another folder, or the same "
            "options"
        )
