"""The whole job of a recipe: train a supernet, search it, retrain what was found, look once at the test samples."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.cluster.slots import slots
from autosnn_ray.cluster.train import train_on_ray
from autosnn_ray.data import load_dataset
from autosnn_ray.errors import InvalidInputError, RunExistsError
from autosnn_ray.evaluators import SupernetPath
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import JOURNAL_FILE
from autosnn_ray.objectives import DEFAULT_EXPONENT, Goal, SpikeAwareFitness
from autosnn_ray.own_packages import search_spaces
from autosnn_ray.problem import Problem
from autosnn_ray.profiles import EnergyModel
from autosnn_ray.progress import is_shown
from autosnn_ray.recipes import Recipe, load
from autosnn_ray.runs.executors import Executor, OpenExecutor, default_executor
from autosnn_ray.runs.run import Reproduction, Run
from autosnn_ray.runs.search import search
from autosnn_ray.spiking.neurons import NeuronSettings
from autosnn_ray.studies.retraining import retrain
from autosnn_ray.studies.watch import Bars, Silent, Watch
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
    executor: Executor | OpenExecutor | None = None,
    watch: Watch | None = None,
    progress: bool | None = None,
) -> Reproduction:
    """Runs a recipe from its data to its table; the same call goes on where it was cut off.

    Args:
        recipe: Its name, a TOML file, or what ``autosnn_ray.recipes.load`` gave.
        path: Where everything is kept: ``supernet``, ``search``, ``retrained``.
        scale: Share of the recipe's epochs and candidates, above 0, at most 1.
        seed: What every random draw comes from.
        data: Further arguments of ``load_dataset``: ``folder``, ``size``, ``train_samples`` and the like.
        energy_model: Energy of the operations; the field's 45 nm figures where None.
        executor: Where candidates are evaluated and networks trained; Ray started on this machine where None.
        watch: Who is told how it goes on, in place of bars.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        The reproduction; ``frame()`` has our numbers beside those of the paper.

    Raises:
        InvalidInputError: A scale, a recipe or an entry of it that is not what is needed, or data that are missing.
        RunExistsError: The folder holds something else.
    """
    recipe = (recipe if isinstance(recipe, Recipe) else load(recipe)).scaled(scale)
    path, executor = Path(path), executor or default_executor()
    watch = watch or (Bars() if is_shown(progress) else Silent())
    problem = _problem(recipe, seed, data or {})
    trainings = [_settings(recipe.supernet), _settings(recipe.retrain)]  # refuses bad ones before anything is done
    for architecture in recipe.retrain.get("architectures", []):
        problem.space.parse(architecture)
    _begin(path, {"recipe": recipe.to_dict(), "scale": scale, "seed": seed, "data": problem.data.describe()})
    found: list[str] = []
    goal = None
    with executor.open(problem.data.size_bytes) as opened:
        if recipe.supernet is not None and recipe.search is not None:
            stage = _Stage(problem, opened, seed, watch)
            sampling = str(recipe.supernet.get("sampling", "strict"))
            supernet = stage.supernet(path / "supernet", trainings[0], sampling)
            run, goal = stage.search(path / "search", recipe.search, supernet)
            found = [str(name) for name in run.best(int(recipe.search.get("top", 1)))["architecture"]]
        with watch.retraining() as on_run:
            retrain(
                problem,
                list(dict.fromkeys([*found, *recipe.retrain.get("architectures", [])])),
                path=path / "retrained",
                seeds=int(recipe.retrain.get("seeds", 1)),
                settings=trainings[1],
                goal=goal,
                energy_model=energy_model,
                seed=seed,
                executor=opened,
                on_run=on_run,
                progress=False,
            )
    return Reproduction(path)


def _problem(recipe: Recipe, seed: int, data: Mapping[str, Any]) -> Problem:
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


@dataclass(frozen=True)
class _Stage:
    """Trains and searches a problem."""

    problem: Problem
    executor: OpenExecutor
    seed: int
    watch: Watch

    def supernet(self, folder: Path, settings: TrainSettings, sampling: str) -> Supernet:
        if (folder / DESCRIPTION).exists():
            return Supernet.load(folder)
        train: Callable[..., Supernet] = partial(train_supernet, say=self.watch.noted)
        if self.executor.to_dict().get("gpus"):
            slots(1, 1)  # refuses where there is none; Ray Train would wait for one
            train = partial(train_on_ray, workers=1, gpus=True)
        with self.watch.training() as on_step:
            supernet = train(
                self.problem,
                seed=self.seed,
                settings=settings,
                sampling=sampling,
                folder=folder,
                on_step=on_step,
                progress=False,
            )
        self.watch.trained(supernet)
        return Supernet.load(folder)  # knows its folder: nobody copies it

    def search(self, folder: Path, settings: Mapping[str, Any], supernet: Supernet) -> tuple[Run, Goal]:
        reference = float(settings.get("reference_spikes", supernet.reference_spikes))
        goal = Goal((SpikeAwareFitness(reference, float(settings.get("exponent", DEFAULT_EXPONENT))),))
        with self.watch.searching(int(settings["candidates"]), goal) as on_result:
            run = search(
                self.problem,
                SupernetPath(supernet),
                path=folder,
                algorithm=make_algorithm(str(settings.get("algorithm", "autosnn")), seed=self.seed),
                objectives=goal,
                candidates=int(settings["candidates"]),
                resume=(folder / JOURNAL_FILE).exists(),
                executor=self.executor,
                on_result=on_result,
                progress=False,
            )
        self.watch.searched(run)
        return run, goal
