"""Going on with a search from what its folder holds, at whatever moment it was cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import Algorithm, OnResult
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import JournalError
from autosnn_ray.evaluators import Evaluator
from autosnn_ray.journal import Journal
from autosnn_ray.progress import search_bar
from autosnn_ray.runs.executors import Executor, OpenExecutor, executor_from_dict
from autosnn_ray.runs.fitting import Unfitted, fit_noted
from autosnn_ray.runs.measuring import Named
from autosnn_ray.runs.noted import noted_search
from autosnn_ray.runs.plan import Plan, plan_of
from autosnn_ray.runs.prepared import conduct, resumed
from autosnn_ray.runs.reuse import Runs, earlier_evaluations
from autosnn_ray.runs.run import Run
from autosnn_ray.runs.search import carry_out
from autosnn_ray.storage.run_folder import RunFolder, open_run_folder
from autosnn_ray.storage.supernets import open_supernet


def resume(
    path: str | Path,
    *,
    candidates: int | None = None,
    supernet: str | Path | None = None,
    data: Dataset | str | Path | None = None,
    evaluator: Evaluator | Callable[..., Any] | None = None,
    measures: Iterable[Named] = (),
    reuse: Runs | None = None,
    algorithm: Algorithm | None = None,
    executor: Executor | OpenExecutor | None = None,
    storage: str | Path | None = None,
    on_result: OnResult | None = None,
    progress: bool | None = None,
) -> Run:
    """Goes on with a run from what its folder holds, and extends it where more candidates are asked for.

    Where it was cut off while its predictor's sample was trained, that is gone on with first.

    Candidates that were asked and not told are evaluated again under the same index. An extended run of a
    generational algorithm (or of random search) ends as one that was asked for the larger number from the start;
    a steady-state one breeds, after the pause, from results that would otherwise still have been on their way.

    Args:
        path: The run's folder.
        candidates: How many to evaluate in all; as many as before where None.
        supernet: Folder of the supernet, where it is no longer where it was.
        data: The data set, or where its file or folder is now, where it is not found again.
        evaluator: The evaluator, where it is none of ``EVALUATORS``.
        measures: Measures of your own that the run takes, where they are none of ``MEASURES``.
        reuse: Earlier runs, as in ``search``.
        algorithm: The algorithm, where it is none of ``ALGORITHMS``; its settings must be those of before.
        executor: Where candidates are evaluated; as before where None.
        storage: As in ``search``. From a URL, what it holds and ``path`` does not is fetched first.
        on_result: Is called with every candidate and its outcome, first with those in the journal.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        The run.

    Raises:
        InvalidInputError: A value is not what is needed.
        RunExistsError: Another process is at work in the folder.
        JournalError: No run, a damaged journal, or one of another version of the algorithm.
        CheckpointError: The supernet is missing, damaged, or not the one the run was started with.
        SearchInterruptedError: The search was stopped; it can be resumed again.
        AutoSNNError: The URL cannot be reached at the beginning or the end.
    """
    moved: dict[str, Any] = {"data": data, "measures": measures, "algorithm": algorithm, "candidates": candidates}
    where: dict[str, Any] = {"reuse": reuse, "on_result": on_result, "progress": progress}
    with ExitStack() as stack:
        with open_run_folder(path, storage) as folder:
            noted = noted_search(folder.path)
            if noted is None:
                _go_on(folder, executor, supernet=supernet, evaluator=evaluator, **where, **moved)
                return Run(folder.path)
            wanted = executor or executor_from_dict(noted["executor"])
            plan, ready = _fitted(stack, folder, noted, wanted, supernet, progress, **moved)
        carry_out(plan, path=path, executor=ready, storage=storage, **where)
    return Run(folder.path)


def _go_on(
    folder: RunFolder,
    executor: Executor | OpenExecutor | None,
    *,
    reuse: Runs | None,
    on_result: OnResult | None,
    progress: bool | None,
    **moved: Any,
) -> None:
    with Journal.append_to(folder.path) as journal:
        config = journal.contents.config
        if not config:
            raise JournalError(
                f"{folder.path}: the search was ended before it had begun; there is nothing to go on with. "
                "Start it as before: the folder counts as new"
            )
        plan = plan_of(folder.path, config, **moved)
        executor = executor or executor_from_dict(config.get("executor", {}))
        with search_bar("resume", plan.candidates, plan.goal, progress=progress, then=on_result) as told:
            conduct([resumed(folder, journal, plan, executor, told, earlier_evaluations(reuse, plan))], executor)


def _fitted(
    stack: ExitStack,
    folder: RunFolder,
    noted: Mapping[str, Any],
    executor: Executor | OpenExecutor,
    supernet: str | Path | None,
    progress: bool | None,
    **moved: Any,
) -> tuple[Plan, OpenExecutor]:
    """Goes on with the sample of a search that has not begun; returns its plan, and the processes, which stay open."""
    unfitted = Unfitted(supernet=open_supernet(folder.path, noted, supernet))
    plan = plan_of(folder.path, noted, evaluator=unfitted, **moved)
    ready = stack.enter_context(executor.open(plan.problem.data.size_bytes))  # sample and search by the same
    how: dict[str, Any] = {"executor": ready, "progress": progress}
    return replace(plan, evaluator=fit_noted(folder, plan, noted["sample"], noted["sample_epochs"], **how)), ready
