"""Batch norm over the batch of all processes, so that a network trains the same whatever their number.

As ``torch.nn.SyncBatchNorm``, which runs on GPUs alone; one code for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training.group import Group


@contextmanager
def sharing_statistics(network: SpikingNetwork, group: Group) -> Iterator[None]:
    """Lets every batch norm take mean and variance over the samples of all processes, for the while of the block.

    Args:
        network: What is trained.
        group: Those who train it; one alone changes nothing.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)] if group.size > 1 else []
    for norm in norms:
        norm.forward = _Forward(norm, group)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        for norm in norms:
            del norm.forward


class _Forward:
    """Stands in for a batch norm's forward."""

    def __init__(self, norm: nn.BatchNorm2d, group: Group) -> None:
        self._norm, self._group, self._forward = norm, group, norm.forward

    def __call__(self, x: Tensor) -> Tensor:
        norm = self._norm
        if not norm.training:
            return self._forward(x)
        out, mean, variance, count = _SharedNorm.apply(x, norm.weight, norm.bias, norm.eps, self._group)
        with torch.no_grad():
            # As torch's: the running variance is that of the population, estimated from the sample.
            unbiased = variance * (count / (count - 1).clamp(min=1))
            momentum = float(norm.momentum or 0.0)
            for running, value in ((norm.running_mean, mean), (norm.running_var, unbiased)):
                if running is not None:
                    running.lerp_(value.to(running.dtype), momentum)
            if norm.num_batches_tracked is not None:
                norm.num_batches_tracked += 1
        result: Tensor = out
        return result


class _SharedNorm(torch.autograd.Function):
    """Normalises ``(N, C, H, W)`` by mean and variance over all processes; keeps no more than torch's own."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, group: Group
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        channels = x.shape[1]
        rows = x.new_full((1,), x.numel() // channels, dtype=torch.float64)
        mean = variance = x.new_zeros(channels, dtype=torch.float64)
        if x.numel():
            variance, mean = (part.double() for part in torch.var_mean(x, dim=(0, 2, 3), correction=0))
        # Sums of squares lose digits; in doubles what is lost is below what floats hold.
        totals = group.add(torch.cat([rows, rows * mean, rows * (variance + mean.square())]))
        count = totals[:1]
        mean, square = (totals[1:] / count).split(channels)
        variance = (square - mean.square()).clamp(min=0)
        mean32, variance32 = mean.to(x.dtype), variance.to(x.dtype)
        inverse = (variance + eps).rsqrt().to(x.dtype)
        ctx.save_for_backward(x, weight, mean32, inverse, count)
        ctx.group = group
        ctx.mark_non_differentiable(mean32, variance32, count)
        out = F.batch_norm(x, mean32, variance32, weight, bias, training=False, eps=eps)
        return out, mean32, variance32, count

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        x, weight, mean, inverse, count = ctx.saved_tensors
        centred = x - mean[:, None, None]
        bias_gradient = grad.sum(dim=(0, 2, 3))
        along = (grad * centred).sum(dim=(0, 2, 3))
        sums = ctx.group.add(torch.cat([bias_gradient, along])) / count.to(x.dtype)
        mean_gradient, mean_along = sums.split(x.shape[1])
        slope = (inverse.square() * mean_along)[:, None, None]
        x_gradient = (grad - mean_gradient[:, None, None] - centred * slope) * (inverse * weight)[:, None, None]
        return x_gradient, along * inverse, bias_gradient, None, None
