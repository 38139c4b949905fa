"""A balanced sample of the space, evaluated: behind a ground truth, a predictor, and what is held against them."""

from __future__ import annotations

from pathlib import Path

from autosnn_ray.algorithms import Stratified
from autosnn_ray.evaluators import Evaluator
from autosnn_ray.problem import Problem
from autosnn_ray.progress import OnRun
from autosnn_ray.runs.batches import Batch

LONG_EPOCHS = 20
"""Long enough that digits and Fashion-MNIST networks no longer change their order with every epoch."""


def balanced_sample(
    problem: Problem, evaluator: Evaluator, folder: Path, title: str, *, sample: int, seed: int, on_run: OnRun | None
) -> Batch:
    """Makes the batch of a balanced sample: each choice of each slot occurs equally often.

    What is there is used again, and a larger sample of the same seed extends it.

    Args:
        problem: Whose space is sampled.
        evaluator: What evaluates.
        folder: The run's folder.
        title: What the run is.
        sample: Architectures.
        seed: What they are drawn from.
        on_run: Is called with the run.
    """
    on_result = on_run(title, sample) if on_run else None
    return Batch(problem, evaluator, folder, Stratified(seed=seed), sample, on_result=on_result)
