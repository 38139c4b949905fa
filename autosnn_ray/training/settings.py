"""How a network is trained: what can be chosen, checked once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch

from autosnn_ray.checks import check_types, check_whole
from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.evaluation.losses import LOSSES


def _constant(progress: float) -> float:
    return 1.0


def _one_cycle(progress: float) -> float:
    warmup = 0.3
    if progress < warmup:
        return 0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * progress / warmup))
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": _constant,
    "one_cycle": _one_cycle,
}
"""The learning rate's factor at a share of the training, 0 to 1: constant, or a cosine up over the first three
tenths and down to zero (Smith and Topin, 2018)."""

PRECISIONS: dict[str, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}
"""Type of convolutions and of what leaves them while training. The lower one is for GPUs, and for processors with
instructions for it; it needs no scaling of the loss."""


@dataclass(frozen=True)
class TrainSettings:
    """How a network is trained; the same for a supernet and for a network of its own.

    Attributes:
        epochs: Passes over the training split; with strict fairness each takes one forward pass a choice.
        batch_size: Samples a step.
        learning_rate: Peak rate of Adam.
        schedule: Course of the rate: constant or one_cycle.
        loss: mse (on firing rates) or cross_entropy.
        memory: Gigabytes that activations may take; a step is cut and recomputed to fit. No limit where None.
        distillation: Share of the loss, 0 to 1, in which the later paths of a step follow the first path's firing
            rates in place of the classes (in-place distillation; Yu and Huang, ICCV 2019).
        precision: Key of ``PRECISIONS``; weights are float32 in any case.
    """

    epochs: int = 30
    batch_size: int = 32
    learning_rate: float = 4e-3
    schedule: str = "one_cycle"
    loss: str = "mse"
    memory: float | None = None
    distillation: float = 0.0
    precision: str = "float32"

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("epochs", "batch_size"):
            check_whole(name, getattr(self, name))
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InvalidInputError(f"learning_rate: expected a positive number, got {self.learning_rate!r}")
        if self.memory is not None and not (math.isfinite(self.memory) and self.memory > 0):
            raise InvalidInputError(f"memory: expected gigabytes above 0, got {self.memory!r}")
        if not (math.isfinite(self.distillation) and 0 <= self.distillation <= 1):
            raise InvalidInputError(f"distillation: expected a share from 0 to 1, got {self.distillation!r}")
        if self.schedule not in SCHEDULES:
            raise unknown_name("schedule", self.schedule, SCHEDULES)
        if self.precision not in PRECISIONS:
            raise unknown_name("precision", self.precision, PRECISIONS)
        if self.loss not in LOSSES:
            raise unknown_name("loss", self.loss, LOSSES)

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainSettings:
        """Builds the settings that ``to_dict`` wrote."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})
