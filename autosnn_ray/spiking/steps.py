"""Single time steps of neurons, as Norse writes them."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from autosnn_ray.spiking.norse import LIFBoxFeedForwardState, LIFBoxParameters, reset_value
from autosnn_ray.spiking.surrogates import find_surrogate

Step = Callable[[Tensor, LIFBoxFeedForwardState, LIFBoxParameters, float], tuple[Tensor, LIFBoxFeedForwardState]]
"""Norse's feed-forward activation: input ``(N, …)``, state, parameters, dt to spikes and state."""


def detached_reset(z: Tensor, v: Tensor, reset: Tensor, th: Tensor) -> Tensor:
    """Resets like Norse's ``reset_value``, with no gradient through the spikes."""
    voltage: Tensor = reset_value(z.detach(), v, reset, th)
    return voltage


def box_step(
    x: Tensor, state: LIFBoxFeedForwardState, p: LIFBoxParameters, dt: float
) -> tuple[Tensor, LIFBoxFeedForwardState]:
    """Makes one step of Norse's LIFBox with our surrogates: the input is divided by tau like the voltage.

    ``v <- v + dt / tau * (x + v_leak - v)``; a spike where ``v`` reaches the threshold; then the reset.
    """
    v = state.v + dt * p.tau_mem_inv * (x + p.v_leak - state.v)
    return _fire(v, p)


def undivided_step(
    x: Tensor, state: LIFBoxFeedForwardState, p: LIFBoxParameters, dt: float
) -> tuple[Tensor, LIFBoxFeedForwardState]:
    """Makes one step of the convention in which the input enters undivided.

    ``v <- v - dt / tau * (v - v_leak) + x``; a spike where ``v`` reaches the threshold; then the reset.
    """
    v = state.v - (state.v - p.v_leak) * (dt * p.tau_mem_inv) + x
    return _fire(v, p)


def _fire(v: Tensor, p: LIFBoxParameters) -> tuple[Tensor, LIFBoxFeedForwardState]:
    z = find_surrogate(p.method).spike(v - p.v_th, p.alpha)
    return z, LIFBoxFeedForwardState(v=p.reset_method(z, v, p.v_reset, p.v_th))
