"""A spiking convolution run a few time steps at a time, keeping only the voltages between: checkpointing over time.

Batch norm couples all time steps, so each is passed twice: once for the norm's statistics, once with them. In the
backward pass the gradient of the statistics is what the first passage over all steps finds and the second spends.
The result is that of all steps at once, to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from autosnn_ray.spiking.neurons import SpikingNeuron


class TimeSegments:
    """Runs convolution, batch norm, neuron and, where there is one, pool.

    Args:
        conv: The convolution.
        norm: What follows it; its running statistics are updated in training mode, as it would itself.
        neuron: What follows that.
        pool: What maps spikes ``(T, N, C, H, W)`` step by step; None for nothing.
        steps: Time steps at a time.
    """

    def __init__(
        self, conv: nn.Conv2d, norm: nn.BatchNorm2d, neuron: SpikingNeuron, pool: nn.Module | None, steps: int
    ) -> None:
        self.conv, self.norm, self.neuron, self.pool, self.steps = conv, norm, neuron, pool, steps
        self.parameters = [parameter for module in (conv, norm, neuron) for parameter in module.parameters()]

    def __call__(self, x: Tensor) -> Tensor:
        """Maps ``(T, N, C, H, W)`` to spikes ``(T, N, C', H', W')``."""
        spikes: Tensor = _InSegments.apply(self, x, *self.parameters)
        return spikes

    def run(self, x: Tensor, v: Tensor | None, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
        """Runs some steps from a voltage, None for the start; returns spikes and the voltage after them."""
        scale = self.norm.weight * torch.rsqrt(variance + self.norm.eps)
        shift = self.norm.bias - mean * scale
        current = self.conv(x.flatten(0, 1)) * scale[:, None, None] + shift[:, None, None]
        spikes, v = self.neuron.run_from(current.unflatten(0, x.shape[:2]), v)
        return spikes if self.pool is None else self.pool(spikes), v

    def statistics(self, parts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Returns mean and variance of each channel over all steps, or the running ones in evaluation mode."""
        norm = self.norm
        running_mean, running_variance = cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)
        if not norm.training:
            return running_mean, running_variance
        count = 0
        mean = square = torch.zeros((), dtype=torch.float64)
        for part in parts:
            y = self.conv(part.flatten(0, 1))
            variance, middle = torch.var_mean(y, dim=(0, 2, 3), correction=0)
            size, middle = y.numel() // y.shape[1], middle.double()
            square = square + size * variance.double() + (middle - mean) ** 2 * (count * size / (count + size))
            mean = mean + (middle - mean) * (size / (count + size))
            count += size
        tracked = cast(Tensor, norm.num_batches_tracked).add_(1)
        share = norm.momentum if norm.momentum is not None else 1 / int(tracked)
        running_mean.lerp_(mean.to(running_mean), share)
        running_variance.lerp_((square / max(count - 1, 1)).to(running_variance), share)
        return mean.to(running_mean), (square / count).to(running_variance)


class _InSegments(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, unit: TimeSegments, x: Tensor, *_parameters: Tensor) -> Tensor:
        parts = x.split(unit.steps)
        mean, variance = unit.statistics(parts)
        spikes: list[Tensor] = []
        voltages: list[Tensor] = []
        v: Tensor | None = None
        for part in parts:
            voltages += [] if v is None else [v]
            out, v = unit.run(part, v, mean, variance)
            spikes.append(out)
        ctx.unit, ctx.training = unit, unit.norm.training
        ctx.save_for_backward(x, mean.clone(), variance.clone(), *voltages)
        return torch.cat(spikes)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        unit: TimeSegments = ctx.unit
        x, mean, variance, *voltages = ctx.saved_tensors
        sums = _Sums(unit, x if ctx.needs_input_grad[1] else None, mean, variance)
        parts, gradients = x.split(unit.steps), gradient.split(unit.steps)
        passed: Tensor | None = None
        for number in range(len(parts) - 1, -1, -1):
            start = voltages[number - 1] if number else None
            passed = sums.add_segment(number, parts[number], start, gradients[number], passed)
        if ctx.training:
            for number, part in enumerate(parts):
                sums.add_statistics(number, part)
        return None, sums.x, *sums.parameters


class _Sums:
    """Adds gradients up over segments."""

    def __init__(self, unit: TimeSegments, x: Tensor | None, mean: Tensor, variance: Tensor) -> None:
        self._unit = unit
        self.x = None if x is None else torch.empty_like(x)
        self.parameters = [torch.zeros_like(parameter) for parameter in unit.parameters]
        self._mean, self._variance = mean.requires_grad_(), variance.requires_grad_()
        self._by_statistics = [torch.zeros_like(mean), torch.zeros_like(variance)]
        self._count = 0

    def add_segment(
        self, number: int, x: Tensor, start: Tensor | None, gradient: Tensor, passed: Tensor | None
    ) -> Tensor | None:
        """Runs a segment again; returns the gradient of the voltage it started from."""
        unit = self._unit
        with torch.enable_grad():
            part = x.detach().requires_grad_(self.x is not None)
            begin = None if start is None else start.detach().requires_grad_()
            spikes, end = unit.run(part, begin, self._mean, self._variance)
        self._count += end.shape[0] * x.shape[0] * end.shape[2:].numel()
        inputs = [*unit.parameters, self._mean, self._variance]
        inputs += [tensor for tensor in (begin, part) if tensor is not None and tensor.requires_grad]
        ends = ([spikes], [gradient]) if passed is None else ([spikes, end], [gradient, passed])
        found = list(torch.autograd.grad(ends[0], inputs, ends[1], allow_unused=True))
        for total, value in zip([*self.parameters, *self._by_statistics], found, strict=False):
            if value is not None:
                total += value
        rest = found[len(unit.parameters) + 2 :]
        if self.x is not None:
            self.x[number * unit.steps : number * unit.steps + len(x)] = rest.pop()
        return rest[0] if rest else None

    def add_statistics(self, number: int, x: Tensor) -> None:
        """Adds what the inputs of a segment did to mean and variance."""
        unit = self._unit
        with torch.enable_grad():
            part = x.detach().requires_grad_(self.x is not None)
            y = unit.conv(part.flatten(0, 1))
        by_mean, by_variance = (value[:, None, None] / self._count for value in self._by_statistics)
        gradient = (y.detach() - self._mean.detach()[:, None, None]).mul_(2 * by_variance).add_(by_mean)
        inputs = [*unit.conv.parameters(), *([part] if part.requires_grad else [])]
        found = list(torch.autograd.grad(y, inputs, gradient))
        if self.x is not None:
            self.x[number * unit.steps : number * unit.steps + len(x)] += found.pop()
        for total, value in zip(self.parameters, found, strict=False):
            total += value
