"""What a spiking neuron is, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from autosnn_ray.checks import check_types
from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.plugins import own_code_hint
from autosnn_ray.spiking.own_neurons import VARIABLE, OwnNeuron, find_own
from autosnn_ray.spiking.surrogates import find_surrogate

NEURONS: dict[str, str] = {
    "plif": "leaky integrate-and-fire, one learned time constant a layer (Fang et al., ICCV 2021)",
    "lif": "leaky integrate-and-fire, the time constant fixed",
    "if": "integrate-and-fire, no leak",
}
"""Neuron models by name."""


@dataclass(frozen=True)
class NeuronSettings:
    """What a spiking neuron is; voltages in units of the input, times in time steps.

    Attributes:
        model: Key of ``NEURONS``, or the name of a neuron of one's own (``asr.register``): a step gets the settings
            below but ``decay_input``, its time constant fixed; a cell has parameters of its own, and none of them.
        tau: Membrane time constant, at the start where it is learned; above 1.
        threshold: Voltage at which a neuron fires.
        v_reset: Voltage after a spike, and at the start.
        decay_input: Whether the input is divided by tau, as the original AutoSNN has it.
        surrogate: Key of ``SURROGATES``.
        alpha: The surrogate's sharpness.
        detach_reset: Whether no gradient flows through the reset, as the original has it.

    Raises:
        InvalidInputError: A value is not what it must be.
    """

    model: str = "plif"
    tau: float = 2.0
    threshold: float = 1.0
    v_reset: float = 0.0
    decay_input: bool = True
    surrogate: str = "atan"
    alpha: float = 2.0
    detach_reset: bool = True

    def __post_init__(self) -> None:
        check_types(self)
        if self.model not in NEURONS:
            self._check_own(find_own(self.model))
        find_surrogate(self.surrogate)
        if not (math.isfinite(self.tau) and self.tau > 1):
            raise InvalidInputError(f"tau: expected a number above 1 (time steps), got {self.tau!r}")
        if not (math.isfinite(self.alpha) and self.alpha > 0):
            raise InvalidInputError(f"alpha: expected a positive number, got {self.alpha!r}")
        if not (math.isfinite(self.v_reset) and math.isfinite(self.threshold) and self.threshold > self.v_reset):
            raise InvalidInputError(
                f"threshold: expected a number above v_reset ({self.v_reset!r}), got {self.threshold!r}"
            )

    def _check_own(self, own: OwnNeuron | None) -> None:
        if own is None:
            hint = (
                "A step or cell of one's own is not imported because a file names it: call "
                f"asr.register(…, kind='neuron', name={self.model!r}) first, or set {VARIABLE}={self.model}."
            )
            raise unknown_name(
                "neuron", self.model, NEURONS, f"{hint if ':' in self.model else ''} {own_code_hint()}".strip()
            )
        given = [field.name for field in fields(self) if getattr(self, field.name) != field.default]
        ignored = [name for name in given if name != "model" and (own.make is not None or name == "decay_input")]
        if ignored:
            raise InvalidInputError(f"{', '.join(ignored)}: neuron {self.model!r} has its own; leave it out")

    @property
    def is_silent_on_averages(self) -> bool:
        """Whether a neuron fed by averages of spikes can never fire: its voltage only approaches 1."""
        return self.model in ("plif", "lif") and self.decay_input and self.threshold >= 1 + self.v_reset

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NeuronSettings:
        """Builds the settings that ``to_dict`` wrote."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})
