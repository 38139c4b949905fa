"""Architectures that are given, or a sample, each list evaluated as a run of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import Algorithm, Given, OnResult
from autosnn_ray.evaluators import Evaluator, as_evaluator
from autosnn_ray.journal import JOURNAL_FILE, read_journal
from autosnn_ray.objectives import Goal
from autosnn_ray.problem import Problem
from autosnn_ray.runs.executors import Executor, OpenExecutor, default_executor
from autosnn_ray.runs.measuring import Named, find_measures
from autosnn_ray.runs.plan import Plan, default_goal
from autosnn_ray.runs.prepared import conduct, opened
from autosnn_ray.runs.run import Run
from autosnn_ray.space import format_architecture


@dataclass(frozen=True)
class Batch:
    """Architectures to be evaluated, as one run.

    Attributes:
        problem: Space, data, T and neurons.
        evaluator: What evaluates, as ``search`` takes it.
        path: The run's folder; what is there is used again, and more candidates of the same algorithm extend it.
        algorithm: What proposes them.
        candidates: How many.
        goal: What the run's frame is ordered by; what the evaluator measures where None.
        on_result: Is called with every candidate and its outcome.
        measures: What is measured of each besides, as ``search`` takes it.
    """

    problem: Problem
    evaluator: str | Evaluator | Callable[..., Any]
    path: Path
    algorithm: Algorithm
    candidates: int
    goal: Goal | None = None
    on_result: OnResult | None = None
    measures: tuple[Named, ...] = ()

    @classmethod
    def of(
        cls,
        problem: Problem,
        evaluator: str | Evaluator | Callable[..., Any],
        architectures: Sequence[str | Sequence[str]],
        *,
        path: str | Path,
        repetitions: int = 1,
        goal: Goal | None = None,
        on_result: OnResult | None = None,
        measures: tuple[Named, ...] = (),
    ) -> Batch:
        """Takes a list of architectures, each to be evaluated so many times."""
        names = tuple(format_architecture(problem.space.parse(one)) for one in architectures)
        given = Given(architectures=names, repetitions=repetitions)
        count = len(names) * repetitions
        return cls(problem, evaluator, Path(path), given, count, goal, on_result, measures)


def evaluate_all(batches: Sequence[Batch], *, executor: Executor | OpenExecutor | None = None) -> list[Run]:
    """Evaluates given architectures, each list as a run of its own, all by the same processes.

    Args:
        batches: What is evaluated by what, and where it is kept.
        executor: Where; Ray started on this machine where None.

    Returns:
        The runs, in the order of the batches. What is there already is not evaluated again.

    Raises:
        InvalidInputError: A value is not what is needed.
        RunExistsError: Another process is at work in one of the folders.
        JournalError: A folder holds another run.
        SearchInterruptedError: It was stopped; the same call goes on.
    """
    executor = executor or default_executor()
    with ExitStack() as stack:
        prepared = []
        for batch in batches:
            evaluator, before = as_evaluator(batch.evaluator), _candidates_before(batch.path)
            plan = Plan(
                problem=batch.problem,
                evaluator=evaluator,
                algorithm=batch.algorithm,
                candidates=max(batch.candidates, before),  # a sample grows, it never shrinks
                goal=batch.goal or default_goal(evaluator),
                measures=find_measures(batch.measures),
            )
            prepared.append(
                stack.enter_context(
                    opened(plan, batch.path, executor, resume=before > 0, may_extend=True, on_result=batch.on_result)
                )
            )
        conduct(prepared, executor, again="the same command, or call, goes on")
    return [Run(one.folder) for one in prepared]


def _candidates_before(folder: Path) -> int:
    """Returns how many candidates a run was asked for before; 0 where there is none."""
    if not (folder / JOURNAL_FILE).exists():
        return 0
    return int(read_journal(folder).config.get("candidates", 0))
