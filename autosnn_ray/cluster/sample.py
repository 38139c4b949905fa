"""A balanced sample of the space, evaluated: the run behind a truth, a survey, and what is held against them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autosnn_ray.algorithms import OnTold, Stratified
from autosnn_ray.cluster.search import resume, search
from autosnn_ray.data.dataset import Dataset
from autosnn_ray.evaluators import NamedEvaluator
from autosnn_ray.journal import JOURNAL_FILE, read_journal
from autosnn_ray.training.supernet import Supernet


def evaluate_sample(
    supernet: Supernet,
    data: Dataset,
    folder: Path,
    evaluator: NamedEvaluator,
    *,
    sample: int,
    seed: int,
    on_told: OnTold | None = None,
    **where: Any,
) -> None:
    """Evaluates a balanced sample; what is there is used again, and a larger sample extends it.

    Args:
        supernet: Whose space is sampled.
        data: The data set the supernet was trained on.
        folder: The run's folder.
        evaluator: What evaluates.
        sample: Architectures; each choice of each slot occurs equally often among them.
        seed: What they are drawn from.
        on_told: Told of every one.
        where: Resources and cluster, as ``search`` takes them.

    Raises:
        JournalError: What is there was made with other settings.
    """
    before = _asked(folder)
    search(
        supernet,
        data,
        path=folder,
        algorithm=Stratified(seed=seed),
        candidates=before or sample,
        # What is trained alone serves any supernet; orders do not depend on the reference.
        reference_spikes=None if evaluator.uses_weights else 1.0,
        evaluator=evaluator,
        resume=before > 0,
        on_told=on_told,
        **where,
    )
    if 0 < before < sample:
        resume(folder, candidates=sample, data=data, evaluator=evaluator, on_told=on_told, **where)


def _asked(folder: Path) -> int:
    """Returns how many architectures a run was asked for before: a sample grows, it never shrinks."""
    if not (folder / JOURNAL_FILE).exists():
        return 0
    return int(read_journal(folder).config.get("candidates", 0))
