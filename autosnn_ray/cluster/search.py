"""A search, end to end: algorithm, journal, Ray Tune, run."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ray
from ray import tune

from autosnn_ray.algorithms import Algorithm, AskTell, AutoSNN, OnTold, replay
from autosnn_ray.cluster.pool import KeepActors
from autosnn_ray.cluster.searcher import AskTellSearcher, CountStarts
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.cluster.store import SharedSupernet
from autosnn_ray.cluster.trainable import CandidateTrial, Meeting
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import InvalidInputError, JournalError, SearchInterruptedError
from autosnn_ray.evaluators import EvaluatorFactory, NamedEvaluator, make_evaluator
from autosnn_ray.journal import Journal, read_journal
from autosnn_ray.objectives import DEFAULT_EXPONENT, SpikeAwareFitness
from autosnn_ray.run import Run
from autosnn_ray.training.supernet import Supernet
from autosnn_ray.versions import versions

_RETRIES = 2
"""How often a candidate whose process died is tried again."""


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
    address: str | None = None,
    num_cpus: int | None = None,
    cpus_per_candidate: int = 1,
    on_told: OnTold | None = None,
) -> Run:
    """Searches a supernet for architectures with the best trade of accuracy against spikes.

    Args:
        supernet: What candidates are paths of.
        data: The data set the supernet was trained on.
        path: The run's folder; its journal is the run.
        algorithm: How candidates are proposed; AutoSNN's evolution where None.
        candidates: How many to evaluate; the search ends earlier when the space is used up.
        exponent: The fitness's exponent, 0 or negative.
        reference_spikes: The fitness's reference, spikes/sample; the supernet's own where None.
        evaluator: Key of ``EVALUATORS``, or a picklable function of network and data that makes one.
        resume: Go on with the run in the folder.
        address: Address of a Ray cluster; None starts Ray on this machine.
        num_cpus: CPUs of the Ray that is started; all where None.
        cpus_per_candidate: CPUs, and threads, that evaluate one candidate.
        on_told: Told of every candidate and its outcome; when resuming, first of those in the journal.

    Returns:
        The run; ``frame()`` gives one row a candidate.

    Raises:
        InvalidInputError: A value is not what is needed.
        RunExistsError: The folder holds a run and ``resume`` was not asked for.
        JournalError: The journal is damaged, of another search, or cannot be written.
        SearchInterruptedError: The search was stopped; it can be resumed.
    """
    algorithm = algorithm or AutoSNN()
    if data.checksum != supernet.data.get("checksum"):
        raise InvalidInputError(
            f"data: expected {supernet.data.get('name')!r} with the split the supernet was trained on (checksum "
            f"{str(supernet.data.get('checksum'))[:12]}…), got {data.name!r} ({data.checksum[:12]}…); "
            "validation samples may have been trained on"
        )
    if cpus_per_candidate < 1:
        raise InvalidInputError(f"cpus_per_candidate: expected at least 1, got {cpus_per_candidate}")
    reference = supernet.reference_spikes if reference_spikes is None else reference_spikes
    objective = SpikeAwareFitness(reference_spikes=reference, exponent=exponent)
    factory = make_evaluator(evaluator) if isinstance(evaluator, str) else evaluator
    state = algorithm.start(supernet.space, candidates, objective)
    config = _config(supernet, algorithm, candidates, objective, factory)
    with _journal(Path(path), config, state, resume, on_told) as journal:
        if not state.done:
            shared = SharedSupernet.of(supernet, data)
            searcher = AskTellSearcher(state, journal, on_told)
            with ray_session(address, num_cpus) as cpus:
                slots = max(1, min(cpus // cpus_per_candidate, candidates - state.told))
                if cpus < cpus_per_candidate:
                    raise InvalidInputError(f"cpus_per_candidate: {cpus_per_candidate} asked, {cpus} CPUs are there")
                _run_tune(searcher, shared, factory, slots, cpus_per_candidate)
            if searcher.error is not None:
                raise searcher.error
            if not state.done:
                raise SearchInterruptedError(
                    f"the search in {path} was stopped after {state.told} of {candidates} candidates; "
                    "nothing is lost: call it again with resume"
                )
        _stop(journal, state)
    return Run(path)


def _config(
    supernet: Supernet,
    algorithm: Algorithm,
    candidates: int,
    objective: SpikeAwareFitness,
    evaluator: EvaluatorFactory,
) -> dict[str, Any]:
    """Returns all that decides the run's result."""
    if isinstance(evaluator, NamedEvaluator):
        named: dict[str, Any] = {"name": evaluator.name, "settings": dict(evaluator.settings)}
    else:
        named = {"name": getattr(evaluator, "__qualname__", type(evaluator).__qualname__), "settings": {}}
    about: dict[str, Any] = {"timesteps": supernet.timesteps, "neuron": supernet.neuron.to_dict()}
    if getattr(evaluator, "uses_weights", True):
        # What is trained alone is the same whatever the supernet's weights: such a run serves several.
        about |= {"checksum": supernet.weights_checksum, "seed": supernet.seed}
    return {
        "space": supernet.space.to_dict(),
        "algorithm": algorithm.to_dict(),
        "candidates": candidates,
        "objective": objective.to_dict(),
        "evaluator": named,
        "supernet": about,
        "data": dict(supernet.data),
        "versions": versions(),
    }


def _journal(path: Path, config: Mapping[str, Any], state: AskTell, resume: bool, on_told: OnTold | None) -> Journal:
    """Opens the run's journal: a new one, or one that is replayed into the algorithm."""
    if not resume:
        journal = Journal.create(path)
        journal.write("start", config=dict(config))
        return journal
    journal = Journal.append_to(path)
    try:
        contents = read_journal(path)
        _refuse_other(path, contents.config, config)
        replay(state, contents.events, on_told)
        if not state.done:
            journal.write("resume", versions=versions())
    except BaseException:
        journal.close()
        raise
    return journal


def _refuse_other(path: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    # As the journal holds it: tuples become lists.
    now = json.loads(json.dumps(now))
    differing = [
        f"{key}: {_short(before.get(key))} there, {_short(now[key])} now"
        for key in now
        if key != "versions" and before.get(key) != now[key]
    ]
    if differing:
        raise JournalError(f"{path}: holds another search and cannot go on as this one: {'; '.join(differing)}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:157]}…"


def _stop(journal: Journal, state: AskTell) -> None:
    if not journal.stopped:
        journal.write("stop", reason="the space is used up" if state.exhausted else "all candidates are evaluated")


def _run_tune(
    searcher: AskTellSearcher, shared: SharedSupernet, evaluator: EvaluatorFactory, slots: int, threads: int
) -> None:
    meeting = ray.remote(num_cpus=0)(Meeting).remote(slots)
    trainable = tune.with_resources(
        tune.with_parameters(CandidateTrial, shared=shared, evaluator=evaluator, threads=threads, meeting=meeting),
        {"cpu": threads},
    )
    with tempfile.TemporaryDirectory(prefix="autosnn-ray-", ignore_cleanup_errors=True) as folder:
        tune.Tuner(
            trainable,
            param_space={"index": -1},
            tune_config=tune.TuneConfig(
                search_alg=searcher,
                scheduler=KeepActors(slots),
                num_samples=-1,
                max_concurrent_trials=2 * slots,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="search",
                storage_path=folder,
                verbose=0,
                callbacks=[CountStarts(searcher)],
                failure_config=tune.FailureConfig(max_failures=_RETRIES),
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        ).fit()
