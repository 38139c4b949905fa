"""The problem of a run, found again from what its journal says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autosnn_ray.data import DATASETS, load_described
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.own_code import own_code_of
from autosnn_ray.plugins import every
from autosnn_ray.problem import Problem
from autosnn_ray.space import SearchSpace
from autosnn_ray.spiking.neurons import NeuronSettings


def problem_of(path: Path, config: Mapping[str, Any], data: Dataset | str | Path | None = None) -> Problem:
    """Reads a run's problem, and loads its data again.

    Args:
        path: The run's folder.
        config: What the run was started with.
        data: The data set, or where its file or folder is now, where it is not found again by what the run says.

    Raises:
        InvalidInputError: The data are missing, or others than those the run was started with.
        KeyError: The configuration lacks an entry.
    """
    with own_code_of(config):
        return _problem_of(path, config["problem"], data)


def _problem_of(path: Path, about: Mapping[str, Any], data: Dataset | str | Path | None) -> Problem:
    found = data if isinstance(data, Dataset) else _load(path, about["data"], data)
    expected = str(about["data"]["checksum"])
    if found.checksum != expected:
        raise InvalidInputError(
            f"data: expected {about['data']['name']!r}, seed {about['data']['seed']}, as when {path} was started "
            f"(SHA-256 {expected}), got {found.name!r} with other samples or another split ({found.checksum})"
        )
    space = SearchSpace.from_dict(about["space"], source=f"{path}: journal")
    return Problem(space, found, int(about["timesteps"]), NeuronSettings.from_dict(about["neuron"]))


def _load(path: Path, about: Mapping[str, Any], moved_to: str | Path | None) -> Dataset:
    name = str(about["name"])
    if moved_to is None and name not in every(DATASETS) and not Path(name).exists():
        raise InvalidInputError(
            f"data: the run in {path} searched {name!r}, which is not there; say where it is: --data PATH, or "
            f"autosnn_ray.resume({str(path)!r}, data=…)"
        )
    return load_described(about, moved_to)
