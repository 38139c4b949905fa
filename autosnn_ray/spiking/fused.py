"""The neurons' recurrence fused over time: one pass forward, one backward.

Equal to Norse's loop over steps, in spikes to the last bit, in gradients to rounding. Forward keeps one tensor of
its own for the backward pass, the voltage before the reset; without gradients it keeps none.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from autosnn_ray.spiking.surrogates import Surrogate


def fused_neuron(
    x: Tensor,
    decay: Tensor | float,
    *,
    threshold: float,
    v_reset: float,
    divided: bool,
    surrogate: Surrogate,
    alpha: float,
) -> Tensor:
    """Runs neurons over all time steps.

    Args:
        x: Inputs, shape ``(T, N, …)``, any float type, any strides.
        decay: Share of the voltage lost in one step; a tensor of no dimensions where it is learned.
        threshold: Voltage at which a neuron fires.
        v_reset: Voltage after a spike, and at the start.
        divided: Whether the input is multiplied by ``decay`` too.
        surrogate: What stands for the derivative of a spike.
        alpha: The surrogate's sharpness.

    Returns:
        Spikes, same shape and type as ``x``.
    """
    learned = isinstance(decay, Tensor) and decay.requires_grad
    if torch.is_grad_enabled() and (x.requires_grad or learned):
        spikes: Tensor = _FusedNeuron.apply(x, decay, threshold, v_reset, divided, surrogate, alpha)
        return spikes
    spikes = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    h, v = torch.empty_like(spikes[0]), torch.full_like(spikes[0], v_reset)
    for t in range(len(x)):
        _integrate(x[t], v, h, decay, v_reset, divided)
        _fire(h, spikes[t], v, threshold, v_reset, surrogate)
    return spikes


@cache
def has_triton() -> bool:
    """Says whether Triton is installed: PyTorch's packages for CUDA bring it, on Linux."""
    return find_spec("triton") is not None


def _integrate(x: Tensor, v: Tensor, h: Tensor, decay: Tensor | float, v_reset: float, divided: bool) -> None:
    """Writes the voltage before the reset into ``h``, rounding as the reference does."""
    if divided:
        torch.sub(x if v_reset == 0 else x + v_reset, v, out=h)
        h.mul_(decay).add_(v)
    else:
        torch.mul(v if v_reset == 0 else v - v_reset, decay, out=h)
        torch.sub(v, h, out=h)
        h.add_(x)


def _fire(h: Tensor, spikes: Tensor, v: Tensor, threshold: float, v_reset: float, surrogate: Surrogate) -> None:
    """Writes spikes, and the voltage after the reset into ``v``."""
    (torch.ge if surrogate.at_threshold else torch.gt)(h, threshold, out=spikes)
    _reset(h, spikes, v_reset, v)


def _reset(h: Tensor, spikes: Tensor, v_reset: float, v: Tensor) -> None:
    """Writes ``(1 - z) * h + z * v_reset`` into ``v``; spikes are 0 or 1, so no form of it rounds."""
    torch.addcmul(h, h, spikes, value=-1, out=v)
    if v_reset != 0:
        v.add_(spikes, alpha=v_reset)


class _FusedNeuron(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        decay: Tensor | float,
        threshold: float,
        v_reset: float,
        divided: bool,
        surrogate: Surrogate,
        alpha: float,
    ) -> Tensor:
        h = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        spikes = torch.empty_like(h)
        v = torch.full_like(h[0], v_reset)
        for t in range(len(x)):
            _integrate(x[t], v, h[t], decay, v_reset, divided)
            _fire(h[t], spikes[t], v, threshold, v_reset, surrogate)
        learned = isinstance(decay, Tensor)
        # The spikes are kept by the next layer in any case: to keep them here too costs no memory.
        ctx.save_for_backward(h, spikes, *((decay,) if learned else ()))
        ctx.settings = (None if learned else decay, threshold, v_reset, divided, surrogate, alpha)
        return spikes

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        constant, threshold, v_reset, divided, surrogate, alpha = ctx.settings
        # Read once: where activations are computed anew, a second reading would compute them again.
        h, spikes, *learned = ctx.saved_tensors
        decay = learned[0] if constant is None else constant
        # dL/dh_t = dL/dz_t * slope(h_t) + dL/dh_{t+1} * (1 - decay) where no spike reset the voltage.
        grad_h = surrogate.slope(h - threshold, alpha).mul_(gradient)
        if len(h) > 1:
            passed_on = torch.sub(1, spikes[:-1]).mul_(1 - decay)
            for t in range(len(h) - 2, -1, -1):
                grad_h[t].addcmul_(grad_h[t + 1], passed_on[t])
        grad_decay = None
        if constant is None and ctx.needs_input_grad[1]:
            grad_decay = _decay_gradient(grad_h, h, spikes, decay, v_reset, divided)
        grad_x = (grad_h.mul_(decay) if divided else grad_h) if ctx.needs_input_grad[0] else None
        return grad_x, grad_decay, None, None, None, None, None


def _decay_gradient(grad_h: Tensor, h: Tensor, spikes: Tensor, decay: Tensor, v_reset: float, divided: bool) -> Tensor:
    """Sums dL/dh_t * dh_t/ddecay: ``x_t + v_reset - v_{t-1}`` or ``v_reset - v_{t-1}``."""
    before = torch.full_like(h, v_reset)
    _reset(h[:-1], spikes[:-1], v_reset, before[1:])
    # h_t = v_{t-1} + decay * (x_t + v_reset - v_{t-1}): the bracket follows from h, x need not be kept.
    bracket = torch.sub(h, before, out=before) if divided else before.neg_().add_(v_reset)
    total = torch.dot(grad_h.flatten(), bracket.flatten())
    return (total / decay if divided else total).to(decay.dtype)
