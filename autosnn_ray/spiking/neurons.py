"""Spiking neurons on Norse: a step function, its parameters, and a module over time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from norse.torch.functional.lif_box import LIFBoxFeedForwardState, LIFBoxParameters
from norse.torch.functional.reset import reset_value
from norse.torch.module.snn import SNN
from torch import Tensor, nn

from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.spiking.compiled import Recurrence, can_compile, compiled_neuron
from autosnn_ray.spiking.fused import fused_neuron, has_triton
from autosnn_ray.spiking.meter import SpikeMeter
from autosnn_ray.spiking.steps import Step, box_step, detached_reset, undivided_step
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
        model: Key of ``NEURONS``.
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
        if self.model not in NEURONS:
            raise unknown_name("neuron", self.model, NEURONS)
        find_surrogate(self.surrogate)
        if not (math.isfinite(self.tau) and self.tau > 1):
            raise InvalidInputError(f"tau: expected a number above 1 (time steps), got {self.tau!r}")
        if not (math.isfinite(self.alpha) and self.alpha > 0):
            raise InvalidInputError(f"alpha: expected a positive number, got {self.alpha!r}")
        if not (math.isfinite(self.v_reset) and math.isfinite(self.threshold) and self.threshold > self.v_reset):
            raise InvalidInputError(
                f"threshold: expected a number above v_reset ({self.v_reset!r}), got {self.threshold!r}"
            )

    @property
    def is_silent_on_averages(self) -> bool:
        """Whether a neuron fed by averages of spikes can never fire: its voltage only approaches 1."""
        return self.model != "if" and self.decay_input and self.threshold >= 1 + self.v_reset

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NeuronSettings:
        """Builds the settings that ``to_dict`` wrote."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})


def _is_plain(norm: nn.Module | None) -> bool:
    """Says whether a batch norm does what its class does: one that shares statistics does not."""
    return norm is None or (type(norm) is nn.BatchNorm2d and "forward" not in vars(norm))


def _through(norm: nn.Module | None, x: Tensor) -> Tensor:
    if norm is None:
        return x
    normed: Tensor = norm(x.flatten(0, 1)).unflatten(0, x.shape[:2])
    return normed


