"""Holds evaluators against the truth: the same architectures, evaluated cheaply and trained alone with several seeds.

Everything is a run of its own, with a journal: what was cut off goes on, and what is there is used again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import OnTold
from autosnn_ray.cluster.sample import evaluate_sample
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluators import NamedEvaluator, make_evaluator, survey_digest
from autosnn_ray.training.supernet import Supernet

TRUTH_EPOCHS = 20
"""Long enough that digits and Fashion-MNIST networks no longer change their order with every epoch."""

OnRun = Callable[[str, int], OnTold | None]
"""Told of every run that begins: what it is, and of how many candidates; gives who is told of those."""


def rank(
    supernet: Supernet,
    data: Dataset,
    *,
    path: str | Path,
    sample: int = 40,
    seeds: int = 2,
    epochs: int = TRUTH_EPOCHS,
    evaluators: Sequence[str | NamedEvaluator] = ("path",),
    truth: str | Path | None = None,
    seed: int = 0,
    address: str | None = None,
    num_cpus: int | None = None,
    on_run: OnRun | None = None,
    **per_candidate: Any,
) -> Path:
    """Evaluates a balanced sample of architectures by each evaluator, and trains them alone with several seeds.

    Args:
        supernet: Whose paths are ranked.
        data: The data set the supernet was trained on.
        path: Where the runs are kept: ``truth/seed_0`` … and ``evaluators/…``.
        sample: Architectures; each choice of each slot occurs equally often among them.
        seeds: Trainings of each architecture; at least two, or there is no ceiling.
        epochs: Length of each of those trainings, passes over the training split.
        evaluators: What is held against the truth: names, or what ``make_evaluator`` gave.
        truth: Folder of a truth that is already there, of the same space and data; made in ``path`` where None.
        seed: What the sample is drawn from.
        address: Address of a Ray cluster; None starts Ray on this machine.
        num_cpus: CPUs of the Ray that is started; all where None.
        on_run: Told of every run that begins.
        per_candidate: Resources of a candidate, as ``search`` takes them.

    Returns:
        ``path``; ``analysis.read_rankings`` reads it.

    Raises:
        InvalidInputError: Fewer than five architectures, or fewer than two seeds.
        JournalError: What is there was made with other settings.
    """
    if sample < 5:
        raise InvalidInputError(f"sample: expected at least 5 architectures to rank, got {sample}")
    if seeds < 2:
        raise InvalidInputError(f"seeds: expected at least 2, or nothing says how far the truth agrees, got {seeds}")
    path = Path(path)
    trainings = [make_evaluator("alone", epochs=epochs, seed=number) for number in range(seeds)]
    truth_folder = path / "truth" if truth is None else Path(truth)
    runs = [(truth_folder / f"seed_{number}", one, f"truth, seed {number}") for number, one in enumerate(trainings)]
    for given in evaluators:
        named = make_evaluator(given) if isinstance(given, str) else given
        runs.append((path / "evaluators" / folder_name(named), named, named.name))
    with ray_session(address, num_cpus):
        for folder, evaluator, title in runs:
            on_told = on_run(title, sample) if on_run else None
            evaluate_sample(
                supernet, data, folder, evaluator, sample=sample, seed=seed, on_told=on_told, **per_candidate
            )
    return path


def folder_name(evaluator: NamedEvaluator) -> str:
    """Returns a name for the run of an evaluator: its own, and what its settings are.

    Example:
        >>> folder_name(make_evaluator("alone", epochs=4, seed=1))
        'alone,epochs=4,seed=1'
    """
    settings = [
        f"{key}={survey_digest(value) if key == 'survey' else json.dumps(value)}"
        for key, value in evaluator.settings.items()
        if key != "training"
    ]
    return ",".join([evaluator.name, *settings])
