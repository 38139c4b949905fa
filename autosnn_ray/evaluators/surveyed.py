"""The evaluator that a survey makes: spikes of the supernet's path, corrected, and an accuracy that it predicts."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import EvaluationData
from autosnn_ray.evaluators.paths import SupernetPath
from autosnn_ray.space import AdditiveModel, Architecture, format_architecture
from autosnn_ray.spiking.network import SpikingNetwork

_LEAST_SPIKES = 1e-3


class Surveyed:
    """Predicts what an architecture would reach alone, from a sample that was trained alone.

    The supernet knows an architecture's spikes and hardly its accuracy. So spikes are those of its path, times what
    the survey says each choice is wrong by; accuracy and loss are what the choices added in the survey.

    Args:
        network: The supernet.
        data: Validation samples.
        survey: What ``learn`` made of a survey, or ``autosnn_ray.survey`` gave.

    Raises:
        InvalidInputError: No survey was given, or one of another space.
    """

    summary: ClassVar[str] = "predicted from a sample that was trained alone, with the spikes of the path"
    uses_weights: ClassVar[bool] = True

    def __init__(self, network: SpikingNetwork, data: EvaluationData, *, survey: Mapping[str, Any]) -> None:
        try:
            self._models = {name: AdditiveModel.from_dict(survey[name]) for name in ("accuracy", "loss", "spikes")}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInputError(f"survey: expected what `asr.survey` gives, got one that lacks {error}") from error
        slots = len(network.space.slots)
        if any(len(model.effects) != slots for model in self._models.values()):
            raise InvalidInputError(f"survey: expected one of the {slots} slots of {network.space.name}, got another")
        self._path = SupernetPath(network, data)

    def __call__(self, architecture: Architecture) -> Evaluation:
        """Evaluates one path, and returns what it would probably reach alone."""
        started = time.perf_counter()
        path = self._path(architecture)
        factor = math.exp(self._models["spikes"].predict(architecture))
        return replace(
            path,
            accuracy=min(1.0, max(0.0, self._models["accuracy"].predict(architecture))),
            loss=self._models["loss"].predict(architecture),
            spikes=path.spikes * factor,
            layer_spikes={layer: spikes * factor for layer, spikes in path.layer_spikes.items()},
            seconds=time.perf_counter() - started,
        )


def learn(alone: Mapping[Architecture, Evaluation], paths: Mapping[Architecture, Evaluation]) -> dict[str, Any]:
    """Learns from architectures that were trained alone what a supernet's paths do not tell.

    Args:
        alone: What each reached alone.
        paths: What the supernet says of the same architectures.

    Returns:
        The survey as plain values, as ``Surveyed`` takes it.

    Raises:
        InvalidInputError: Fewer than five architectures in both.
    """
    shared = [one for one in alone if one in paths and math.isfinite(alone[one].loss)]
    ratios = [_log(alone[one].spikes) - _log(paths[one].spikes) for one in shared]
    models = {
        "accuracy": AdditiveModel.fit(shared, [alone[one].accuracy for one in shared]),
        "loss": AdditiveModel.fit(shared, [alone[one].loss for one in shared]),
        "spikes": AdditiveModel.fit(shared, ratios),
    }
    return {
        **{name: model.to_dict() for name, model in models.items()},
        "architectures": [format_architecture(architecture) for architecture in shared],
    }


def survey_digest(survey: Mapping[str, Any]) -> str:
    """Returns a short name for a survey: the first eight digits of its checksum."""
    return hashlib.sha256(json.dumps(survey, sort_keys=True).encode()).hexdigest()[:8]


def _log(spikes: float) -> float:
    return math.log(max(spikes, _LEAST_SPIKES))
