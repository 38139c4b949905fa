"""Batch norm, shortcut and neurons as one function of autograd, run by the compiled loops of ``kernels``.

What is kept for the backward pass is what the convolutions gave, and nothing of the neurons' own: voltages are computed
anew. In evaluation mode spikes are those of PyTorch's batch norm followed by the loop over steps, to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from autosnn_ray.spiking import kernel_gradients, kernels
from autosnn_ray.spiking.kernel_gradients import SLOPES
from autosnn_ray.spiking.memory_format import Array, array, channels, dense, empty, neighbours
from autosnn_ray.spiking.recording import is_recorded
from autosnn_ray.spiking.threads import in_threads


@dataclass(frozen=True)
class Recurrence:
    """What the loops need to know of a layer of neurons: see ``NeuronSettings``, and ``Surrogate`` for the last two."""

    threshold: float
    v_reset: float
    divided: bool
    surrogate: str
    alpha: float
    at_threshold: bool


@dataclass(frozen=True)
class _Norm:
    """A batch norm as it stands: mean and inverse deviation of each channel, and whether this batch gave them."""

    mean: Tensor
    inverse: Tensor
    scale: Tensor
    shift: Tensor
    own: bool


def can_compile(x: Tensor, *others: Tensor | None) -> bool:
    """Returns whether the loops take these inputs: on a CPU, of one type, float32 or float64, and not empty.

    Where PyTorch records a program there are no numbers to run over: it records operations of its own.
    """
    if is_recorded():
        return False
    given = [x, *(other for other in others if other is not None)]
    return (
        x.numel() > 0
        and x.dtype in (torch.float32, torch.float64)
        and all(one.device.type == "cpu" and one.dtype == x.dtype for one in given)
    )


def compiled_neuron(
    x: Tensor,
    decay: Tensor | float,
    recurrence: Recurrence,
    *,
    timesteps: int,
    norm: nn.BatchNorm2d | None = None,
    shortcut: Tensor | None = None,
    shortcut_norm: nn.BatchNorm2d | None = None,
) -> tuple[Tensor, Tensor]:
    """Runs neurons over all time steps, with what stands directly before them.

    Args:
        x: What the convolution gave, ``(T, N, …)``; ``(1, N, …)`` where it is the same at every step.
        decay: Share of the voltage lost in one step; a tensor of no dimensions where it is learned.
        recurrence: What the neurons are.
        timesteps: Steps T.
        norm: The batch norm after the convolution; in training mode its statistics are updated.
        shortcut: Added to the input, ``(T, N, …)``.
        shortcut_norm: The shortcut's batch norm.

    Returns:
        Spikes ``(T, N, …)``, of the memory format of ``x``, and how many each sample had, ``(N,)``.
    """
    x, shortcut = dense(x), None if shortcut is None else dense(shortcut, x)
    statistics = tuple(
        None if one is None or of is None else _statistics(one, of)
        for one, of in ((norm, x), (shortcut_norm, shortcut))
    )
    affine = [value for one in (norm, shortcut_norm) for value in _affine(one)]
    spikes, counts = _CompiledNeuron.apply(x, shortcut, decay, *affine, statistics, recurrence, timesteps)
    return spikes, counts


def _affine(norm: nn.BatchNorm2d | None) -> tuple[Tensor | None, Tensor | None]:
    return (None, None) if norm is None else (norm.weight, norm.bias)


def _statistics(norm: nn.BatchNorm2d, x: Tensor) -> _Norm:
    """Takes a batch's mean and variance in training, the running ones in evaluation."""
    own = norm.training or norm.running_mean is None
    mean, variance = norm.running_mean, norm.running_var
    with torch.no_grad():
        if own:
            factor = 0.0 if norm.momentum is None else norm.momentum
            if norm.training and norm.num_batches_tracked is not None:
                norm.num_batches_tracked.add_(1)
                factor = 1 / float(norm.num_batches_tracked) if norm.momentum is None else factor
            mean, variance = torch.batch_norm_update_stats(x.flatten(0, 1), mean, variance, factor)
        elif mean is None or variance is None:
            raise TypeError("a batch norm in evaluation mode needs both statistics")
        inverse = (variance + norm.eps).rsqrt()
        scale = inverse * norm.weight
        # Rounded once, as PyTorch does it.
        shift = (norm.bias.double() - mean.double() * scale.double()).to(scale.dtype)
        return _Norm(mean.clone(), inverse, scale, shift, own)


