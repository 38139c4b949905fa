"""Runs what is left of a search: the one loop behind a new search, a resumed one and an extended one."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray import tune

from autosnn_ray.algorithms import AskTell, OnTold, replay
from autosnn_ray.cluster.overseer import start_overseer
from autosnn_ray.cluster.plan import Plan
from autosnn_ray.cluster.pool import KeepActors
from autosnn_ray.cluster.prefix_index import STORE_BYTES
from autosnn_ray.cluster.registry import remembered
from autosnn_ray.cluster.resources import Resources
from autosnn_ray.cluster.searcher import AskTellSearcher
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.cluster.storage import keep_supernet
from autosnn_ray.cluster.store import SharedSupernet
from autosnn_ray.cluster.trainable import CandidateTrial
from autosnn_ray.errors import InvalidInputError, SearchInterruptedError
from autosnn_ray.evaluators import EvaluatorFactory
from autosnn_ray.journal import Journal
from autosnn_ray.versions import versions


@dataclass(frozen=True)
class Where:
    """On which Ray candidates are evaluated.

    Attributes:
        address: Address of a Ray cluster; None starts Ray on this machine.
        num_cpus: CPUs of the Ray that is started; all where None.
        concurrent: How many candidates side by side; as many as there is room for where None.
        runtime_env: Ray's runtime environment for the actors.

    Raises:
        InvalidInputError: ``concurrent`` is less than 1.
    """

    address: str | None = None
    num_cpus: int | None = None
    concurrent: int | None = None
    runtime_env: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.concurrent is not None and self.concurrent < 1:
            raise InvalidInputError(f"concurrent: expected at least 1, got {self.concurrent}")


def begin(journal: Journal, plan: Plan, resources: Resources, *, inside: bool = False) -> AskTell:
    """Begins a run: the supernet where it can be found again, then the journal's start."""
    state = plan.start()
    folder = keep_supernet(plan.supernet, journal.path.parent, inside=inside)
    config = plan.config() | {"supernet_folder": folder, "resources": resources.to_dict()}
    journal.write("start", config=config)
    return state


def go_on(journal: Journal, plan: Plan, on_told: OnTold | None) -> AskTell:
    """Brings the algorithm to where the journal ends, and notes that the run goes on or is extended."""
    state = plan.start()
    replay(state, journal.contents.events, on_told)
    if plan.candidates > journal.contents.config["candidates"]:
        journal.write("extend", candidates=plan.candidates, versions=versions())
    elif not journal.stopped:
        journal.write("resume", versions=versions())
    return state


def conduct(
    journal: Journal, plan: Plan, state: AskTell, resources: Resources, where: Where, on_told: OnTold | None
) -> None:
    """Evaluates until the search is at its end.

    Raises:
        SearchInterruptedError: The search was stopped; it can be resumed.
        AutoSNNError: What ended it from within, such as a full disk.
    """
    if not state.done:
        shared = SharedSupernet.of(plan.supernet, plan.data, journal.path.parent)
        # Where a time limit ends processes, each candidate is a trial of its own.
        together = plan.algorithm.together(plan.supernet.space) if resources.seconds is None else 1
        searcher = AskTellSearcher(state, journal, on_told, together)
        size = shared.size + STORE_BYTES
        with ray_session(where.address, where.num_cpus, runtime_env=where.runtime_env, shared_bytes=size):
            slots = where.concurrent or resources.slots()
            # Twice as many as fit now: the next candidate is there when one ends, and nodes may join.
            limit = where.concurrent or 2 * slots
            overseer = start_overseer(min(slots, plan.candidates - state.told), resources.seconds)
            try:
                _run_tune(searcher, shared, plan.evaluator, resources, overseer, limit)
            finally:
                # Tune holds on to a trainable's parameters, this actor among them, for as long as Ray lives.
                ray.kill(overseer)
        if searcher.error is not None:
            raise searcher.error
        if not state.done:
            raise SearchInterruptedError(
                f"the search in {journal.path.parent} was stopped after {state.told} of {plan.candidates} candidates; "
                f"nothing is lost: autosnn-ray resume {journal.path.parent}"
            )
    if not journal.stopped:
        journal.write("stop", reason="the space is used up" if state.exhausted else "all candidates are evaluated")


def _run_tune(
    searcher: AskTellSearcher,
    shared: SharedSupernet,
    evaluator: EvaluatorFactory,
    resources: Resources,
    overseer: Any,
    limit: int,
) -> None:
    trainable = tune.with_resources(
        tune.with_parameters(
            CandidateTrial, shared=shared, evaluator=evaluator, resources=resources, overseer=overseer
        ),
        {"cpu": resources.cpus, "gpu": resources.gpus},
    )
    with (
        remembered(),
        _unsummarised(),
        tempfile.TemporaryDirectory(prefix="autosnn-ray-", ignore_cleanup_errors=True) as folder,
    ):
        tune.Tuner(
            trainable,
            param_space={"index": -1},
            tune_config=tune.TuneConfig(
                search_alg=searcher,
                scheduler=KeepActors(overseer, resources, limit),
                num_samples=-1,
                max_concurrent_trials=limit,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="search",
                storage_path=Path(folder).as_posix(),
                verbose=0,
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        ).fit()


@contextmanager
def _unsummarised() -> Iterator[None]:
    """Leaves out Tune's last line, which calls incomplete what was tried again by another of its trials."""
    logger = logging.getLogger("ray.tune.tune")

    def keeps(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("Trials did not complete")

    logger.addFilter(keeps)
    try:
        yield
    finally:
        logger.removeFilter(keeps)
