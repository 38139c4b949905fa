"""Spiking neurons on Norse: a step function, its parameters, and a module over time."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.spiking.compiled import Recurrence, can_compile, compiled_neuron
from autosnn_ray.spiking.fused import fused_neuron, has_triton
from autosnn_ray.spiking.layer_parts import is_plain, over_time
from autosnn_ray.spiking.meter import SpikeMeter
from autosnn_ray.spiking.neuron_settings import NEURONS, NeuronSettings
from autosnn_ray.spiking.norse import SNN, LIFBoxFeedForwardState, LIFBoxParameters, reset_value
from autosnn_ray.spiking.own_neurons import check_spikes, find_own, own_neuron
from autosnn_ray.spiking.recording import is_recorded
from autosnn_ray.spiking.steps import Step, box_step, detached_reset, undivided_step
from autosnn_ray.spiking.surrogates import find_surrogate

__all__ = ["NEURONS", "NeuronSettings", "SpikingNeuron"]


class SpikingNeuron(nn.Module):
    """A layer of neurons over time; starts from ``v_reset`` at each call and keeps no state between calls.

    Args:
        settings: What the neurons are.
        step: A Norse step or cell to run in place of ours, as ``asr.register`` takes it.
        fused: Whether to run the recurrence fused over T; equal to the loop in spikes and gradients.

    Attributes:
        layer_name: The name it counts spikes under; given by the network.
        has_own_step: Whether it runs a step or cell of the user's own.

    Raises:
        InvalidInputError: A step that is none, or settings that it would not follow.

    Example:
        >>> neuron = SpikingNeuron(NeuronSettings(tau=2.0))
        >>> neuron(torch.full((4, 1, 1), 1.2)).flatten().tolist()  # v: 0.6, 0.9, 1.05 -> fires, 0.6
        [0.0, 0.0, 1.0, 0.0]
    """

    w: nn.Parameter | None

    def __init__(self, settings: NeuronSettings | None = None, *, step: Any = None, fused: bool = True) -> None:
        super().__init__()
        self.settings = settings or NeuronSettings()
        self._own = own_neuron(step) if step is not None else find_own(self.settings.model)
        if step is not None and not self.settings.decay_input:
            raise InvalidInputError("decay_input: a step of one's own has its own; leave it out")
        self.fused = fused and not self.has_own_step and self.settings.detach_reset
        ours = box_step if self._divided else undivided_step
        self.step: Step = self._own.step if self._own and self._own.step else ours
        self.cell = self._own.cell() if self._own else None
        self.layer_name = "neuron"
        if self.settings.model == "plif":
            self.w = nn.Parameter(torch.empty(()))
            self.reset_parameters()
        else:
            self.register_parameter("w", None)

    def reset_parameters(self) -> None:
        """Sets the time constant back to its start: ``w = -log(tau - 1)``, so that ``sigmoid(w) = 1 / tau``."""
        fresh = self._own.cell() if self._own else None
        if self.cell is not None and fresh is not None:
            self.cell.load_state_dict(fresh.state_dict())
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
        """Maps inputs ``(T, N, F)`` or ``(T, N, C, H, W)`` to spikes of the same shape and type.

        What stands directly before the neurons may be given too: it is then run in the same pass over memory.

        Args:
            x: Inputs; ``(1, N, …)`` with ``timesteps`` where they are the same at every step.
            meter: Where spikes are counted.
            norm: A batch norm through which ``x`` goes first.
            shortcut: Added to the input, ``(T, N, …)``.
            shortcut_norm: A batch norm through which the shortcut goes first.
            timesteps: T, where ``x`` has one step.

        Raises:
            InvalidInputError: An input without time, such as Norse's ``Lift`` gives step by step.
        """
        if x.dim() not in (3, 5):
            raise InvalidInputError(
                f"input: expected (T, N, F) or (T, N, C, H, W), got {tuple(x.shape)}; for single steps, as in Norse's "
                "Lift and SequentialState, take the neuron's as_cell()"
            )
        steps = timesteps or len(x)
        plain = is_plain(norm) and is_plain(shortcut_norm)
        if plain and self.fused and can_compile(x, shortcut, None if norm is None else norm.weight, self.w):
            spikes, counts = compiled_neuron(
                x, self.decay(), self._recurrence(), timesteps=steps, norm=norm, shortcut=shortcut,
                shortcut_norm=shortcut_norm,
            )  # fmt: skip
            if meter is not None:
                meter.add_counts(self.layer_name, counts)
            return spikes
        x = x if norm is None else over_time(norm, x)
        if shortcut is not None:
            x = x + (shortcut if shortcut_norm is None else over_time(shortcut_norm, shortcut))
        x = x.expand(steps, *x.shape[1:])
        spikes = self._run(x)
        if self.has_own_step:
            check_spikes(self.layer_name, spikes)
        if meter is not None:
            meter.add(self.layer_name, spikes)
        return spikes

    @property
    def has_own_step(self) -> bool:
        """Whether it runs a step or cell of the user's own."""
        return self._own is not None

    def as_cell(self) -> nn.Module:
        """Returns these neurons as a Norse cell, ``(x, state) -> (spikes, state)``: one step, for Norse's containers.

        The cell shares what is learned with the neurons.

        Example:
            >>> import norse.torch
            >>> cell = SpikingNeuron(NeuronSettings()).as_cell()
            >>> spikes, state = norse.torch.Lift(cell)(torch.full((4, 1, 1), 1.2))
            >>> spikes.flatten().tolist()
            [0.0, 0.0, 1.0, 0.0]
        """
        if self.cell is not None:
            return self.cell
        return _Cell(self)

    @property
    def _divided(self) -> bool:
        return self.settings.decay_input and self.settings.model != "if"

    def _recurrence(self) -> Recurrence:
        settings, surrogate = self.settings, find_surrogate(self.settings.surrogate)
        return Recurrence(
            settings.threshold, settings.v_reset, self._divided, settings.surrogate, settings.alpha,
            surrogate.at_threshold,
        )  # fmt: skip

    def _run(self, x: Tensor) -> Tensor:
        if self.cell is not None:
            return self._run_cell(x, self.cell)
        return self._run_fused(x) if self.fused else self.run_from(x)[0]

    def _run_fused(self, x: Tensor) -> Tensor:
        if x.is_cuda and x.numel() and has_triton() and not is_recorded():
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

        Raises:
            InvalidInputError: A step that keeps another state than Norse's LIFBox.
        """
        begin = None if v is None else LIFBoxFeedForwardState(v=v)
        try:
            spikes, end = SNN(self.step, lambda inputs: self.start(inputs[0]), self.parameters_for(x), dt=1.0)(x, begin)
            return spikes, end.v
        except AttributeError as error:
            if not self.has_own_step:
                raise
            raise InvalidInputError(
                f"step: {error}; one with states or parameters other than Norse's LIFBox is given as a cell, such as "
                "norse.torch.LIFCell, or SNNCell(step, start, parameters, dt)"
            ) from error

    def _run_cell(self, x: Tensor, cell: nn.Module) -> Tensor:
        state, spikes = None, []
        for one in x:
            z, state = cell(one, state)
            spikes.append(z.to(x.dtype))
        return torch.stack(spikes)

    def start(self, like: Tensor) -> LIFBoxFeedForwardState:
        """Returns the state before the first step, for inputs ``(N, …)``."""
        return LIFBoxFeedForwardState(v=torch.full_like(like, self.settings.v_reset))

    def parameters_for(self, like: Tensor) -> LIFBoxParameters:
        """Returns Norse's parameters of one step, with dt 1, of the type of the inputs."""

        def constant(value: float) -> Tensor:
            return torch.full((), value, dtype=like.dtype, device=like.device)

        decay = self.decay()
        return LIFBoxParameters(
            tau_mem_inv=decay if isinstance(decay, Tensor) else constant(decay),
            v_leak=constant(self.settings.v_reset),
            v_th=constant(self.settings.threshold),
            v_reset=constant(self.settings.v_reset),
            method=self.settings.surrogate,
            alpha=self.settings.alpha,
            reset_method=detached_reset if self.settings.detach_reset else reset_value,
        )

    def extra_repr(self) -> str:
        """Returns the settings that differ between layers."""
        return f"{self.settings.model}, tau={self.settings.tau}, threshold={self.settings.threshold}"


class _Cell(nn.Module):
    """One step of a layer of neurons, by Norse's protocol."""

    def __init__(self, neuron: SpikingNeuron) -> None:
        super().__init__()
        self.neuron = neuron

    def forward(self, x: Tensor, state: LIFBoxFeedForwardState | None = None) -> tuple[Tensor, LIFBoxFeedForwardState]:
        neuron = self.neuron
        return neuron.step(x, neuron.start(x) if state is None else state, neuron.parameters_for(x), 1.0)
