"""Evaluators: an architecture in, an evaluation out, each with a fidelity and a cost of its own.

Their settings need neither torch nor ray; what runs them does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.evaluators.base import Estimate, Evaluator, EvaluatorContext, SupernetEvaluator
from autosnn_ray.evaluators.fine_tuned import FineTunedPath
from autosnn_ray.evaluators.function import FromFunction
from autosnn_ray.evaluators.path import RecalibratedPath, SupernetPath
from autosnn_ray.evaluators.predictor import Predictor
from autosnn_ray.evaluators.scratch import TrainFromPath, TrainFromScratch
from autosnn_ray.evaluators.training_free import TrainingFree
from autosnn_ray.plugins import find

if TYPE_CHECKING:
    from autosnn_ray.training.supernet import Supernet

__all__ = [
    "EVALUATORS",
    "Estimate",
    "Evaluator",
    "EvaluatorContext",
    "FineTunedPath",
    "FromFunction",
    "Predictor",
    "RecalibratedPath",
    "SupernetEvaluator",
    "SupernetPath",
    "TrainFromPath",
    "TrainFromScratch",
    "TrainingFree",
    "as_evaluator",
    "make_evaluator",
    "settings_of",
]

EVALUATORS: dict[str, type[Evaluator]] = {
    "path": SupernetPath,
    "recalibrated": RecalibratedPath,
    "fine_tuned": FineTunedPath,
    "scratch": TrainFromScratch,
    "from_path": TrainFromPath,
    "training_free": TrainingFree,
    "predictor": Predictor,
}
"""Every evaluator by name. To add one: a file with its settings, and a line here."""


def settings_of(name: str) -> list[str]:
    """Returns the names of an evaluator's settings, the supernet aside.

    Raises:
        InvalidInputError: No such evaluator.

    Example:
        >>> settings_of("scratch")
        ['epochs', 'seed', 'keep', 'training']
    """
    return [field.name for field in fields(find("evaluator", name, EVALUATORS)) if field.name != "supernet"]


def make_evaluator(name: str, supernet: Supernet | None = None, **settings: Any) -> Evaluator:
    """Makes an evaluator's settings by name.

    Args:
        name: Key of ``EVALUATORS``.
        supernet: For those that use one.
        settings: Its own settings, such as ``samples`` of ``recalibrated``.

    Raises:
        InvalidInputError: No such evaluator, no such setting of it, a value that it refuses, or a supernet is missing.

    Example:
        >>> make_evaluator("scratch", epochs=2).settings["epochs"]
        2
    """
    known = settings_of(name)
    for setting in settings:
        if setting not in known:
            raise unknown_name(f"setting of evaluator {name}", setting, known or ["none"])
    kind = EVALUATORS[name]
    needs = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}
    if "supernet" in needs and supernet is None:
        raise InvalidInputError(
            f"evaluator {name}: expected a supernet, got none; train one (autosnn-ray train FOLDER) and give it "
            "(--supernet FOLDER), or take one of those that need none: "
            f"{', '.join(other for other, one in EVALUATORS.items() if not issubclass(one, SupernetEvaluator))}"
        )
    if supernet is not None and any(field.name == "supernet" for field in fields(kind)):
        settings["supernet"] = supernet
    try:
        return kind(**settings)
    except TypeError as error:
        raise InvalidInputError(f"settings of evaluator {name}: {error}") from error


def as_evaluator(given: str | Evaluator | Callable[..., Any]) -> Evaluator:
    """Makes an evaluator of a name, of settings, or of a function of problem and architecture.

    Raises:
        InvalidInputError: It is none of these.
    """
    if isinstance(given, Evaluator):
        return given
    if isinstance(given, str):
        return make_evaluator(given)
    if callable(given) and not isinstance(given, type):
        return FromFunction(given)
    raise InvalidInputError(
        "evaluator: expected settings such as asr.SupernetPath(supernet) or asr.TrainFromScratch(epochs=4), or a "
        f"function of problem and architecture, got {given!r}"
    )


def evaluator_from_dict(values: Mapping[str, Any], supernet: Supernet | None = None) -> Evaluator:
    """Builds the registered evaluator that ``Evaluator.to_dict`` wrote.

    One that is not registered is never imported by the name that a file says.

    Raises:
        InvalidInputError: It is none of ``EVALUATORS``, or not what was written.
    """
    try:
        name, settings, outdated = str(values["name"]), dict(values["settings"]), values.get("outdated")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"evaluator: expected its name and settings, got {values!r}") from error
    if outdated is not None:
        raise InvalidInputError(
            f"evaluator: the run was begun by an older version, whose {name} was another: {outdated}. It can be read, "
            "and not gone on with; start another run"
        )
    find("evaluator", name, EVALUATORS, "Was it one without a name, give it: resume(…, evaluator=…).")
    return make_evaluator(name, supernet if "supernet" in values else None, **settings)
