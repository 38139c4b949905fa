"""What an evaluator finds out about an architecture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Evaluation:
    """Accuracy and spikes of an architecture on one split of the data.

    Attributes:
        accuracy: Share of samples classified right, 0 to 1.
        spikes: Spikes emitted for one sample over all time steps, mean over the split (spikes/sample).
        loss: Mean of the training loss over the split.
        samples: How many samples the split holds.
        layer_spikes: Spikes/sample of each layer of neurons, by its name.
        seconds: Time the evaluation took.
    """

    accuracy: float
    spikes: float
    loss: float = math.nan
    samples: int = 0
    layer_spikes: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def is_finite(self) -> bool:
        """Whether accuracy and spikes can be ranked at all."""
        return math.isfinite(self.accuracy) and math.isfinite(self.spikes)

    def to_dict(self) -> dict[str, Any]:
        """Returns the evaluation as plain values; a loss that is not finite becomes ``None``."""
        return {
            "accuracy": self.accuracy,
            "spikes": self.spikes,
            "loss": self.loss if math.isfinite(self.loss) else None,
            "samples": self.samples,
            "layer_spikes": dict(self.layer_spikes),
            "seconds": self.seconds,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Evaluation:
        """Builds the evaluation that ``to_dict`` wrote."""
        loss = values.get("loss")
        return cls(
            accuracy=float(values["accuracy"]),
            spikes=float(values["spikes"]),
            loss=math.nan if loss is None else float(loss),
            samples=int(values.get("samples", 0)),
            layer_spikes={str(k): float(v) for k, v in dict(values.get("layer_spikes", {})).items()},
            seconds=float(values.get("seconds", 0.0)),
        )


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
