"""What an evaluator finds out about an architecture: measures by name, each with how it came about."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from autosnn_ray.errors import InvalidInputError, unknown_name

SHARE, MEAN, PREDICTION, SCORE, EXACT, GIVEN = "share", "mean", "prediction", "score", "exact", "given"
TIMED = "timed"
BASES: dict[str, str] = {
    SHARE: "a share of samples, with the binomial interval of their number",
    MEAN: "a mean over samples",
    PREDICTION: "predicted, with the predictor's own interval",
    SCORE: "a score: it orders architectures and estimates nothing",
    EXACT: "known of the architecture without measuring",
    TIMED: "a median over repeats, by the clock of the machine that evaluated",
    GIVEN: "as an evaluator of one's own gave it, which says nothing of its error",
}
"""How a measure came about, by name."""

CONFIDENCE = 0.95
"""What a prediction's own interval claims: the share of trainings that it holds."""


@dataclass(frozen=True)
class Measure:
    """A number, and how it came about.

    Attributes:
        value: The number; its unit belongs to the measure's name.
        basis: Key of ``BASES``.
        samples: Over how many samples, for a share or a mean; how many repeats, for a timing.
        low: Lower end of a prediction's own interval, of ``CONFIDENCE``; NaN where there is none.
        high: Its upper end.
        threads: With how many threads a timing was taken; 0 for anything else.

    Raises:
        InvalidInputError: An unknown basis.
    """

    value: float
    basis: str = GIVEN
    samples: int = 0
    low: float = math.nan
    high: float = math.nan
    threads: int = 0

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            raise unknown_name("basis of a measure", self.basis, BASES)

    def to_dict(self) -> dict[str, Any]:
        """Returns what differs from the defaults, as plain values."""
        found: dict[str, Any] = {"value": self.value, "basis": self.basis}
        if self.samples:
            found["samples"] = self.samples
        if self.threads:
            found["threads"] = self.threads
        if math.isfinite(self.low) and math.isfinite(self.high):
            found |= {"low": self.low, "high": self.high}
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Measure:
        """Builds the measure that ``to_dict`` wrote."""
        return cls(
            float(values["value"]),
            str(values["basis"]),
            int(values.get("samples", 0)),
            float(values.get("low", math.nan)),
            float(values.get("high", math.nan)),
            int(values.get("threads", 0)),
        )