class SpikingNeuron(nn.Module):
    """A layer of neurons over time; starts from ``v_reset`` at each call and keeps no state between calls.

    Args:
        settings: What the neurons are.
        step: A Norse activation to run in place of ours; it gets ``LIFBoxParameters`` with dt 1.
        fused: Whether to run the recurrence fused over T; equal to the loop in spikes and gradients.

    Attributes:
        layer_name: The name it counts spikes under; given by the network.

    Example:
        >>> neuron = SpikingNeuron(NeuronSettings(tau=2.0))
        >>> neuron(torch.full((4, 1), 1.2)).squeeze(1).tolist()  # v: 0.6, 0.9, 1.05 -> fires, 0.6
        [0.0, 0.0, 1.0, 0.0]
    """

    w: nn.Parameter | None

    def __init__(self, settings: NeuronSettings | None = None, *, step: Step | None = None, fused: bool = True) -> None:
        super().__init__()
        self.settings = settings or NeuronSettings()
        self.fused = fused and step is None and self.settings.detach_reset
        self.step: Step = step or (box_step if self._divided else undivided_step)
        self.layer_name = "neuron"
        if self.settings.model == "plif":
            self.w = nn.Parameter(torch.empty(()))
            self.reset_parameters()
        else:
            self.register_parameter("w", None)

    def reset_parameters(self) -> None:
        """Sets the time constant back to its start: ``w = -log(tau - 1)``, so that ``sigmoid(w) = 1 / tau``."""
        if self.w is not None:
            nn.init.constant_(self.w, -math.log(self.settings.tau - 1))

    def decay(self) -> Tensor | float:
        """Returns ``dt / tau``: the share of the voltage that is lost in one step."""
        if self.w is not None:
            return torch.sigmoid(self.w)
        return 0.0 if self.settings.model == "if" else 1 / self.settings.tau

    def forward(
        self,
        x: Tensor,
        meter: SpikeMeter | None = None,
        *,
        norm: nn.BatchNorm2d | None = None,
        shortcut: Tensor | None = None,
        shortcut_norm: nn.BatchNorm2d | None = None,
        timesteps: int | None = None,
    ) -> Tensor:
        """Maps inputs ``(T, N, …)`` to spikes of the same shape and type.

        What stands directly before the neurons may be given too: it is then run in the same pass over memory.

        Args:
            x: Inputs; ``(1, N, …)`` with ``timesteps`` where they are the same at every step.
            meter: Where spikes are counted.
            norm: A batch norm through which ``x`` goes first.
            shortcut: Added to the input, ``(T, N, …)``.
            shortcut_norm: A batch norm through which the shortcut goes first.
            timesteps: T, where ``x`` has one step.
        """
        steps = timesteps or len(x)
        plain = _is_plain(norm) and _is_plain(shortcut_norm)
        if plain and self.fused and can_compile(x, shortcut, None if norm is None else norm.weight, self.w):
            spikes, counts = compiled_neuron(
                x, self.decay(), self._recurrence(), timesteps=steps, norm=norm, shortcut=shortcut,
                shortcut_norm=shortcut_norm,
            )  # fmt: skip
            if meter is not None:
                meter.add_counts(self.layer_name, counts)
            return spikes
        x = _through(norm, x)
        if shortcut is not None:
            x = x + _through(shortcut_norm, shortcut)
        x = x.expand(steps, *x.shape[1:])
        spikes = self._run_fused(x) if self.fused else self.run_from(x)[0]
        if meter is not None:
            meter.add(self.layer_name, spikes)
        return spikes

    @property
    def _divided(self) -> bool:
        return self.settings.decay_input and self.settings.model != "if"

    def _recurrence(self) -> Recurrence:
        settings, surrogate = self.settings, find_surrogate(self.settings.surrogate)
        return Recurrence(
            settings.threshold, settings.v_reset, self._divided, settings.surrogate, settings.alpha,
            surrogate.at_threshold,
        )  # fmt: skip

    def _run_fused(self, x: Tensor) -> Tensor:
        if x.is_cuda and x.numel() and has_triton() and not torch.compiler.is_compiling():
            from autosnn_ray.spiking.gpu import triton_neuron

            return triton_neuron(x, self.decay(), self._recurrence())
        return fused_neuron(
            x,
            self.decay(),
            threshold=self.settings.threshold,
            v_reset=self.settings.v_reset,
            divided=self._divided,
            surrogate=find_surrogate(self.settings.surrogate),
            alpha=self.settings.alpha,
        )

    def run_from(self, x: Tensor, v: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Runs Norse's loop over inputs ``(T, N, …)`` from a voltage ``(N, …)``, ``v_reset`` where None.

        Returns:
            Spikes, and the voltage after the last step.
        """

        def constant(value: float) -> Tensor:
            return torch.full((), value, dtype=x.dtype, device=x.device)

        decay = self.decay()
        parameters = LIFBoxParameters(
            tau_mem_inv=decay if isinstance(decay, Tensor) else constant(decay),
            v_leak=constant(self.settings.v_reset),
            v_th=constant(self.settings.threshold),
            v_reset=constant(self.settings.v_reset),
            method=self.settings.surrogate,
            alpha=self.settings.alpha,
            reset_method=detached_reset if self.settings.detach_reset else reset_value,
        )

        def start(inputs: Tensor) -> LIFBoxFeedForwardState:
            return LIFBoxFeedForwardState(v=torch.full_like(inputs[0], self.settings.v_reset))

        begin = None if v is None else LIFBoxFeedForwardState(v=v)
        spikes, end = SNN(self.step, start, parameters, dt=1.0)(x, begin)
        return spikes, end.v

    def extra_repr(self) -> str:
        """Returns the settings that differ between layers."""
        return f"{self.settings.model}, tau={self.settings.tau}, threshold={self.settings.threshold}"
