"""Some of a search's architectures trained from scratch, each in a folder of its own, where it is used again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from autosnn_ray.algorithms import OnResult
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators import TrainFromScratch
from autosnn_ray.journal import read_journal
from autosnn_ray.measures import MEASURES, Measured
from autosnn_ray.objectives import Goal
from autosnn_ray.problem import Problem
from autosnn_ray.runs.batches import Batch, evaluate_all
from autosnn_ray.runs.executors import Executor, OpenExecutor
from autosnn_ray.space import Architecture


def train_each(
    problem: Problem,
    names: Sequence[str],
    *,
    epochs: int,
    goal: Goal,
    home: Path,
    seeds: int = 1,
    executor: Executor | OpenExecutor | None = None,
    on_result: OnResult | None = None,
) -> Mapping[Architecture, tuple[Evaluation, ...]]:
    """Trains architectures from scratch, and returns what each reached on validation samples, once for each seed.

    Args:
        problem: What was searched.
        names: Architectures, each once, as written.
        epochs: Length of each training, passes over the training split.
        goal: Names what is to be measured.
        home: What is trained for so long, with so many seeds: each has a run below.
        seeds: Trainings of each.
        executor: Where; Ray started on this machine where None.
        on_result: Is called after every training.

    Raises:
        JournalError: What is there was trained otherwise.
    """
    taken = tuple(name for name in goal.measures if isinstance(MEASURES.get(name), Measured))
    batches = [
        Batch.of(
            problem,
            TrainFromScratch(epochs=epochs),
            [name],
            path=home / name.replace("/", "+"),
            repetitions=seeds,
            on_result=on_result,
            measures=taken,
        )
        for name in names
    ]
    runs = evaluate_all(batches, executor=executor)
    return {key: found for one in runs for key, found in read_journal(one.path).evaluations.items()}
