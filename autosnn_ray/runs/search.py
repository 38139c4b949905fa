"""A search: what the user calls, and what carries a plan out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import Algorithm, AutoSNN, OnResult
from autosnn_ray.evaluators import Evaluator, as_evaluator
from autosnn_ray.objectives import Constraint, Goal, Objective
from autosnn_ray.problem import Problem
from autosnn_ray.progress import search_bar
from autosnn_ray.runs.executors import Executor, OpenExecutor, default_executor
from autosnn_ray.runs.fitting import fit_for_run
from autosnn_ray.runs.measuring import Named, find_measures, named_objective
from autosnn_ray.runs.plan import Plan, default_goal
from autosnn_ray.runs.prepared import conduct, opened
from autosnn_ray.runs.reuse import Runs, earlier_evaluations
from autosnn_ray.runs.run import Run
from autosnn_ray.runs.warm_start import architectures_of


def search(
    problem: Problem,
    evaluator: str | Evaluator | Callable[..., Any] | None = None,
    *,
    path: str | Path,
    algorithm: Algorithm | None = None,
    objectives: Goal | str | Objective | Sequence[str | Objective] | None = None,
    constraints: Sequence[Constraint] = (),
    measures: Iterable[Named] = (),
    reuse: Runs | None = None,
    candidates: int = 400,
    begin_with: Any = None,
    resume: bool = False,
    executor: Executor | OpenExecutor | None = None,
    storage: str | Path | None = None,
    on_result: OnResult | None = None,
    progress: bool | None = None,
) -> Run:
    """Searches a problem for architectures that reach a goal.

    Args:
        problem: Space, data, T and neurons.
        evaluator: What a candidate is worth: settings such as ``SupernetPath(supernet)`` or
            ``TrainFromScratch(epochs=4)``, the name of one that needs no more, or a function of problem and
            architecture. Where None, a predictor: 80 architectures are trained from scratch for two epochs, and all
            others predicted from them (``fit_predictor``). A supernet is saved into the run's folder unless it was
            loaded from one.
        path: The run's folder; its journal is the run.
        algorithm: How candidates are proposed; AutoSNN's evolution where None.
        objectives: One or several: names of ``MEASURES``, each in its own direction, ``fitness``, or settings such as
            ``Maximize("accuracy")``; AutoSNN's spike-aware fitness where None.
        constraints: Bounds that a candidate must keep to be feasible. On what is known beforehand, such as
            ``parameters``, they keep candidates from being proposed.
        measures: Names of ``MEASURES``, or ``Measured(…)`` and ``Known(…)`` of your own, to stand in the frame too.
            What objectives and constraints name is measured anyway.
        reuse: Earlier runs of the same problem and evaluator: what they evaluated is taken, and not evaluated again.
        candidates: How many to evaluate; the search ends earlier when the space is used up.
        begin_with: What is evaluated before anything that the algorithm proposes, and learned from: architectures, a
            ``Run`` or its folder (its ten best), or a frame; of another problem too, whose slots have the same choices.
        resume: Go on with the run in the folder, which must be of the same search; see also ``resume``.
        executor: Where candidates are evaluated: ``Local()``, in this process, or ``Ray(…)``; Ray started on this
            machine where None.
        storage: Folder that outlives this machine, below which ``path`` is, such as a network file system; or a URL
            that fsspec knows, such as ``s3://bucket/runs``: the run's folder is then ``path``, and is copied there.
        on_result: Is called with every candidate and its outcome; when resuming, first with those in the journal.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        The run; ``frame()`` gives one row a candidate.

    Raises:
        InvalidInputError: A value is not what is needed.
        RunExistsError: The folder or the URL holds a run and ``resume`` was not asked for, or another process is at
            work in it.
        JournalError: The journal is damaged, of another search, or cannot be written.
        SearchInterruptedError: The search was stopped; it can be resumed.
        AutoSNNError: The URL cannot be reached at the beginning or the end.

    Example:
        >>> import tempfile, search_spaces
        >>> from autosnn_ray.data import load_dataset
        >>> from autosnn_ray.runs.executors import Local
        >>> problem = Problem(search_spaces.load("digits_16"), load_dataset("digits"))
        >>> def short_is_good(problem, architecture):
        ...     return {"accuracy": architecture.count("skip") / 5, "spikes": 1000.0}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run = search(problem, short_is_good, path=f"{folder}/run", candidates=60, executor=Local())
        ...     len(run.frame())
        60
    """
    executor = executor or default_executor()
    where: dict[str, Any] = {"path": path, "storage": storage, "resume": resume}
    planned = partial(
        plan_search,
        problem,
        algorithm=algorithm,
        objectives=objectives,
        constraints=constraints,
        measures=measures,
        candidates=candidates,
        begin_with=begin_with,
    )
    with ExitStack() as stack:
        if evaluator is None:
            executor = stack.enter_context(executor.open(problem.data.size_bytes))  # sample and search by the same
            how: dict[str, Any] = {"reuse": reuse, "executor": executor, "progress": progress, **where}
            evaluator = fit_for_run(problem, None, planned, **how)
        return carry_out(
            planned(evaluator), reuse=reuse, executor=executor, on_result=on_result, progress=progress, **where
        )


def carry_out(
    plan: Plan,
    *,
    path: str | Path,
    reuse: Runs | None = None,
    resume: bool = False,
    executor: Executor | OpenExecutor,
    storage: str | Path | None = None,
    on_result: OnResult | None = None,
    progress: bool | None = None,
) -> Run:
    """Searches as a plan says; the arguments are those of ``search``."""
    earlier = earlier_evaluations(reuse, plan)
    with (
        search_bar("search", plan.candidates, plan.goal, progress=progress, then=on_result) as told,
        opened(plan, path, executor, resume=resume, storage=storage, on_result=told, earlier=earlier) as prepared,
    ):
        conduct([prepared], executor)
    return Run(prepared.folder)


def plan_search(
    problem: Problem,
    evaluator: str | Evaluator | Callable[..., Any],
    *,
    algorithm: Algorithm | None = None,
    objectives: Goal | str | Objective | Sequence[str | Objective] | None = None,
    constraints: Sequence[Constraint] = (),
    measures: Iterable[Named] = (),
    candidates: int = 400,
    begin_with: Any = None,
    finalists: int | None = None,
) -> Plan:
    """Makes the plan of what ``search`` is given, and of what the command line ends it with, and does nothing of it.

    Raises:
        InvalidInputError: A value is not what is needed.
    """
    evaluator = as_evaluator(evaluator)
    return Plan(
        problem=problem,
        evaluator=evaluator,
        algorithm=algorithm or AutoSNN(),
        candidates=candidates,
        goal=_goal(evaluator, objectives, constraints),
        begin_with=architectures_of(begin_with, problem.space),
        measures=find_measures(measures),
        finalists=finalists,
    )


def _goal(
    evaluator: Evaluator,
    objectives: Goal | str | Objective | Sequence[str | Objective] | None,
    constraints: Sequence[Constraint],
) -> Goal:
    default = default_goal(evaluator)
    if objectives is None:
        return Goal(default.objectives, tuple(constraints))
    if isinstance(objectives, Goal):
        return Goal.of(objectives, constraints)
    several = objectives if isinstance(objectives, Sequence) and not isinstance(objectives, str) else [objectives]
    named = [named_objective(one, default.objectives[0]) if isinstance(one, str) else one for one in several]
    return Goal(tuple(named), tuple(constraints))
