"""Evaluators: an architecture in, an evaluation out, each with a fidelity and a cost of its own."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.evaluators.base import EvaluationData, Evaluator, EvaluatorFactory
from autosnn_ray.evaluators.kept import SUPERNET, KeptNetwork
from autosnn_ray.evaluators.paths import RecalibratedPath, SupernetPath
from autosnn_ray.evaluators.surveyed import Surveyed, learn, survey_digest
from autosnn_ray.evaluators.trained import FineTunedPath, TrainedAlone
from autosnn_ray.evaluators.training_free import TrainingFree
from autosnn_ray.spiking.network import SpikingNetwork

__all__ = [
    "EVALUATORS",
    "EvaluationData",
    "Evaluator",
    "EvaluatorFactory",
    "NamedEvaluator",
    "learn",
    "make_evaluator",
    "parse_evaluator",
    "survey_digest",
]

EVALUATORS: dict[str, Any] = {
    "path": SupernetPath,
    "recalibrated": RecalibratedPath,
    "fine_tuned": FineTunedPath,
    "alone": TrainedAlone,
    "kept": KeptNetwork,
    "training_free": TrainingFree,
    "surveyed": Surveyed,
}
"""Every evaluator by name: a class called with network, data and its own settings. It says in ``summary`` what it
is, and in ``uses_weights`` whether the supernet's weights matter to it. To add one: a class, and a line here."""


@dataclass(frozen=True)
class NamedEvaluator:
    """A registered evaluator with its settings: what a run's journal keeps of it.

    Attributes:
        name: Key of ``EVALUATORS``.
        settings: Its own settings.
    """

    name: str
    settings: Mapping[str, Any]

    @property
    def uses_weights(self) -> bool:
        """Whether the supernet's weights matter to it."""
        return bool(EVALUATORS[self.name].uses_weights) or self.settings.get("start") == SUPERNET

    def __call__(self, network: SpikingNetwork, data: EvaluationData) -> Evaluator:
        """Makes the evaluator."""
        made: Evaluator = EVALUATORS[self.name](network, data, **self.settings)
        return made


def make_evaluator(name: str, **settings: Any) -> NamedEvaluator:
    """Names an evaluator, to be made where candidates are evaluated.

    Args:
        name: Key of ``EVALUATORS``.
        settings: Its own settings, such as ``samples`` of ``recalibrated``.

    Raises:
        InvalidInputError: No such evaluator, no such setting of it, or one that it needs is missing.

    Example:
        >>> make_evaluator("alone", epochs=2).settings
        {'epochs': 2}
    """
    if name not in EVALUATORS:
        raise unknown_name("evaluator", name, EVALUATORS)
    known = dict(list(inspect.signature(EVALUATORS[name]).parameters.items())[2:])
    for setting in settings:
        if setting not in known:
            raise unknown_name(f"setting of evaluator {name}", setting, known)
    for setting, about in known.items():
        if about.default is about.empty and setting not in settings:
            raise InvalidInputError(
                f"evaluator {name}: expected its setting {setting!r}, got none; `autosnn-ray search --survey 40` and "
                "autosnn_ray.survey(…) make it"
            )
    return NamedEvaluator(name, settings)


def parse_evaluator(text: str) -> NamedEvaluator:
    """Reads an evaluator as it is written on a command line: its name, then its settings.

    Args:
        text: Such as ``path`` or ``alone,epochs=4,seed=1``.

    Raises:
        InvalidInputError: No such evaluator or setting, or a setting without a value.

    Example:
        >>> parse_evaluator("alone,epochs=4,seed=1").settings
        {'epochs': 4, 'seed': 1}
    """
    name, *parts = text.split(",")
    settings = {}
    for part in parts:
        key, mark, value = part.partition("=")
        if not mark:
            raise InvalidInputError(f"evaluator {text!r}: expected settings as name=value, got {part!r}")
        try:
            settings[key.strip()] = json.loads(value)
        except ValueError as error:
            raise InvalidInputError(f"evaluator {text!r}: expected a number for {key}, got {value!r}") from error
    return make_evaluator(name.strip(), **settings)
