"""Finalists: the first of a predicted order, trained from scratch: the best of them is then measured, not believed."""

from __future__ import annotations

from collections.abc import Iterable

from autosnn_ray.checks import check_whole
from autosnn_ray.journal.folders import FINALISTS
from autosnn_ray.problem import Problem
from autosnn_ray.progress import OnRun, run_bar
from autosnn_ray.runs.executors import Executor, OpenExecutor
from autosnn_ray.runs.lengths import epochs_for
from autosnn_ray.runs.measuring import Named
from autosnn_ray.runs.run import Run
from autosnn_ray.shown import epochs_text
from autosnn_ray.studies.placed import Finalist, placed
from autosnn_ray.studies.trainings import Trainings, best_names

COUNT, EPOCHS = 5, 8
"""The first of a predicted order is often not the best of the first five: docs/ranking.md has the figures."""


def train_finalists(
    problem: Problem,
    run: Run,
    *,
    count: int = COUNT,
    epochs: int | None = None,
    measures: Iterable[Named] = (),
    executor: Executor | OpenExecutor | None = None,
    on_run: OnRun | None = None,
    progress: bool | None = None,
) -> list[Finalist]:
    """Trains the best of a search from scratch, each once, and orders them by what they reach.

    They are ordered by what the search aimed at, an accuracy in place of an evaluator's score.
    A search that predicts puts first what nobody has trained; this trains it, and the next few. Each training is a run
    of its own under ``finalists/`` in the search's folder, and is used again: after a search was extended, only those
    are trained that were not among the best before.

    Args:
        problem: What was searched; only training and validation samples are used.
        run: The search.
        count: How many of its best.
        epochs: Length of each training, passes over the training split; where None eight, or more where few samples
            make few steps.
        measures: Measures of your own that the search aimed at, where they are not registered.
        executor: Where; Ray started on this machine where None.
        on_run: Is called with every run that begins.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        The finalists, the fittest first; one whose training failed is left out.

    Raises:
        InvalidInputError: A search without any evaluated candidate, of another problem, or for what no training finds.
        JournalError: What is there was trained otherwise.
    """
    check_whole("count", count)
    epochs = finalist_epochs(problem) if epochs is None else epochs
    names = best_names(run, count)
    trainings = Trainings.of(problem, run, measures=measures)
    home = run.path / FINALISTS / f"epochs_{epochs}"
    with run_bar(progress=progress, then=on_run) as told:
        on_result = told(f"the best {len(names)}, {epochs_text(epochs)}", len(names)) if told else None
        evaluated = trainings.train_each(names, epochs=epochs, home=home, executor=executor, on_result=on_result)
    return placed(0, evaluated, trainings.goal, 1)


def finalist_epochs(problem: Problem) -> int:
    """Returns how long finalists are trained unless told otherwise."""
    return epochs_for(problem, EPOCHS)
