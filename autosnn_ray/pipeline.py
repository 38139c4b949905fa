"""The whole job of a recipe: train a supernet, search it, retrain what was found, look once at the test samples."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import search_spaces
from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.cluster.resources import Resources
from autosnn_ray.cluster.retrain import retrain
from autosnn_ray.cluster.search import search
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.cluster.train import train_on_ray
from autosnn_ray.cluster.watch import Silent, Watch
from autosnn_ray.data import load_dataset
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import InvalidInputError, RunExistsError
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import JOURNAL_FILE
from autosnn_ray.objectives import DEFAULT_EXPONENT, SpikeAwareFitness
from autosnn_ray.profiles import EnergyModel
from autosnn_ray.recipes import Recipe, load
from autosnn_ray.run import Reproduction, Run
from autosnn_ray.spiking.neurons import NeuronSettings
from autosnn_ray.training import Supernet, TrainSettings, train_supernet
from autosnn_ray.training.checkpoint import DESCRIPTION

REPRODUCTION_FILE = "reproduction.json"
"""What a reproduction was started with: recipe as scaled, scale, seed, data set."""


def reproduce(
    recipe: str | Path | Recipe,
    *,
    path: str | Path,
    scale: float = 1.0,
    seed: int = 0,
    data: Mapping[str, Any] | None = None,
    energy_model: EnergyModel | None = None,
    address: str | None = None,
    num_cpus: int | None = None,
    watch: Watch | None = None,
    **per_candidate: Any,
) -> Reproduction:
    """Runs a recipe from its data to its table; the same call goes on where it was cut off.

    Args:
        recipe: Its name, a TOML file, or what ``autosnn_ray.recipes.load`` gave.
        path: Where everything is kept: ``supernet``, ``search``, ``retrained``.
        scale: Share of the recipe's epochs and candidates, above 0, at most 1.
        seed: What every random draw comes from.
        data: Further arguments of ``load_dataset``: ``folder``, ``size``, ``train_samples`` and the like.
        energy_model: Energy of the operations; the field's 45 nm figures where None.
        address: Address of a Ray cluster; None starts Ray on this machine.
        num_cpus: CPUs of the Ray that is started; all where None.
        watch: Who is told how it goes on.
        per_candidate: Resources of a candidate and of a training, as ``search`` takes them.

    Returns:
        The reproduction; ``frame()`` has our numbers beside those of the paper.

    Raises:
        InvalidInputError: A scale, a recipe or an entry of it that is not what is needed, or data that are missing.
        RunExistsError: The folder holds something else.
    """
    recipe = (recipe if isinstance(recipe, Recipe) else load(recipe)).scaled(scale)
    path, watch = Path(path), watch or Silent()
    given: dict[str, Any] = {**recipe.data, **(data or {})}
    name = str(given.pop("name"))
    if given.get("size") is not None:
        given["size"] = tuple(given["size"])
    space = search_spaces.load(recipe.network["space"], stem=recipe.network.get("stem"))
    if space.stem == "event":
        given.setdefault("frames", recipe.network["timesteps"])
    samples = load_dataset(name, seed=seed, **given)
    space = replace(space, in_channels=samples.in_channels, input_size=samples.input_size)
    space.check_sizes()
    neuron = NeuronSettings(**recipe.network.get("neuron", {}))
    trainings = [_settings(recipe.supernet), _settings(recipe.retrain)]  # refuses bad ones before anything is done
    for architecture in recipe.retrain.get("architectures", []):
        space.parse(architecture)
    _begin(path, {"recipe": recipe.to_dict(), "scale": scale, "seed": seed, "data": samples.describe()})
    supernet = Supernet.untrained(space, samples.describe(), timesteps=recipe.network["timesteps"], neuron=neuron)
    with ray_session(address, num_cpus):
        found: list[str] = []
        objective: dict[str, Any] = {}
        if recipe.supernet is not None and recipe.search is not None:
            sampling = str(recipe.supernet.get("sampling", "strict"))
            on_gpu = bool(per_candidate.get("gpus_per_candidate"))
            supernet = _supernet(path / "supernet", supernet, samples, trainings[0], sampling, seed, watch, on_gpu)
            run, objective = _search(path / "search", recipe.search, supernet, samples, seed, watch, per_candidate)
            found = [str(name) for name in run.best(int(recipe.search.get("top", 1)))["architecture"]]
        with watch.retraining() as on_run:
            retrain(
                supernet,
                samples,
                list(dict.fromkeys([*found, *recipe.retrain.get("architectures", [])])),
                path=path / "retrained",
                seeds=int(recipe.retrain.get("seeds", 1)),
                settings=trainings[1],
                energy_model=energy_model,
                seed=seed,
                on_run=on_run,
                **objective,
                **per_candidate,
            )
    return Reproduction(path)


def _settings(table: Mapping[str, Any] | None) -> TrainSettings:
    known = TrainSettings().to_dict()
    return TrainSettings(**{key: value for key, value in (table or {}).items() if key in known})


def _begin(path: Path, started: dict[str, Any]) -> None:
    """Writes what the reproduction is, or sees that the folder holds the same one."""
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


def _supernet(
    folder: Path,
    plan: Supernet,
    data: Dataset,
    settings: TrainSettings,
    sampling: str,
    seed: int,
    watch: Watch,
    on_gpu: bool,
) -> Supernet:
    if (folder / DESCRIPTION).exists():
        return Supernet.load(folder)
    train: Callable[..., Supernet] = train_supernet
    if on_gpu:
        Resources(gpus=1).slots()  # refuses where there is none; Ray Train would wait for one
        train = partial(train_on_ray, workers=1, gpus=True)
    with watch.training() as on_step:
        supernet = train(
            plan.space,
            data,
            seed=seed,
            timesteps=plan.timesteps,
            neuron=plan.neuron,
            settings=settings,
            sampling=sampling,
            folder=folder,
            on_step=on_step,
        )
    watch.trained(supernet)
    return Supernet.load(folder)  # knows its folder: nobody copies it


def _search(
    folder: Path,
    settings: Mapping[str, Any],
    supernet: Supernet,
    data: Dataset,
    seed: int,
    watch: Watch,
    per_candidate: Mapping[str, Any],
) -> tuple[Run, dict[str, Any]]:
    objective: dict[str, Any] = {
        "exponent": float(settings.get("exponent", DEFAULT_EXPONENT)),
        "reference_spikes": float(settings.get("reference_spikes", supernet.reference_spikes)),
    }
    fitness = SpikeAwareFitness(objective["reference_spikes"], objective["exponent"])
    with watch.searching(int(settings["candidates"]), fitness) as on_told:
        run = search(
            supernet,
            data,
            path=folder,
            algorithm=make_algorithm(str(settings.get("algorithm", "autosnn")), seed=seed),
            candidates=int(settings["candidates"]),
            resume=(folder / JOURNAL_FILE).exists(),
            on_told=on_told,
            **objective,
            **per_candidate,
        )
    watch.searched(run)
    return run, objective