@dataclass(frozen=True)
class Evaluation:
    """What was found of an architecture.

    Attributes:
        measures: By name: ``accuracy`` (0 to 1), ``spikes`` (spikes/sample over all time steps), ``loss``,
            ``parameters`` and whatever else an evaluator measures.
        layer_spikes: Spikes/sample of each layer of neurons, by its name.
        seconds: Time the evaluation took.
        correct: Which samples were classified right, one bit a sample, for paired tests; None where unknown. It is kept
            beside the journal, and is no part of what ``to_dict`` returns.

    Example:
        >>> found = Evaluation.measured(accuracy=0.9, spikes=500.0, samples=360)
        >>> found.accuracy, found["spikes"], found.measures["accuracy"].basis
        (0.9, 500.0, 'share')
    """

    measures: Mapping[str, Measure]
    layer_spikes: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    correct: bytes | None = field(default=None, compare=False, repr=False)

    @classmethod
    def measured(
        cls,
        *,
        accuracy: float,
        spikes: float,
        loss: float = math.nan,
        samples: int = 0,
        layer_spikes: Mapping[str, float] | None = None,
        seconds: float = 0.0,
        correct: bytes | None = None,
    ) -> Evaluation:
        """Makes the evaluation of a network that was run on samples.

        Args:
            accuracy: Share of samples classified right, 0 to 1.
            spikes: Spikes emitted for one sample over all time steps, mean over the samples (spikes/sample).
            loss: Mean of the training loss over the samples; left out where NaN.
            samples: How many samples; where 0, nothing is known of the numbers' errors.
            layer_spikes: Spikes/sample of each layer of neurons, by its name.
            seconds: Time the evaluation took.
            correct: Which samples were classified right, one bit a sample.
        """
        share, mean = (SHARE, MEAN) if samples else (GIVEN, GIVEN)
        measures = {"accuracy": Measure(accuracy, share, samples), "spikes": Measure(spikes, mean, samples)}
        if not math.isnan(loss):
            measures["loss"] = Measure(loss, mean, samples)
        return cls(measures, dict(layer_spikes or {}), seconds, correct)

    @classmethod
    def given(cls, values: Mapping[str, float]) -> Evaluation:
        """Makes an evaluation of plain numbers by name, such as a function of one's own returns.

        Raises:
            InvalidInputError: No numbers, or something that is none.
        """
        try:
            measures = {str(name): Measure(float(value)) for name, value in values.items()}
        except (TypeError, ValueError, AttributeError) as error:
            raise InvalidInputError(
                "an evaluator: expected an Evaluation or numbers by name, such as {'accuracy': 0.9, 'spikes': 500}, "
                f"got {values!r}"
            ) from error
        if not measures:
            raise InvalidInputError("an evaluator: expected at least one measure, got none")
        return cls(measures)

    def __getitem__(self, name: str) -> float:
        """Returns the value of a measure.

        Raises:
            InvalidInputError: It has no such measure.
        """
        if name not in self.measures:
            raise unknown_name("measure", name, self.measures, "An evaluator says what it measures.")
        return self.measures[name].value

    def __contains__(self, name: object) -> bool:
        return name in self.measures

    def __iter__(self) -> Iterator[str]:
        return iter(self.measures)

    def get(self, name: str, default: float = math.nan) -> float:
        """Returns the value of a measure, or a default where it has no such measure."""
        return self.measures[name].value if name in self.measures else default

    @property
    def accuracy(self) -> float:
        """Share of samples classified right, 0 to 1: measured or predicted."""
        return self["accuracy"]

    @property
    def spikes(self) -> float:
        """Spikes/sample over all time steps."""
        return self["spikes"]

    @property
    def loss(self) -> float:
        """Mean of the training loss; NaN where it was not measured."""
        return self.get("loss")

    @property
    def samples(self) -> int:
        """How many samples the accuracy is a share of; 0 where it is none."""
        return self.measures["accuracy"].samples if "accuracy" in self.measures else 0

    @property
    def is_finite(self) -> bool:
        """Whether every measure is a number that can be ranked, and each layer's spikes one that can be written."""
        values = (*(measure.value for measure in self.measures.values()), *self.layer_spikes.values(), self.seconds)
        return all(map(math.isfinite, values))

    def to_dict(self) -> dict[str, Any]:
        """Returns the evaluation as plain values."""
        return {
            "measures": {name: measure.to_dict() for name, measure in self.measures.items()},
            "layer_spikes": dict(self.layer_spikes),
            "seconds": self.seconds,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Evaluation:
        """Builds the evaluation that ``to_dict`` wrote, now or before measures had names."""
        layers = {str(k): float(v) for k, v in dict(values.get("layer_spikes", {})).items()}
        seconds = float(values.get("seconds", 0.0))
        if "measures" not in values:
            loss = values.get("loss")
            return cls.measured(
                accuracy=float(values["accuracy"]),
                spikes=float(values["spikes"]),
                loss=math.nan if loss is None else float(loss),
                samples=int(values.get("samples", 0)),
                layer_spikes=layers,
                seconds=seconds,
            )
        measures = {str(name): Measure.from_dict(entry) for name, entry in values["measures"].items()}
        return cls(measures, layers, seconds)


@dataclass(frozen=True)
class Failure:
    """Why a candidate has no evaluation.

    Attributes:
        reason: One line for people.
        attempts: How often the evaluation was started.
    """

    reason: str
    attempts: int = 1


Outcome = Evaluation | Failure
"""What is told of a candidate."""
