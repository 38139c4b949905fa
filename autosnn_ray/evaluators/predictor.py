"""The evaluator that was fitted on a sample: predicted accuracies and spikes."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any, ClassVar

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import CONFIDENCE, PREDICTION, Evaluation, Measure
from autosnn_ray.evaluators.base import Estimate, Evaluator, EvaluatorContext
from autosnn_ray.evaluators.path import SupernetPath
from autosnn_ray.evaluators.scratch import TrainFromScratch
from autosnn_ray.evaluators.training_free import TrainingFree
from autosnn_ray.passes import Passes
from autosnn_ray.space import AdditiveModel, Architecture, RankModel, SearchSpace, format_architecture

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem
    from autosnn_ray.training.supernet import Supernet

_LEAST_SPIKES = 1e-3
UNTRAINED_SHARE = 0.75
"""What untrained networks say of spikes, as a share. Firing rates settle late: those of a short training order those of
a long one worse than those before it do, and both together best (docs/ranking.md)."""

_PARTS = {"black": "augmentation"}
"""Of a problem, what is a part of another."""

_Z = 1.96
"""Of ``CONFIDENCE``, on both sides."""


@dataclass(frozen=True)
class Models:
    """What was learned from a sample.

    Attributes:
        accuracy: Of accuracies, by their ranks and those of the losses.
        loss: Of losses, by their ranks.
        spikes: Of the logarithm of spikes; with a supernet, of what spikes of its paths are wrong by.
    """

    accuracy: RankModel
    loss: RankModel
    spikes: AdditiveModel


@dataclass(frozen=True)
class Predictor(Evaluator):
    """Predicts what an architecture would reach, fitted on a sample that was trained from scratch.

    Accuracy and loss come from the ranks that choices gave in the sample, so that networks which did not learn at all
    drag nothing; spikes from what choices multiply them by, in the sample before and after its training. With a
    supernet, spikes are those of its paths, times what the sample says each choice is wrong by. Values are those of
    trainings as long as the sample's: shorter ones than the final training's reach less, and order architectures nearly
    as well. The intervals are those of the predictor, by its errors at architectures that were left out of the fit.

    Attributes:
        fitted: What ``fit`` made of a sample, or ``autosnn_ray.fit_predictor`` gave.
        supernet: The supernet that ``fit`` was given paths of; None where it was given none.

    Raises:
        InvalidInputError: Nothing was fitted, on another space, or with a supernet that is missing here.
    """

    name: ClassVar[str] = "predictor"
    summary: ClassVar[str] = "predicted from a sample that was trained from scratch"
    finds: ClassVar[tuple[str, ...]] = ("accuracy", "spikes", "loss")
    fitted: Mapping[str, Any] = field(default_factory=dict)
    supernet: Supernet | None = None

    def __post_init__(self) -> None:
        if bool(self.models and self.fitted.get("paths")) != (self.supernet is not None):
            wanted = "the supernet whose paths it was fitted with" if self.supernet is None else "no supernet"
            raise InvalidInputError(f"predictor: expected {wanted}, as when it was fitted")

    def check(self, problem: Problem) -> None:
        """Refuses another problem than the sample's, or than the supernet's."""
        now = problem.parts
        known = self.fitted.get("problem", now)
        differing = sorted({_PARTS.get(name, name) for name in {**known, **now} if known.get(name) != now.get(name)})
        if differing:
            raise InvalidInputError(
                f"fitted: expected a sample that was trained on this problem, got one of another "
                f"({', '.join(differing)}); asr.fit_predictor fits one on this, on the command line --predictor-sample"
            )
        self._check_choices(problem.space)
        if self.supernet is not None:
            self.supernet.check(problem)
            self.supernet.check_weights()

    def _check_choices(self, space: SearchSpace) -> None:
        """Refuses a sample of another space, also one that does not say what it was trained on."""
        slots = len(space.slots)
        if any(len(effects) != slots for effects in (self.models.accuracy.effects, self.models.spikes.effects)):
            raise InvalidInputError(f"fitted: expected a sample of the {slots} slots of {space.name}, got another")
        for place, slot in enumerate(space.slots):
            learned = self.models.accuracy.effects[place].keys() | self.models.spikes.effects[place].keys()
            if not learned <= set(slot.choices):
                raise InvalidInputError(
                    f"fitted: expected a sample of {space.name}, got one with {', '.join(sorted(learned))} in slot "
                    f"{place}, where this space has {', '.join(slot.choices)}"
                )

    @property
    def models(self) -> Models:
        """What was learned."""
        try:
            return Models(
                RankModel.from_dict(self.fitted["accuracy"]),
                RankModel.from_dict(self.fitted["loss"]),
                AdditiveModel.from_dict(self.fitted["spikes"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInputError(
                f"fitted: expected what `asr.fit_predictor` gives today, got one that lacks {error}; "
                "on the command line --predictor-sample makes it"
            ) from error

    @property
    def digest(self) -> str:
        """A short name for what was fitted: the first eight digits of its checksum."""
        # What the sample cost and was of decides no prediction, and older ones do not say it.
        decisive = {name: entry for name, entry in self.fitted.items() if name not in ("epochs", "problem")}
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:8]

    def passes(self, problem: Problem) -> Passes | None:
        """Returns those of a path where spikes are a path's, else none."""
        return Passes() if self.supernet is None else SupernetPath(self.supernet).passes(problem)

    def passes_before(self, problem: Problem) -> Passes | None:
        """Returns what the sample's trainings took, its paths and the supernet's training with it.

        None where what was fitted does not say how long the sample was trained.
        """
        epochs, count = self.fitted.get("epochs"), len(self.fitted.get("architectures", ()))
        if epochs is None:
            return None
        sample = count * TrainFromScratch(epochs=int(epochs)).passes(problem)
        if self.fitted.get("untrained"):
            sample += count * TrainingFree().passes(problem)
        if self.supernet is None:
            return sample
        path = SupernetPath(self.supernet)
        training = path.passes_before(problem)
        return None if training is None else sample + count * path.passes(problem) + training

    def start(self, context: EvaluatorContext) -> Estimate:
        """Reads the models."""
        models = self.models
        inside = replace(context, measured={})
        path = None if self.supernet is None else SupernetPath(self.supernet).start(inside)

        def estimate(architecture: Architecture, repetition: int) -> Evaluation:
            started = time.perf_counter()
            found = None if path is None else path(architecture, repetition)
            shift, error = models.spikes.predict(architecture), _Z * models.spikes.error
            base = 1.0 if found is None else found.spikes
            spikes = [base * math.exp(shift + end) for end in (0, -error, error)]
            layers = {} if found is None else found.layer_spikes
            return Evaluation(
                measures={
                    "accuracy": _predicted(models.accuracy, architecture, most=1.0),
                    "loss": _predicted(models.loss, architecture),
                    "spikes": Measure(spikes[0], PREDICTION, low=spikes[1], high=spikes[2]),
                },
                layer_spikes={layer: count * math.exp(shift) for layer, count in layers.items()},
                seconds=time.perf_counter() - started,
            )

        return estimate


