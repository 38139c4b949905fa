"""A search, and going on with one: what the user calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import Algorithm, AskTell, AutoSNN, OnTold
from autosnn_ray.cluster.conduct import Where, begin, conduct, go_on
from autosnn_ray.cluster.home import Home, run_home
from autosnn_ray.cluster.plan import Plan, plan_of
from autosnn_ray.cluster.resources import Resources
from autosnn_ray.cluster.storage import check_weights, keep_supernet
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import JournalError
from autosnn_ray.evaluators import EvaluatorFactory, make_evaluator
from autosnn_ray.journal import Journal
from autosnn_ray.objectives import DEFAULT_EXPONENT, SpikeAwareFitness
from autosnn_ray.run import Run
from autosnn_ray.training.supernet import Supernet


def search(
    supernet: Supernet,
    data: Dataset,
    *,
    path: str | Path,
    algorithm: Algorithm | None = None,
    candidates: int = 400,
    exponent: float = DEFAULT_EXPONENT,
    reference_spikes: float | None = None,
    evaluator: str | EvaluatorFactory = "path",
    resume: bool = False,
    storage: str | Path | None = None,
    address: str | None = None,
    num_cpus: int | None = None,
    concurrent: int | None = None,
    cpus_per_candidate: float = 1,
    gpus_per_candidate: float = 0,
    seconds_per_candidate: float | None = None,
    runtime_env: Mapping[str, Any] | None = None,
    on_told: OnTold | None = None,
) -> Run:
    """Searches a supernet for architectures with the best trade of accuracy against spikes.

    Args:
        supernet: What candidates are paths of; saved into the run's folder unless it was loaded from one.
        data: The data set the supernet was trained on.
        path: The run's folder; its journal is the run.
        algorithm: How candidates are proposed; AutoSNN's evolution where None.
        candidates: How many to evaluate; the search ends earlier when the space is used up.
        exponent: The fitness's exponent, 0 or negative.
        reference_spikes: The fitness's reference, spikes/sample; the supernet's own where None.
        evaluator: Key of ``EVALUATORS``, or a picklable function of network and data that makes one.
        resume: Go on with the run in the folder, which must be of the same search; see also ``resume``.
        storage: Folder that outlives this machine, below which ``path`` is, such as a network file system; or a URL
            that fsspec knows, such as ``s3://bucket/runs``: the run's folder is then ``path``, and is copied there.
        address: Address of a Ray cluster; None starts Ray on this machine.
        num_cpus: CPUs of the Ray that is started; all where None.
        concurrent: How many candidates side by side; as many as there is room for at the start where None.
        cpus_per_candidate: CPUs, and threads, that evaluate one candidate; a fraction lets several share one.
        gpus_per_candidate: GPUs that evaluate one candidate; a fraction lets several share one.
        seconds_per_candidate: Time an evaluation may take, seconds; it is ended then, and the candidate failed.
        runtime_env: Ray's runtime environment for the processes that evaluate; not kept in the run's folder.
        on_told: Told of every candidate and its outcome; when resuming, first of those in the journal.

    Returns:
        The run; ``frame()`` gives one row a candidate.

    Raises:
        InvalidInputError: A value is not what is needed.
        RunExistsError: The folder or the URL holds a run and ``resume`` was not asked for, or another process is at
            work in it.
        JournalError: The journal is damaged, of another search, or cannot be written.
        SearchInterruptedError: The search was stopped; it can be resumed.
        AutoSNNError: The URL cannot be reached at the beginning or the end.
    """
    reference = supernet.reference_spikes if reference_spikes is None else reference_spikes
    plan = Plan(
        supernet=supernet,
        data=data,
        algorithm=algorithm or AutoSNN(),
        candidates=candidates,
        objective=SpikeAwareFitness(reference_spikes=reference, exponent=exponent),
        evaluator=make_evaluator(evaluator) if isinstance(evaluator, str) else evaluator,
    )
    resources = Resources(cpus_per_candidate, gpus_per_candidate, seconds_per_candidate)
    where = Where(address, num_cpus, concurrent, runtime_env)
    plan.start()  # refuses what the algorithm refuses, before anything is written
    check_weights(supernet)
    with (
        run_home(path, storage, is_new=not resume) as home,
        Journal.append_to(home.folder) if resume else Journal.create(home.folder) as journal,
    ):
        told = home.watched(on_told)
        if journal.contents.events:
            plan.refuse_other(home.folder, journal.contents.config, may_extend=False)
            state = _go_on(home, journal, plan, told)
        else:
            state = begin(journal, plan, resources, inside=home.mirror is not None)
        conduct(journal, plan, state, resources, where, told)
    return Run(home.folder)


def resume(
    path: str | Path,
    *,
    candidates: int | None = None,
    supernet: str | Path | None = None,
    data: Dataset | None = None,
    evaluator: EvaluatorFactory | None = None,
    storage: str | Path | None = None,
    address: str | None = None,
    num_cpus: int | None = None,
    concurrent: int | None = None,
    cpus_per_candidate: float | None = None,
    gpus_per_candidate: float | None = None,
    seconds_per_candidate: float | None = None,
    runtime_env: Mapping[str, Any] | None = None,
    on_told: OnTold | None = None,
) -> Run:
    """Goes on with a run from what its folder holds, and extends it where more candidates are asked for.

    Candidates that were asked and not told are evaluated again under the same index. An extended run of a
    generational algorithm (or of random search) ends as one that was asked for the larger number from the start;
    a steady-state one breeds, after the pause, from results that would otherwise still have been on their way.

    Args:
        path: The run's folder.
        candidates: How many to evaluate in all; as many as before where None.
        supernet: Folder of the supernet, where it is no longer where it was.
        data: The data set, where it is none that can be loaded by name.
        evaluator: The evaluator, where it is none of ``EVALUATORS``.
        storage: As in ``search``. From a URL, what it holds and ``path`` does not is fetched first.
        address: As in ``search``.
        num_cpus: As in ``search``.
        concurrent: As in ``search``.
        cpus_per_candidate: As in ``search``; as before where None, and so the next two.
        gpus_per_candidate: As in ``search``.
        seconds_per_candidate: As in ``search``.
        runtime_env: As in ``search``.
        on_told: Told of every candidate and its outcome, first of those in the journal.

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
    where = Where(address, num_cpus, concurrent, runtime_env)
    with run_home(path, storage) as home, Journal.append_to(home.folder) as journal:
        folder, config = home.folder, journal.contents.config
        if not config:
            raise JournalError(
                f"{folder}: the search was ended before it had begun; there is nothing to go on with. "
                "Start it as before: the folder counts as new"
            )
        plan = plan_of(folder, config, candidates=candidates, supernet=supernet, data=data, evaluator=evaluator)
        given = {"cpus": cpus_per_candidate, "gpus": gpus_per_candidate, "seconds": seconds_per_candidate}
        resources = replace(
            Resources.from_dict(config.get("resources", {})),
            **{name: value for name, value in given.items() if value is not None},
        )
        told = home.watched(on_told)
        conduct(journal, plan, _go_on(home, journal, plan, told), resources, where, told)
    return Run(folder)


def _go_on(home: Home, journal: Journal, plan: Plan, on_told: OnTold | None) -> AskTell:
    if home.mirror is not None:
        # The run may have been begun without a mirror, its supernet in a folder of this machine.
        keep_supernet(plan.supernet, home.folder, inside=True)
    return go_on(journal, plan, on_told)
