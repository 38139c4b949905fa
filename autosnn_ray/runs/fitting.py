"""Fits the predictor that a run is searched by, in the run's folder: the search is noted there before it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autosnn_ray.errors import JournalError, RunExistsError, SearchInterruptedError
from autosnn_ray.evaluators import Evaluator, Predictor
from autosnn_ray.journal import JOURNAL_FILE, locked, read_journal
from autosnn_ray.journal.differences import differences
from autosnn_ray.problem import Problem
from autosnn_ray.runs.executors import Executor, OpenExecutor
from autosnn_ray.runs.noted import has_begun, note_search, noted_search
from autosnn_ray.runs.plan import Plan
from autosnn_ray.runs.predictor import SAMPLE, check_sample, fit_predictor, short_epochs
from autosnn_ray.runs.reuse import Runs, refuse_before_fitting
from autosnn_ray.storage.run_folder import RunFolder, open_run_folder
from autosnn_ray.storage.supernets import keep_supernet
from autosnn_ray.training.supernet import Supernet


def fit_for_run(
    problem: Problem,
    supernet: Supernet | None,
    planned: Callable[[Evaluator], Plan],
    *,
    path: str | Path,
    storage: str | Path | None = None,
    resume: bool = False,
    reuse: Runs | None = None,
    sample: int = SAMPLE,
    epochs: int | None = None,
    executor: Executor | OpenExecutor,
    progress: bool | None = None,
    on_start: Callable[[int, int], None] | None = None,
    several: bool = False,
) -> Predictor:
    """Fits the predictor that a run is searched by, in the run's folder, unless the search would be refused.

    Args:
        problem: What is searched.
        supernet: As in ``fit_predictor``.
        planned: Makes the search's plan of an evaluator.
        path: The run's folder.
        storage: As in ``search``.
        resume: As in ``search``.
        reuse: As in ``search``.
        sample: As in ``fit_predictor``.
        epochs: As in ``fit_predictor``.
        executor: Where.
        progress: Whether to show a bar.
        on_start: Is called before the first training, once ``resume`` could go on, with how many architectures are
            trained, and for how many epochs.
        several: Whether the folder is one of several searches, which is none that could be resumed.

    Raises:
        InvalidInputError: The search would be refused, whatever the sample teaches.
        RunExistsError: The folder holds a run, and ``resume`` was not asked for, or another process is at work in it.
        JournalError: The sample there is another search's.
        SearchInterruptedError: It was stopped; the search can be resumed.
    """
    sample, epochs = min(sample, problem.space.size), short_epochs(problem) if epochs is None else epochs
    check_sample(sample)
    plan = planned(Unfitted(supernet=supernet))
    plan.start()
    executor.check(plan.evaluator, plan.goal)
    refuse_before_fitting(reuse, plan)
    with open_run_folder(path, storage, is_new=not resume) as home:
        if not several:
            _refuse_other(home.path, plan, sample, epochs, resume=resume)
        return fit_noted(
            home, plan, sample, epochs, executor=executor, progress=progress, on_start=on_start, several=several
        )


def fit_noted(
    home: RunFolder,
    plan: Plan,
    sample: int,
    epochs: int,
    *,
    executor: Executor | OpenExecutor,
    progress: bool | None,
    on_start: Callable[[int, int], None] | None = None,
    several: bool = False,
) -> Predictor:
    """Notes in a run's folder what the search will be, and fits the predictor that it is searched by."""
    try:
        home.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(f"{home.path}: cannot be written: {error.strerror or error}") from error
    with locked(home.path):
        if not (several or has_begun(home.path)):
            config = plan.config() | {"executor": executor.to_dict(), "sample": sample, "sample_epochs": epochs}
            if kept := keep_supernet(plan.evaluator.weights, home.path, inside=home.copy is not None):
                config["evaluator"]["supernet"] |= kept
            note_search(home.path, config)
        if on_start is not None:
            on_start(sample, epochs)
        former = home.path / "survey"  # as folders of older versions call it
        try:
            return fit_predictor(
                plan.problem,
                plan.evaluator.weights,
                path=former if former.is_dir() else home.path / "predictor",
                sample=sample,
                epochs=epochs,
                executor=executor,
                progress=progress,
            )
        except SearchInterruptedError as error:
            if several:
                raise
            raise SearchInterruptedError(
                f"the search in {home.path} was stopped while its sample was trained; nothing is lost: "
                f"{home.command('resume')}"
            ) from error


def _refuse_other(folder: Path, plan: Plan, sample: int, epochs: int, *, resume: bool) -> None:
    """Refuses, before anything is trained, a run that is there, or what could not go on as this search."""
    begun, noted = _config_begun(folder), noted_search(folder)
    if begun and not resume:
        raise RunExistsError(f"{folder}: already holds a run; resume it (autosnn-ray resume), or give another folder")
    if begun and begun.get("evaluator", {}).get("name") == plan.evaluator.name:
        begun = {**begun, "evaluator": plan.config()["evaluator"]}  # what was fitted is compared once it is known here
    if resume and (begun or noted):
        plan.refuse_other(folder, begun or noted or {}, may_extend=False)
    now = {**plan.config(), "sample": sample, "sample_epochs": epochs}
    differing = differences(noted, now, ("problem", "sample_epochs", *(["sample"] if resume else []))) if noted else []
    if differing:
        raise JournalError(
            f"{folder}: holds the sample of another search: {'; '.join(differing)}. `autosnn-ray resume` goes on with "
            "that; a search of its own needs another folder"
        )


def _config_begun(folder: Path) -> Mapping[str, Any]:
    """Returns what the search in a folder was started with; nothing where none has begun."""
    return read_journal(folder).config if (folder / JOURNAL_FILE).is_file() else {}


class Unfitted(Predictor):
    """Refuses what a predictor would, before there is one."""

    def __post_init__(self) -> None:
        """Needs nothing that was fitted."""

    def check(self, problem: Problem) -> None:
        """Fits every problem."""
