"""Carries what a search found over to another problem: other data, other widths, more classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autosnn_ray.problem import Problem
from autosnn_ray.runs.run import Retraining
from autosnn_ray.runs.warm_start import architectures_of
from autosnn_ray.studies.retraining import retrain


def transfer(found: Any, problem: Problem, *, path: str | Path, top: int = 1, **settings: Any) -> Retraining:
    """Trains the best architectures of one problem from scratch on another, as the paper carries its own over.

    AutoSNN's architecture was found on CIFAR-10 with 16 channels, and trained on all its other data sets and widths.
    Whether what is best here is best there too, only a search there would tell.

    Args:
        found: A ``Run`` or its folder, of which the best are taken; or a list of architectures, or a frame.
        problem: What they are trained on, with its test samples; the slots of its space have the same choices.
        path: Where networks, cards and journal are kept.
        top: How many of a run's best.
        settings: As ``retrain`` takes them: ``seeds``, ``settings``, ``hand_made``, ``executor`` …

    Returns:
        The retraining.

    Raises:
        InvalidInputError: An architecture is not of the problem's space.
        AutoSNNError: As ``retrain``.
    """
    return retrain(problem, architectures_of(found, problem.space, best=top), path=path, **settings)
