"""Surrogate gradients: what stands for the derivative of a spike."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autosnn_ray.errors import unknown_name
from autosnn_ray.spiking.norse import threshold

Spike = Callable[[Tensor, float], Tensor]


@dataclass(frozen=True)
class Surrogate:
    """A spike function and the derivative that is used in its place.

    Attributes:
        spike: Maps voltage above threshold and alpha to spikes, differentiable by the surrogate.
        slope: Maps voltage above threshold and alpha to the surrogate's derivative.
        at_threshold: Whether a voltage exactly at the threshold fires.
    """

    spike: Spike
    slope: Callable[[Tensor, float], Tensor]
    at_threshold: bool


def atan_slope(x: Tensor, alpha: float) -> Tensor:
    """Returns ``alpha / 2 / (1 + (pi / 2 * alpha * x) ** 2)`` (Fang et al., ICCV 2021)."""
    return (x * (math.pi / 2 * alpha)).square_().add_(1).reciprocal_().mul_(alpha / 2)


class _ATan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, alpha: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.alpha = alpha
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        return gradient * atan_slope(x, ctx.alpha), None


def _atan(x: Tensor, alpha: float) -> Tensor:
    spikes: Tensor = _ATan.apply(x, alpha)
    return spikes


def _of_norse(method: str) -> Spike:
    def spike(x: Tensor, alpha: float) -> Tensor:
        spikes: Tensor = threshold(x, method, alpha)
        return spikes

    return spike


def _super_slope(x: Tensor, alpha: float) -> Tensor:
    return 1 / (x.abs() + 1).square()  # Norse's SuperSpike has no scale: alpha is not used


def _triangle_slope(x: Tensor, alpha: float) -> Tensor:
    return alpha * torch.relu(1 - x.abs())


def _tanh_slope(x: Tensor, alpha: float) -> Tensor:
    return 1 - (x * alpha).tanh().square()


def _circ_slope(x: Tensor, alpha: float) -> Tensor:
    square = alpha**2 + x.square()
    return (1 / (2 * square.sqrt()) - x.square() / (2 * square.pow(1.5))) * 2 * alpha


SQRT_PI = float(torch.tensor(math.pi).sqrt())
"""Rounded to float32, as Norse has it: the two gradients are then equal to the last bit."""


def _erfc_slope(x: Tensor, alpha: float) -> Tensor:
    return 2 * torch.exp(-(alpha * x).square()) / SQRT_PI


SURROGATES: dict[str, Surrogate] = {
    "atan": Surrogate(_atan, atan_slope, at_threshold=True),
    "super": Surrogate(_of_norse("super"), _super_slope, at_threshold=False),
    "triangle": Surrogate(_of_norse("triangle"), _triangle_slope, at_threshold=False),
    "tanh": Surrogate(_of_norse("tanh"), _tanh_slope, at_threshold=False),
    "circ": Surrogate(_of_norse("circ"), _circ_slope, at_threshold=False),
    "heavi_erfc": Surrogate(_of_norse("heavi_erfc"), _erfc_slope, at_threshold=False),
}
"""Surrogates by name: AutoSNN's arc tangent, and Norse's own, which fire above the threshold, not at it."""


def find_surrogate(name: str) -> Surrogate:
    """Returns a surrogate by name.

    Raises:
        InvalidInputError: No such surrogate.
    """
    if name not in SURROGATES:
        raise unknown_name("surrogate", name, SURROGATES)
    return SURROGATES[name]