def _predicted(model: RankModel, architecture: Architecture, most: float = math.inf) -> Measure:
    value, (low, high) = model.predict(architecture), model.interval(architecture, CONFIDENCE)
    ends = [min(most, max(0.0, end)) for end in (min(low, value), max(high, value))]
    return Measure(value, PREDICTION, low=ends[0], high=ends[1])


def fit(
    scratch: Mapping[Architecture, Evaluation],
    paths: Mapping[Architecture, Evaluation] | None = None,
    *,
    untrained: Mapping[Architecture, Evaluation] | None = None,
    epochs: int | None = None,
    problem: Problem | None = None,
) -> dict[str, Any]:
    """Learns from architectures that were trained from scratch.

    Args:
        scratch: What each reached.
        paths: What a supernet says of the same architectures; where it is given, what its spikes are wrong by is
            learned.
        untrained: What their spikes are before any training, as ``TrainingFree`` counts them; where it is given,
            spikes are learned from both.
        epochs: How long each was trained, passes over the training split, from which follows what the sample cost.
        problem: What it was trained on: the evaluator is then refused for any other.

    Returns:
        What was fitted as plain values, as ``Predictor`` takes it.

    Raises:
        InvalidInputError: Fewer than five architectures, in all that are given.
    """
    beside = [given for given in (paths, untrained) if given is not None]
    shared = [one for one in scratch if all(one in given for given in beside) and math.isfinite(scratch[one].loss)]
    accuracies, losses = [scratch[one].accuracy for one in shared], [scratch[one].loss for one in shared]
    spikes = [_log(scratch[one].spikes) - (0.0 if paths is None else _log(paths[one].spikes)) for one in shared]
    if untrained is not None:
        spikes = _with_untrained(spikes, [_log(untrained[one].spikes) for one in shared])
    return {
        "accuracy": RankModel.fit(shared, accuracies, beside=[-loss for loss in losses]).to_dict(),
        "loss": RankModel.fit(shared, losses).to_dict(),
        "spikes": AdditiveModel.fit(shared, spikes).to_dict(),
        "paths": paths is not None,
        **({} if untrained is None else {"untrained": True}),
        "architectures": [format_architecture(architecture) for architecture in shared],
        **({} if epochs is None else {"epochs": epochs}),
        **({} if problem is None else {"problem": problem.parts}),
    }


def _with_untrained(trained: Sequence[float], untrained: Sequence[float]) -> list[float]:
    """Mixes logarithms of spikes; the level is that of the trained."""
    level, before = fmean(trained or [0.0]), fmean(untrained or [0.0])
    pairs = zip(trained, untrained, strict=True)
    return [(1 - UNTRAINED_SHARE) * after + UNTRAINED_SHARE * (level + early - before) for after, early in pairs]


def _log(spikes: float) -> float:
    return math.log(max(spikes, _LEAST_SPIKES))
