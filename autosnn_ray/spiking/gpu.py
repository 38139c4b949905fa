"""Neurons on a GPU: launches the Triton kernels over tensors of any layout, as one function of autograd."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from autosnn_ray.spiking import triton_kernels
from autosnn_ray.spiking.compiled import Recurrence
from autosnn_ray.spiking.kernel_gradients import SLOPES
from autosnn_ray.spiking.memory_format import dense, empty


def triton_neuron(x: Tensor, decay: Tensor | float, recurrence: Recurrence, kernels: Any = triton_kernels) -> Tensor:
    """Runs neurons over all time steps; equal to ``fused_neuron``.

    Args:
        x: Inputs, ``(T, N, …)``, any float type, any strides; not empty.
        decay: Share of the voltage lost in one step; a tensor of no dimensions where it is learned.
        recurrence: What the neurons are.
        kernels: Where the kernels are.

    Returns:
        Spikes, same shape and type as ``x``.
    """
    learned = isinstance(decay, Tensor) and decay.requires_grad
    keeps = torch.is_grad_enabled() and (x.requires_grad or learned)
    spikes: Tensor = _TritonNeuron.apply(x, decay, recurrence, keeps, kernels)
    return spikes


def _one(decay: Tensor | float, x: Tensor) -> Tensor:
    """The decay as one number on the device, as precise as sums are: float64 for float64, else float32."""
    wide = torch.float64 if x.dtype == torch.float64 else torch.float32
    if isinstance(decay, Tensor):
        return decay.detach().to(wide)
    return torch.full((), decay, dtype=wide, device=x.device)  # filled there: nothing is sent, nothing waited for


def _steps_of(x: Tensor) -> tuple[Tensor, int]:
    """Inputs without gaps, and how far the next step is: 0 where the same input is seen at all."""
    if len(x) > 1 and x.stride(0) == 0:
        return dense(x[:1]), 0
    return dense(x), x[0].numel()


class _TritonNeuron(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, decay: Tensor | float, recurrence: Recurrence, keeps: bool, kernels: Any
    ) -> Tensor:
        given, x_step = _steps_of(x)
        spikes, share = empty(x.shape, given), _one(decay, x)
        kept = empty(x.shape, given) if keeps else spikes
        size = x[0].numel()
        grid = (-(-size // kernels.BLOCK),)
        kernels.forward[grid](
            given, x_step, share, spikes, kept, size, len(x),
            threshold=recurrence.threshold, v_reset=recurrence.v_reset, divided=recurrence.divided,
            at_threshold=recurrence.at_threshold, keeps=keeps, block=kernels.BLOCK, enable_fp_fusion=False,
        )  # fmt: skip
        if keeps:
            ctx.save_for_backward(kept, share)
            ctx.settings = recurrence, kernels, grid, decay.dtype if isinstance(decay, Tensor) else None
        return spikes

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        kept, share = ctx.saved_tensors
        recurrence, kernels, grid, decay_type = ctx.settings
        to_input = torch.empty_like(kept)
        to_decay = torch.empty(grid, dtype=share.dtype, device=share.device)
        kernels.backward[grid](
            dense(gradient, kept), kept, share, to_input, to_decay, kept[0].numel(), len(kept),
            threshold=recurrence.threshold, v_reset=recurrence.v_reset, divided=recurrence.divided,
            at_threshold=recurrence.at_threshold, alpha=recurrence.alpha, kind=SLOPES[recurrence.surrogate],
            block=kernels.BLOCK,
        )  # fmt: skip
        grad_decay = None
        if ctx.needs_input_grad[1]:
            total = to_decay.sum()
            grad_decay = (total / share if recurrence.divided else total).to(decay_type)
        return to_input if ctx.needs_input_grad[0] else None, grad_decay, None, None, None
