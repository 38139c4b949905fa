"""A recipe's whole job: train what a search believes, search, retrain what was found, look once at the test samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import make_algorithm
from autosnn_ray.cluster.slots import slots
from autosnn_ray.cluster.train import train_on_ray
from autosnn_ray.evaluators import Evaluator, Predictor, SupernetPath, TrainFromScratch
from autosnn_ray.journal import JOURNAL_FILE
from autosnn_ray.objectives import DEFAULT_EXPONENT, Goal, SpikeAwareFitness
from autosnn_ray.problem import Problem
from autosnn_ray.profiles import EnergyModel
from autosnn_ray.progress import is_shown
from autosnn_ray.recipes import Recipe, load
from autosnn_ray.runs.executors import Executor, OpenExecutor, default_executor
from autosnn_ray.runs.predictor import PREDICTOR_SEED, check_sample, fit_predictor
from autosnn_ray.runs.run import Reproduction, Run
from autosnn_ray.runs.search import search
from autosnn_ray.studies.design_choices import compare_designs
from autosnn_ray.studies.recipe_parts import begin, problem_of, settings_of
from autosnn_ray.studies.retraining import retrain
from autosnn_ray.studies.watch import Bars, Silent, Watch
from autosnn_ray.training import Supernet, TrainSettings, train_supernet
from autosnn_ray.training.checkpoint import DESCRIPTION


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
        path: Where everything is kept: ``supernet`` or ``predictor``, ``search``, ``retrained``; or ``designs``.
        scale: Share of the recipe's epochs, candidates and sample, above 0, at most 1.
        seed: What every random draw comes from.
        data: Further arguments of ``load_dataset``: ``folder``, ``size``, ``train_samples`` and the like; ``name``
            takes other data than the recipe's.
        energy_model: Energy of the operations; the field's 45 nm figures where None.
        executor: Where candidates are evaluated and networks trained; Ray started on this machine where None.
        watch: Who is told how it goes on, in place of bars.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        The reproduction; ``frame()`` has our numbers beside those of the paper. Of design choices, which a recipe with
        a table ``[designs]`` compares, a ``DesignChoices``.

    Raises:
        InvalidInputError: A scale, a recipe or an entry of it that is not what is needed, or data that are missing.
        RunExistsError: The folder holds something else.
    """
    recipe = (recipe if isinstance(recipe, Recipe) else load(recipe)).scaled(scale)
    path, executor = Path(path), executor or default_executor()
    watch = watch or (Bars() if is_shown(progress) else Silent())
    problem = problem_of(recipe, seed, data or {})
    trainings = [settings_of(recipe.supernet), settings_of(recipe.retrain)]  # refuses bad ones before anything is done
    if recipe.predictor is not None:
        check_sample(int(recipe.predictor["sample"]))
        TrainFromScratch(epochs=int(recipe.predictor["epochs"]))
    started = {"recipe": recipe.to_dict(), "scale": scale, "seed": seed, "data": problem.data.describe()}
    if recipe.designs is not None:
        return compare_designs(recipe, problem, path=path, started=started, executor=executor, watch=watch)
    for architecture in recipe.retrain.get("architectures", []):
        problem.space.parse(architecture)
    begin(path, started)
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
        with watch.retraining(searched=recipe.search is not None) as on_run:
            retrain(
                problem,
                # Those by hand, often the largest, come first: a long training that begins last is waited for.
                list(dict.fromkeys([*recipe.retrain.get("architectures", []), *found])),
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
        with self.watch.sampling() as on_run:
            predictor = fit_predictor(
                self.problem,
                path=folder,
                sample=int(settings["sample"]),
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
