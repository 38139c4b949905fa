"""A search in Optuna's words: slots as categorical parameters, objectives with directions, constraints, trials."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Minimize
from autosnn_ray.space import Architecture, SearchSpace

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage
    from optuna.study import Study

OLDEST = 5
"""Release of Optuna from which on trials have constraints of their own."""


def load_optuna() -> Any:
    """Imports Optuna.

    Raises:
        InvalidInputError: It is not installed, or too old.
    """
    try:
        import optuna
    except ImportError as error:
        raise InvalidInputError("Optuna is not installed: pip install 'autosnn-ray[optuna]'") from error
    if int(optuna.__version__.split(".")[0]) < OLDEST:
        raise InvalidInputError(
            f"Optuna: expected version {OLDEST} or newer, got {optuna.__version__}: "
            "pip install -U 'autosnn-ray[optuna]'"
        )
    return optuna


@contextmanager
def quietly() -> Iterator[None]:
    """Keeps what Optuna says of studies that are made, and of what is experimental in it, from the terminal."""
    optuna = load_optuna()
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def distributions_of(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Returns a categorical distribution for each slot, called ``slot_0``, ``slot_1``, … as in frames."""
    optuna = load_optuna()
    return {
        f"slot_{place}": optuna.distributions.CategoricalDistribution(slot.choices)
        for place, slot in enumerate(space.slots)
    }


def parameters_of(architecture: Architecture) -> dict[str, str]:
    """Returns an architecture as a trial's parameters."""
    return {f"slot_{place}": choice for place, choice in enumerate(architecture)}


def architecture_of(parameters: Mapping[str, Any]) -> Architecture:
    """Returns a trial's parameters as an architecture."""
    return tuple(str(parameters[f"slot_{place}"]) for place in range(len(parameters)))


def new_study(
    goal: Goal, *, name: str | None = None, sampler: BaseSampler | None = None, storage: BaseStorage | None = None
) -> Study:
    """Makes a study with a goal's objectives: a measure is minimised as it is, all else is maximised.

    Args:
        goal: What is aimed at.
        name: The study's name.
        sampler: What proposes.
        storage: Where it is kept; in memory where None.
    """
    with quietly():
        study: Study = load_optuna().create_study(
            study_name=name,
            storage=storage,
            sampler=sampler,
            directions=["minimize" if isinstance(one, Minimize) else "maximize" for one in goal.objectives],
        )
        study.set_metric_names(_labels(goal))
    return study


def _labels(goal: Goal) -> list[str]:
    """Returns the objectives' names; those that are equal are told apart by their place."""
    labels = [one.label for one in goal.objectives]
    return [f"{label} {place}" if labels.count(label) > 1 else label for place, label in enumerate(labels, start=1)]


@dataclass(frozen=True)
class Told:
    """What a study is told of a candidate.

    Attributes:
        values: One an objective, in its direction.
        constraints: By how much each bound is missed, as a share of it; 0 or less where it is kept.
    """

    values: tuple[float, ...]
    constraints: Mapping[str, float]

    @classmethod
    def of(cls, evaluation: Evaluation | None, goal: Goal) -> Told | None:
        """Takes what a goal says of an evaluation; None where that cannot be ranked: the trial has failed."""
        judgement = None if evaluation is None else goal.judge(evaluation)
        if evaluation is None or judgement is None or not judgement.is_finite:
            return None
        signs = [-1.0 if isinstance(one, Minimize) else 1.0 for one in goal.objectives]
        values = tuple(sign * value for sign, value in zip(signs, judgement.values, strict=True))
        return cls(values, {one.text: one.excess(evaluation) / one.scale for one in goal.constraints})
