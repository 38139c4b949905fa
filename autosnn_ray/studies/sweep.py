"""What each price of a spike finds: one search an exponent, each candidate evaluated once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import Algorithm
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluators import Evaluator, as_evaluator
from autosnn_ray.journal import JOURNAL_FILE
from autosnn_ray.objectives import Constraint, SpikeAwareFitness
from autosnn_ray.problem import Problem
from autosnn_ray.runs.executors import Executor, OpenExecutor, default_executor
from autosnn_ray.runs.fitting import fit_for_run
from autosnn_ray.runs.measuring import Named
from autosnn_ray.runs.plan import default_goal
from autosnn_ray.runs.run import Run
from autosnn_ray.runs.search import plan_search, search
from autosnn_ray.runs.swept import folder_of

EXPONENTS = (0.0, -0.08, -0.16, -0.24)
"""Those of the paper (Na et al., ICML 2022)."""


def sweep_exponents(
    problem: Problem,
    evaluator: str | Evaluator | Callable[..., Any] | None = None,
    *,
    path: str | Path,
    exponents: Sequence[float] = EXPONENTS,
    algorithm: Algorithm | None = None,
    constraints: Sequence[Constraint] = (),
    measures: Sequence[Named] = (),
    candidates: int = 400,
    executor: Executor | OpenExecutor | None = None,
    progress: bool | None = None,
) -> dict[float, Run]:
    """Searches once for each exponent of the fitness; what one search has evaluated, those after it do not.

    Each search proposes what it would propose alone. The same call goes on where one was stopped.

    Args:
        problem: Space, data, T and neurons.
        evaluator: As ``search`` takes it. Where None a predictor is fitted first, once for all exponents, and kept in
            ``predictor`` in the folder.
        path: Folder for the runs, one below it for each exponent.
        exponents: Each 0 or negative, none twice.
        algorithm: How candidates are proposed; AutoSNN's evolution where None.
        constraints: Bounds that a candidate must keep.
        measures: What is measured besides.
        candidates: How many each search proposes.
        executor: Where candidates are evaluated; Ray started on this machine where None.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        The runs by exponent, in the order given; ``sweep_table`` puts them side by side.

    Raises:
        InvalidInputError: No exponent, or one twice, or what ``search`` refuses.
        JournalError: A folder holds another run.
        SearchInterruptedError: It was stopped; the same call goes on.
    """
    if not exponents or len(set(exponents)) < len(exponents):
        raise InvalidInputError(f"exponents: expected at least one, each once, got {list(exponents)!r}")
    for exponent in exponents:
        SpikeAwareFitness(None, exponent)  # refuses bad ones at once
    found: dict[float, Run] = {}
    how: dict[str, Any] = {
        "algorithm": algorithm, "constraints": constraints, "measures": measures, "candidates": candidates
    }  # fmt: skip
    with (executor or default_executor()).open(problem.data.size_bytes) as opened:
        if evaluator is None:
            planned = partial(plan_search, problem, **how)
            evaluator = fit_for_run(
                problem, None, planned, path=path, resume=True, executor=opened, progress=progress, several=True
            )
        evaluator = as_evaluator(evaluator)
        for exponent in exponents:
            folder = folder_of(path, exponent)
            found[exponent] = search(
                problem,
                evaluator,
                path=folder,
                objectives=default_goal(evaluator, exponent),
                reuse=list(found.values()),
                resume=(folder / JOURNAL_FILE).exists(),
                executor=opened,
                progress=progress,
                **how,
            )
    return found
