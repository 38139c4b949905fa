"""A survey: a balanced sample of architectures trained alone, from which the others are predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autosnn_ray.cluster.rank import TRUTH_EPOCHS, OnRun
from autosnn_ray.cluster.sample import evaluate_sample
from autosnn_ray.cluster.session import ray_session
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluators import NamedEvaluator, learn, make_evaluator
from autosnn_ray.journal import read_journal
from autosnn_ray.space.additive import FEWEST
from autosnn_ray.training.supernet import Supernet

SURVEY_SEED = 10
"""Another than those a truth is drawn and trained with, so that `rank` does not judge what it has learned from."""


def survey(
    supernet: Supernet,
    data: Dataset,
    *,
    path: str | Path,
    sample: int = 40,
    epochs: int = TRUTH_EPOCHS,
    seed: int = SURVEY_SEED,
    address: str | None = None,
    num_cpus: int | None = None,
    on_run: OnRun | None = None,
    **per_candidate: Any,
) -> NamedEvaluator:
    """Trains a balanced sample alone, and makes the evaluator that predicts every other architecture from it.

    Args:
        supernet: Whose paths' spikes are corrected.
        data: The data set the supernet was trained on; only training and validation samples are used.
        path: Where the two runs are kept, ``alone`` and ``path``; what is there is used again, and extended.
        sample: Architectures; about twice as many as there are choices over all slots.
        epochs: Length of each training, passes over the training split: as long as networks will be trained in the
            end, since short trainings prefer what learns fast.
        seed: What the sample and its trainings are drawn from.
        address: Address of a Ray cluster; None starts Ray on this machine.
        num_cpus: CPUs of the Ray that is started; all where None.
        on_run: Told of every run that begins.
        per_candidate: Resources of a candidate, as ``search`` takes them.

    Returns:
        The evaluator, for ``search`` and ``rank``.

    Raises:
        InvalidInputError: Fewer than five architectures were asked for, or could be trained.
        JournalError: What is there was made with other settings.
    """
    if sample < FEWEST:
        raise InvalidInputError(f"a survey: expected at least {FEWEST} architectures, got {sample}")
    path = Path(path)
    alone = make_evaluator("alone", epochs=epochs, seed=seed)
    with ray_session(address, num_cpus):
        for name, evaluator in {"alone": alone, "path": make_evaluator("path")}.items():
            on_told = on_run(f"survey, {evaluator.name}", sample) if on_run else None
            evaluate_sample(
                supernet, data, path / name, evaluator, sample=sample, seed=seed, on_told=on_told, **per_candidate
            )
    found = learn(read_journal(path / "alone").evaluations, read_journal(path / "path").evaluations)
    return make_evaluator("surveyed", survey=found)
