"""Holds evaluators against a ground truth: the same architectures, evaluated cheaply and trained from scratch.

Everything is a run of its own, with a journal: what was cut off goes on, and what is there is used again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluators import Evaluator, Predictor, TrainFromScratch, as_evaluator
from autosnn_ray.problem import Problem
from autosnn_ray.progress import OnRun, run_bar
from autosnn_ray.runs.batches import evaluate_all
from autosnn_ray.runs.executors import Executor, OpenExecutor
from autosnn_ray.runs.sample import LONG_EPOCHS, balanced_sample

GROUND_TRUTH = "ground_truth"
"""Folder of the runs that are the ground truth; ``truth`` in older studies."""


def fidelity(
    problem: Problem,
    evaluators: Sequence[str | Evaluator],
    *,
    path: str | Path,
    sample: int = 40,
    seeds: int = 2,
    epochs: int = LONG_EPOCHS,
    ground_truth: str | Path | None = None,
    seed: int = 0,
    executor: Executor | OpenExecutor | None = None,
    on_run: OnRun | None = None,
    progress: bool | None = None,
) -> Path:
    """Evaluates a balanced sample of architectures by each evaluator, and trains them from scratch with several seeds.

    Args:
        problem: Whose architectures are ranked.
        evaluators: What is held against the ground truth: settings, or names of those that need none.
        path: Where the runs are kept: ``ground_truth/seed_0`` … and ``evaluators/…``.
        sample: Architectures; each choice of each slot occurs equally often among them.
        seeds: Trainings of each architecture; at least two, or nothing says how far two seeds agree.
        epochs: Length of each of those trainings, passes over the training split.
        ground_truth: Folder of one that is already there, of the same problem; made in ``path`` where None.
        seed: What the sample is drawn from.
        executor: Where; Ray started on this machine where None.
        on_run: Is called with every run that begins.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        ``path``; ``analysis.read_rankings`` reads it.

    Raises:
        InvalidInputError: Fewer than five architectures, or fewer than two seeds.
        JournalError: What is there was made with other settings.
    """
    if sample < 5:
        raise InvalidInputError(f"sample: expected at least 5 architectures to rank, got {sample}")
    if seeds < 2:
        raise InvalidInputError(f"seeds: expected at least 2, or nothing says how far two of them agree, got {seeds}")
    path = Path(path)
    home = ground_truth_folder(path) if ground_truth is None else Path(ground_truth)
    runs: list[tuple[Path, Evaluator, str]] = [
        (home / f"seed_{number}", TrainFromScratch(epochs=epochs, seed=number), f"ground truth, seed {number}")
        for number in range(seeds)
    ]
    for given in evaluators:
        evaluator = as_evaluator(given)
        runs.append((path / "evaluators" / folder_name(evaluator), evaluator, evaluator.name))
    with run_bar(progress=progress, then=on_run) as told:
        batches = [
            balanced_sample(problem, evaluator, folder, title, sample=sample, seed=seed, on_run=told)
            for folder, evaluator, title in runs
        ]
        evaluate_all(batches, executor=executor)
    return path


def ground_truth_folder(study: Path) -> Path:
    """Returns where a study's ground truth is, or shall be: an older one has it under another name."""
    older = study / "truth"
    return older if older.is_dir() else study / GROUND_TRUTH


def folder_name(evaluator: Evaluator) -> str:
    """Returns a name for the run of an evaluator: its own, and the settings that are not its defaults.

    Example:
        >>> folder_name(TrainFromScratch(epochs=8, seed=1))
        'scratch,epochs=8,seed=1'
    """
    if isinstance(evaluator, Predictor):
        return f"{evaluator.name},fitted={evaluator.digest}"
    defaults = {field.name: field.default for field in fields(evaluator)}
    given = dict(evaluator.to_dict()["settings"])
    training = given.pop("training", None) or {}
    settings = [
        *(f"{name}={json.dumps(value)}" for name, value in given.items() if value != defaults.get(name)),
        *(f"{name}={json.dumps(value)}" for name, value in sorted(training.items())),
    ]
    return ",".join([evaluator.to_dict()["name"], *settings])
