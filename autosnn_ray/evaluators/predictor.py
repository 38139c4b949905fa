"""The evaluator that was fitted on a sample: spikes of the supernet's path, corrected, and a predicted accuracy."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import PREDICTION, Evaluation, Measure
from autosnn_ray.evaluators.base import Estimate, EvaluatorContext, SupernetEvaluator
from autosnn_ray.evaluators.path import SupernetPath
from autosnn_ray.space import AdditiveModel, Architecture, format_architecture

_LEAST_SPIKES = 1e-3
_Z = 1.96


@dataclass(frozen=True)
class Predictor(SupernetEvaluator):
    """Predicts what an architecture would reach from scratch, fitted on a sample that was trained so.

    A supernet knows an architecture's spikes and hardly its accuracy. So spikes are those of its path, times what
    the sample says each choice is wrong by; accuracy and loss are what the choices added in the sample. The intervals
    are those of the predictor: 1.96 times its error at architectures that were left out of the fit.

    Attributes:
        supernet: The supernet.
        fitted: What ``fit`` made of a sample, or ``autosnn_ray.fit_predictor`` gave.

    Raises:
        InvalidInputError: Nothing was fitted, or on another space.
    """

    name: ClassVar[str] = "predictor"
    summary: ClassVar[str] = "predicted from a sample that was trained from scratch, with the spikes of the path"
    finds: ClassVar[tuple[str, ...]] = ("accuracy", "spikes", "loss")
    fitted: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        slots = len(self.supernet.space.slots)
        if any(len(model.effects) != slots for model in self.models.values()):
            raise InvalidInputError(
                f"fitted: expected a sample of the {slots} slots of {self.supernet.space.name}, got another"
            )

    @property
    def models(self) -> dict[str, AdditiveModel]:
        """The models of accuracy, loss, and of the logarithm of what spikes of paths are wrong by."""
        try:
            return {name: AdditiveModel.from_dict(self.fitted[name]) for name in ("accuracy", "loss", "spikes")}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInputError(
                f"fitted: expected what `asr.fit_predictor` gives, got one that lacks {error}; "
                "on the command line --predictor-sample makes it"
            ) from error

    @property
    def digest(self) -> str:
        """A short name for what was fitted: the first eight digits of its checksum."""
        return hashlib.sha256(json.dumps(self.fitted, sort_keys=True).encode()).hexdigest()[:8]

    def start(self, context: EvaluatorContext) -> Estimate:
        """Reads the models."""
        path, models = SupernetPath(self.supernet).start(replace(context, measured={})), self.models

        def estimate(architecture: Architecture, repetition: int) -> Evaluation:
            started = time.perf_counter()
            found = path(architecture, repetition)
            shift, error = models["spikes"].predict(architecture), _Z * models["spikes"].error
            spikes = [found.spikes * math.exp(shift + end) for end in (0, -error, error)]
            factor = math.exp(shift)
            return replace(
                found,
                measures={
                    "accuracy": _predicted(models["accuracy"], architecture, most=1.0),
                    "loss": _predicted(models["loss"], architecture),
                    "spikes": Measure(spikes[0], PREDICTION, low=spikes[1], high=spikes[2]),
                },
                layer_spikes={layer: count * factor for layer, count in found.layer_spikes.items()},
                seconds=time.perf_counter() - started,
            )

        return estimate


def _predicted(model: AdditiveModel, architecture: Architecture, most: float = math.inf) -> Measure:
    value, error = model.predict(architecture), _Z * model.error
    bounded = [min(most, max(0.0, number)) for number in (value, value - error, value + error)]
    return Measure(bounded[0], PREDICTION, low=bounded[1], high=bounded[2])


def fit(scratch: Mapping[Architecture, Evaluation], paths: Mapping[Architecture, Evaluation]) -> dict[str, Any]:
    """Learns from architectures that were trained from scratch what a supernet's paths do not tell.

    Args:
        scratch: What each reached from scratch.
        paths: What the supernet says of the same architectures.

    Returns:
        What was fitted as plain values, as ``Predictor`` takes it.

    Raises:
        InvalidInputError: Fewer than five architectures in both.
    """
    shared = [one for one in scratch if one in paths and math.isfinite(scratch[one].loss)]
    ratios = [_log(scratch[one].spikes) - _log(paths[one].spikes) for one in shared]
    models = {
        "accuracy": AdditiveModel.fit(shared, [scratch[one].accuracy for one in shared]),
        "loss": AdditiveModel.fit(shared, [scratch[one].loss for one in shared]),
        "spikes": AdditiveModel.fit(shared, ratios),
    }
    return {
        **{name: model.to_dict() for name, model in models.items()},
        "architectures": [format_architecture(architecture) for architecture in shared],
    }


def _log(spikes: float) -> float:
    return math.log(max(spikes, _LEAST_SPIKES))