class _CompiledNeuron(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        shortcut: Tensor | None,
        decay: Tensor | float,
        weight: Tensor | None,
        bias: Tensor | None,  # noqa: ARG004 - not read: the shift holds it
        shortcut_weight: Tensor | None,
        shortcut_bias: Tensor | None,  # noqa: ARG004
        statistics: tuple[_Norm | None, _Norm | None],
        recurrence: Recurrence,
        timesteps: int,
    ) -> tuple[Tensor, Tensor]:
        shape = torch.Size((timesteps, *x.shape[1:]))
        spikes = empty(shape, x)
        counts = torch.zeros(x.shape[1], dtype=torch.float64)
        number = np.float32 if x.dtype == torch.float32 else np.float64
        threshold = number(recurrence.threshold)
        ctx.neuron = (
            number(float(decay)),
            threshold,
            threshold if recurrence.at_threshold else np.nextafter(threshold, number(np.inf)),
            number(recurrence.v_reset),
            recurrence.divided,
        )
        ctx.statistics, ctx.recurrence, ctx.learned = statistics, recurrence, isinstance(decay, Tensor)
        arguments = _arguments(x, shortcut, statistics, ctx.neuron)
        in_threads(kernels.forward, x.shape[1], spikes.numel(), *arguments, array(spikes), counts.numpy())
        ctx.save_for_backward(x, shortcut, weight, shortcut_weight)
        ctx.decay_type = decay.dtype if isinstance(decay, Tensor) else None
        counts = counts.to(x.dtype)
        ctx.mark_non_differentiable(counts)
        return spikes, counts

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        x, shortcut, weight, shortcut_weight = ctx.saved_tensors
        norm, shortcut_norm = ctx.statistics
        gradient = dense(gradient, x)
        samples, channel, inner = x.shape[1], channels(x), neighbours(x)
        grad_x = empty(x.shape, x)
        grad_decay = torch.zeros(samples, dtype=torch.float64)
        sums = np.zeros((samples, 3, x.shape[2] if x.dim() > 2 else 1))
        arguments = _arguments(x, shortcut, ctx.statistics, ctx.neuron)
        number = type(ctx.neuron[0])
        surrogate = (SLOPES[ctx.recurrence.surrogate], number(ctx.recurrence.alpha))
        means = tuple(_spread(None if one is None else one.mean, channel, x) for one in ctx.statistics)
        in_threads(
            kernel_gradients.backward, samples, gradient.numel(), *arguments, surrogate, array(gradient), means,
            inner, array(grad_x), grad_decay.numpy(), sums,
        )  # fmt: skip
        totals = torch.from_numpy(sums.sum(axis=0))
        # With a shortcut dL/dinput is needed twice, and not overwritten.
        grad_shortcut = None
        if shortcut is not None:
            grad_shortcut = _through(grad_x, shortcut, shortcut_norm, shortcut_weight, totals[0], totals[2], channel)
        grad_y = _through(grad_x, x, norm, weight, totals[0], totals[1], channel, in_place=shortcut is None)
        decays = grad_decay.sum().to(ctx.decay_type) if ctx.learned else None
        return (
            grad_y, grad_shortcut, decays, *_of_affine(norm, totals[0], totals[1], x),
            *_of_affine(shortcut_norm, totals[0], totals[2], x), None, None, None,
        )  # fmt: skip


def _arguments(
    x: Tensor, shortcut: Tensor | None, statistics: tuple[_Norm | None, _Norm | None], neuron: tuple[Any, ...]
) -> tuple[Any, ...]:
    channel = channels(x)
    norms = []
    for one in statistics:
        scale, shift = (None, None) if one is None else (one.scale, one.shift)
        norms.append((_spread(scale, channel, x), _spread(shift, channel, x)))
    none = np.empty((0, 0, 0), dtype=type(neuron[0]))
    return array(x), norms[0], none if shortcut is None else array(shortcut), norms[1], neuron


def _spread(values: Tensor | None, channel: npt.NDArray[np.int64], like: Tensor) -> Array:
    """Gives each neuron its channel's value."""
    if values is None:
        return np.empty(0, dtype=np.float32 if like.dtype == torch.float32 else np.float64)
    spread: Array = values.detach().to(like.dtype).numpy()[channel]
    return spread


def _of_affine(norm: _Norm | None, alone: Tensor, slanted: Tensor, like: Tensor) -> tuple[Tensor | None, ...]:
    if norm is None:
        return None, None
    # Copied: two batch norms with one sum must not share the memory of their gradients.
    return (slanted * norm.inverse).to(like.dtype), alone.to(like.dtype, copy=True)


def _through(
    g: Tensor, y: Tensor, norm: _Norm | None, weight: Tensor | None, alone: Tensor, slanted: Tensor,
    channel: npt.NDArray[np.int64], in_place: bool = False,
) -> Tensor:  # fmt: skip
    """Takes dL/dinput back through a batch norm; ``alone`` and ``slanted`` are its sums over each channel."""
    if norm is None or weight is None:
        return g if in_place else g.clone(memory_format=torch.preserve_format)
    scale = (norm.inverse * weight).double()
    slant, shift = torch.zeros_like(scale), torch.zeros_like(scale)
    if norm.own:
        count = y.numel() // y.shape[2]
        slant = -scale * norm.inverse.double().square() * slanted / count
        shift = -scale * alone / count
    out = g if in_place else empty(g.shape, g)
    factors = tuple(_spread(one, channel, g) for one in (scale, slant, shift))
    mean = _spread(norm.mean, channel, g)
    in_threads(kernel_gradients.through_norm, y.shape[1], y.numel(), array(g), array(y), mean, factors, array(out))
    return out
