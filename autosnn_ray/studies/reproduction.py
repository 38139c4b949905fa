"""A recipe's whole job: train what a search believes, search, retrain what was found, look once at the test samples."""

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
from autosnn_ray.evaluators import Evaluator, Predictor, SupernetPath, TrainFromScratch
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import JOURNAL_FILE
from autosnn_ray.objectives import DEFAULT_EXPONENT, Goal, SpikeAwareFitness
from autosnn_ray.own_packages import search_spaces
from autosnn_ray.problem import Problem
from autosnn_ray.profiles import EnergyModel
from autosnn_ray.progress import is_shown
from autosnn_ray.recipes import Recipe, load
from autosnn_ray.runs.executors import Executor, OpenExecutor, default_executor
from autosnn_ray.runs.predictor import PREDICTOR_SEED, check_sample, fit_predictor
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
        path: Where everything is kept: ``supernet`` or ``predictor``, ``search``, ``retrained``.
        scale: Share of the recipe's epochs, candidates and sample, above 0, at most 1.
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
    if recipe.predictor is not None:
        check_sample(int(recipe.predictor["sample"]))
        TrainFromScratch(epochs=int(recipe.predictor["epochs"]))
    for architecture in recipe.retrain.get("architectures", []):
        problem.space.parse(architecture)
    _begin(path, {"recipe": recipe.to_dict(), "scale": scale, "seed": seed, "data": problem.data.describe()})
    found: list[str] = []
    goal = None
    with executor.open(problem.data.size_bytes) as opened:
        if recipe.search is not None:
            stage = _Stage(problem, opened, seed, watch)
            evaluator: Evaluator
            if recipe.predictor is not None:
                evaluator = stage.predictor(path / "predictor", recipe.predictor)
            else:
                sampling = str((recipe.supernet or {}).get("sampling", "strict"))
                evaluator = SupernetPath(stage.supernet(path / "supernet", trainings[0], sampling))
            run, goal = stage.search(path / "search", recipe.search, evaluator)
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
    """Trains what a search believes, and searches a problem."""

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

    def predictor(self, folder: Path, settings: Mapping[str, Any]) -> Predictor:
        sample = min(int(settings["sample"]), self.problem.space.size)
        with self.watch.sampling() as on_run:
            predictor = fit_predictor(
                self.problem,
                path=folder,
                sample=sample,
                epochs=int(settings["epochs"]),
                seed=PREDICTOR_SEED + self.seed,
                executor=self.executor,
                on_run=on_run,
                progress=False,
            )
        self.watch.fitted(predictor)
        return predictor

    def search(self, folder: Path, settings: Mapping[str, Any], evaluator: Evaluator) -> tuple[Run, Goal]:
        measured = None if evaluator.weights is None else evaluator.weights.reference_spikes
        stated = settings.get("reference_spikes")
        exponent = float(settings.get("exponent", DEFAULT_EXPONENT))
        goal = Goal((SpikeAwareFitness(measured if stated is None else float(stated), exponent),))
        with self.watch.searching(int(settings["candidates"]), goal) as on_result:
            run = search(
                self.problem,
                evaluator,
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
