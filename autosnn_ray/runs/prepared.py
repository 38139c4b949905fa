"""A run that is open for work: its folder, its journal, and the algorithm brought to where the journal ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import AskTell, OnResult, replay
from autosnn_ray.errors import SearchInterruptedError
from autosnn_ray.evaluators.task import Task
from autosnn_ray.journal import Journal
from autosnn_ray.loop import Earlier, SearchLoop
from autosnn_ray.runs.executors import Executor, OpenExecutor
from autosnn_ray.runs.noted import noted_search
from autosnn_ray.runs.plan import Plan
from autosnn_ray.storage.run_folder import RunFolder, open_run_folder
from autosnn_ray.storage.supernets import keep_supernet
from autosnn_ray.versions import versions


@dataclass(frozen=True)
class Prepared:
    """A run that is open for work.

    Attributes:
        folder: Its folder.
        again: The command that goes on with it.
        journal: Its journal; this process alone writes.
        plan: What decides its result.
        state: The algorithm.
        loop: Gives candidates away and takes what comes of them.
        task: What they are evaluated by.
    """

    folder: Path
    again: str
    journal: Journal
    plan: Plan
    state: AskTell
    loop: SearchLoop
    task: Task


@contextmanager
def opened(
    plan: Plan,
    path: str | Path,
    executor: Executor | OpenExecutor,
    *,
    resume: bool = False,
    may_extend: bool = False,
    storage: str | Path | None = None,
    on_result: OnResult | None = None,
    earlier: Earlier | None = None,
) -> Iterator[Prepared]:
    """Opens a new run, or one that is to go on as this plan.

    Args:
        plan: What decides the run's result.
        path: The run's folder.
        executor: Where candidates will be evaluated.
        resume: Whether to go on with the run in the folder.
        may_extend: Whether a run that goes on may become one of more candidates.
        storage: As in ``search``.
        on_result: Is called with every candidate and its outcome.
        earlier: Evaluations of earlier runs.

    Raises:
        RunExistsError: The folder holds a run and ``resume`` was not asked for, or another process is at work in it.
        JournalError: The journal is damaged, of another search, or cannot be written.
    """
    executor.check(plan.evaluator, plan.goal)
    state = plan.start()  # refuses what the algorithm refuses, before anything is written
    with (
        open_run_folder(path, storage, is_new=not resume) as folder,
        # One that was cut off while its predictor's sample was trained has no journal yet.
        (Journal.append_to if resume and noted_search(folder.path) is None else Journal.create)(folder.path) as journal,
    ):
        if journal.contents.events:
            plan.refuse_other(folder.path, journal.contents.config, may_extend=may_extend)
            yield resumed(folder, journal, plan, executor, on_result, earlier)
        else:
            kept = keep_supernet(plan.evaluator.weights, folder.path, inside=folder.copy is not None)
            config = plan.config() | {"executor": executor.to_dict()}
            if kept:
                config["evaluator"]["supernet"] |= kept
            journal.write("start", config=config)
            yield _prepared(folder, journal, plan, state, executor, on_result, earlier)


def resumed(
    folder: RunFolder,
    journal: Journal,
    plan: Plan,
    executor: Executor | OpenExecutor,
    on_result: OnResult | None,
    earlier: Earlier | None = None,
) -> Prepared:
    """Brings the algorithm to where the journal ends, and notes that the run goes on or is extended."""
    executor.check(plan.evaluator, plan.goal)
    # The run may have been begun without a copy behind a URL, its supernet in a folder of this machine.
    kept = keep_supernet(plan.evaluator.weights, folder.path, inside=folder.copy is not None)
    state = plan.start()
    replay(state, journal.contents.events, folder.watched(on_result))
    before = journal.contents.config
    event = {"versions": versions(plan.algorithm.packages), "moved": _moved(before, plan, kept)}
    if plan.candidates > before["candidates"]:
        journal.write("extend", candidates=plan.candidates, **event)
    elif not journal.stopped:
        journal.write("resume", **event)
    return _prepared(folder, journal, plan, state, executor, on_result, earlier)


def _moved(before: Mapping[str, Any], plan: Plan, kept: Mapping[str, str]) -> dict[str, Any]:
    """Returns where supernet and data are now, where that is not what the journal says."""
    moved: dict[str, Any] = {}
    if kept and any(before["evaluator"]["supernet"].get(key) != value for key, value in kept.items()):
        moved["supernet"] = dict(kept)
    data = plan.problem.data.describe()
    places = {key: data[key] for key in ("name", "options")}
    if any(before["problem"]["data"].get(key) != value for key, value in places.items()):
        moved["data"] = places
    return moved


def _prepared(
    folder: RunFolder,
    journal: Journal,
    plan: Plan,
    state: AskTell,
    executor: Executor | OpenExecutor,
    on_result: OnResult | None,
    earlier: Earlier | None,
) -> Prepared:
    # Where a time limit ends processes, or trainings are cut short, each candidate is evaluated by itself.
    about = executor.to_dict()
    together = 1 if about.get("seconds") or about.get("asha") else plan.algorithm.together(plan.problem.space)
    loop = SearchLoop(state, journal, folder.watched(on_result), together, earlier, plan.goal)
    task = Task.of(plan.problem, plan.evaluator, folder.path, plan.taken)
    return Prepared(folder.path, folder.command("resume"), journal, plan, state, loop, task)


def conduct(prepared: Sequence[Prepared], executor: Executor | OpenExecutor, again: str = "") -> None:
    """Evaluates until every run is at its end: the one loop behind a new run, a resumed one and an extended one.

    Args:
        prepared: The runs.
        executor: Where.
        again: What goes on with a run that was stopped; where empty, it is a search of its own, which is resumed.

    Raises:
        SearchInterruptedError: It was stopped; each run can be resumed.
        AutoSNNError: What ended a run from within, such as a full disk.
    """
    for one in prepared:
        one.loop.reuse()  # where earlier runs hold all of it, nothing is started
    unfinished = [one for one in prepared if not one.state.done]
    if unfinished:
        size = sum(one.task.size_bytes for one in unfinished)
        # An interrupt is said below, when what is finished has its end.
        with executor.open(size) as ready, contextlib.suppress(KeyboardInterrupt):
            ready.run([(one.loop, one.task) for one in unfinished])
    for one in prepared:
        if one.state.done and one.loop.error is None and not one.journal.stopped:
            part = "the feasible part of the space" if one.state.restricted else "the space"
            reason = f"{part} is used up" if one.state.exhausted else "all candidates are evaluated"
            one.journal.write("stop", reason=reason)
    for error in (one.loop.error for one in unfinished):  # why one ended, before that others were not gone on with
        if error is not None:
            raise error
    for one in unfinished:
        if not one.state.done:
            raise SearchInterruptedError(
                f"the search in {one.folder} was stopped after {one.state.told} of {one.plan.candidates} candidates; "
                f"nothing is lost: {again or one.again}"
            )
