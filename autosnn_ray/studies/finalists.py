"""Finalists: the first of a predicted order, trained from scratch: the best of them is then measured, not believed."""

from __future__ import annotations

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.objectives import Goal
from autosnn_ray.problem import Problem
from autosnn_ray.progress import OnRun, run_bar
from autosnn_ray.runs.executors import Executor, OpenExecutor
from autosnn_ray.runs.run import Run
from autosnn_ray.shown import epochs_text
from autosnn_ray.studies.halving import Finalist, placed
from autosnn_ray.studies.trainings import train_each

FINALISTS = "finalists"
"""Folder of the trainings in a search's folder."""

COUNT, EPOCHS = 5, 8
"""The first of a predicted order is often not the best of the first five: docs/ranking.md has the figures."""


def train_finalists(
    problem: Problem,
    run: Run,
    *,
    count: int = COUNT,
    epochs: int = EPOCHS,
    executor: Executor | OpenExecutor | None = None,
    on_run: OnRun | None = None,
    progress: bool | None = None,
) -> list[Finalist]:
    """Trains the best of a search from scratch, each once, and orders them by what they reach.

    A search that predicts puts first what nobody has trained; this trains it, and the next few. Each training is a run
    of its own under ``finalists/`` in the search's folder, and is used again: after a search was extended, only those
    are trained that were not among the best before.

    Args:
        problem: What was searched; only training and validation samples are used.
        run: The search.
        count: How many of its best.
        epochs: Length of each training, passes over the training split.
        executor: Where; Ray started on this machine where None.
        on_run: Is called with every run that begins.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        The finalists, the fittest first; one whose training failed is left out.

    Raises:
        InvalidInputError: A search without any evaluated candidate.
        JournalError: What is there was trained otherwise.
    """
    best = run.best(count)
    if best.empty:
        raise InvalidInputError(f"{run.path}: no candidate has been evaluated: there is nothing to train")
    goal = Goal.from_dict(run.config()["goal"])
    names = list(dict.fromkeys(map(str, best["architecture"])))  # a run may hold repetitions
    home = run.path / FINALISTS / f"epochs_{epochs}"
    with run_bar(progress=progress, then=on_run) as told:
        on_result = told(f"the best {len(names)}, {epochs_text(epochs)}", len(names)) if told else None
        evaluated = train_each(
            problem, names, epochs=epochs, goal=goal, home=home, executor=executor, on_result=on_result
        )
    return placed(0, evaluated, goal, 1)
