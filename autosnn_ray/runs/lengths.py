"""How long trainings from scratch are unless told otherwise: in epochs, and in steps where there are few samples."""

from __future__ import annotations

import math

from autosnn_ray.problem import Problem
from autosnn_ray.training.settings import TrainSettings

_STEPS = 34
"""Steps of an epoch of digits, on which the lengths of docs/ranking.md were measured."""


def epochs_for(problem: Problem, epochs: int) -> int:
    """Returns how many epochs a training takes that is so many long where an epoch has many steps.

    A network learns step by step: of few samples it takes more epochs to learn as much as lengths were measured for.

    Args:
        problem: What is trained on.
        epochs: Passes over the training split, where it takes 34 steps or more to pass over it.

    Example:
        >>> import search_spaces
        >>> from autosnn_ray.data import load_dataset
        >>> space = search_spaces.load("digits_16")
        >>> few = load_dataset("digits", train_samples=180)
        >>> epochs_for(Problem(space, load_dataset("digits")), 2), epochs_for(Problem(space, few), 2)
        (2, 12)
    """
    steps = math.ceil(len(problem.data.train) / TrainSettings().batch_size)
    return max(epochs, math.ceil(epochs * _STEPS / steps))
