"""The neurons' recurrence for GPUs: Triton kernels, one pass over memory forward and one backward.

A thread runs its neurons over all time steps, their voltages in registers. Each operation rounds as PyTorch's does, to
the type of the inputs, so that spikes equal those of ``fused``; a sum is made block by block, in one order always.
"""

from __future__ import annotations

import math

import triton
import triton.language as tl

from autosnn_ray.spiking.surrogates import SQRT_PI

BLOCK = 512
"""Neurons of one program."""

_HALF_PI = tl.constexpr(math.pi / 2)
_SQRT_PI = tl.constexpr(SQRT_PI)


@triton.jit
def _sum(one: tl.tensor, other: tl.tensor) -> tl.tensor:
    return one + other


@triton.jit
def _fires(h: tl.tensor, like: tl.constexpr, threshold: tl.constexpr, at_threshold: tl.constexpr) -> tl.tensor:
    level = tl.full(h.shape, threshold, like).to(h.dtype)  # PyTorch compares numbers of the inputs' type
    return h >= level if at_threshold else h > level


@triton.jit
def _slope(x: tl.tensor, alpha: tl.constexpr, kind: tl.constexpr) -> tl.tensor:
    """The surrogate's derivative at voltages above the threshold; ``kind`` as in ``kernel_gradients.SLOPES``."""
    if kind == 0:
        scaled = x * (_HALF_PI * alpha)
        return (alpha / 2) / (scaled * scaled + 1)
    if kind == 1:
        wide = tl.abs(x) + 1
        return 1 / (wide * wide)
    if kind == 2:
        return alpha * tl.maximum(1 - tl.abs(x), 0.0)
    if kind == 3:
        grown = tl.exp(x * alpha)  # 1 - tanh^2 = 1 / cosh^2; where exp overflows, 0
        cosh = (grown + 1 / grown) / 2
        return 1 / (cosh * cosh)
    if kind == 4:
        square = x * x
        root = tl.sqrt(square + alpha * alpha)
        return (1 / (2 * root) - square / (2 * root * root * root)) * (2 * alpha)
    scaled = x * alpha
    return 2 * tl.exp(-scaled * scaled) / _SQRT_PI


@triton.jit
def forward(
    x: tl.tensor,
    x_step: tl.tensor,
    decay: tl.tensor,
    spikes: tl.tensor,
    kept: tl.tensor,
    size: tl.tensor,
    steps: tl.tensor,
    threshold: tl.constexpr,
    v_reset: tl.constexpr,
    divided: tl.constexpr,
    at_threshold: tl.constexpr,
    keeps: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """Writes spikes and, where ``keeps``, the voltages before the reset.

    Args:
        x: Inputs, ``size`` numbers a step; a step begins ``x_step`` numbers after the last, 0 where all are the same.
        x_step: See ``x``.
        decay: Share of the voltage lost in one step: one number.
        spikes: Where spikes are written, ``(steps, size)``.
        kept: Where voltages are written.
        size: Neurons.
        steps: Time steps.
        threshold: Voltage at which a neuron fires.
        v_reset: Voltage after a spike, and at the start.
        divided: Whether the input is multiplied by ``decay`` too.
        at_threshold: Whether a voltage exactly at the threshold fires.
        keeps: Whether voltages are kept for the backward pass.
        block: Neurons of one program.
    """
    here = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    inside = here < size
    like = spikes.dtype.element_ty
    share = tl.load(decay)
    wide = share.dtype
    reset = tl.full((block,), v_reset, like).to(wide)
    v = reset
    for _ in range(steps):
        given = tl.load(x + here, mask=inside, other=0.0).to(wide)
        if divided:
            moved = given if v_reset == 0 else (given + v_reset).to(like).to(wide)
            moved = (moved - v).to(like).to(wide)
            moved = (moved * share).to(like).to(wide)
            h = (moved + v).to(like).to(wide)
        else:
            moved = v if v_reset == 0 else (v - v_reset).to(like).to(wide)
            moved = (moved * share).to(like).to(wide)
            moved = (v - moved).to(like).to(wide)
            h = (moved + given).to(like).to(wide)
        fires = _fires(h, like, threshold, at_threshold)
        tl.store(spikes + here, fires.to(wide).to(like), mask=inside)
        if keeps:
            tl.store(kept + here, h.to(like), mask=inside)
            kept += size
        v = tl.where(fires, reset, h)
        x += x_step
        spikes += size


@triton.jit
def backward(
    gradient: tl.tensor,
    kept: tl.tensor,
    decay: tl.tensor,
    to_input: tl.tensor,
    to_decay: tl.tensor,
    size: tl.tensor,
    steps: tl.tensor,
    threshold: tl.constexpr,
    v_reset: tl.constexpr,
    divided: tl.constexpr,
    at_threshold: tl.constexpr,
    alpha: tl.constexpr,
    kind: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """Takes gradients back from the last step to the first.

    Args:
        gradient: dL/dspikes, ``(steps, size)``.
        kept: The voltages before the reset.
        decay: As in ``forward``.
        to_input: Where dL/dinput is written.
        to_decay: Where each program writes its part of dL/ddecay, times decay where the input is divided.
        size: As in ``forward``, and so the next five.
        steps: Time steps.
        threshold: Voltage at which a neuron fires.
        v_reset: Voltage after a spike, and at the start.
        divided: Whether the input is multiplied by ``decay`` too.
        at_threshold: Whether a voltage exactly at the threshold fires.
        alpha: The surrogate's sharpness.
        kind: The surrogate, as in ``kernel_gradients.SLOPES``.
        block: Neurons of one program.
    """
    here = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    inside = here < size
    like = to_input.dtype.element_ty
    share = tl.load(decay)
    wide = share.dtype
    reset = tl.full((block,), v_reset, like).to(wide)
    last_step = tl.cast(steps - 1, tl.int64) * size
    gradient += last_step
    kept += last_step
    to_input += last_step
    h = tl.load(kept + here, mask=inside, other=v_reset).to(wide)
    later = tl.full((block,), 0.0, wide)
    of_decay = tl.full((block,), 0.0, wide)
    for back in range(steps):
        fires = _fires(h, like, threshold, at_threshold)
        g = tl.load(gradient + here, mask=inside, other=0.0).to(wide)
        # A spike cuts this step's voltage off from the next step's.
        later = _slope(h - threshold, alpha, kind) * g + tl.where(fires, 0.0, later * (1 - share))
        tl.store(to_input + here, (later * share if divided else later).to(like), mask=inside)
        earlier = here < tl.where(back + 1 < steps, size, 0)
        kept -= size
        before = tl.load(kept + here, mask=earlier, other=v_reset).to(wide)
        v = tl.where(earlier & (_fires(before, like, threshold, at_threshold) == 0), before, reset)
        of_decay += later * ((h - v) if divided else (reset - v))
        h = before
        gradient -= size
        to_input -= size
    tl.store(to_decay + tl.program_id(0), tl.reduce(of_decay, 0, _sum))
