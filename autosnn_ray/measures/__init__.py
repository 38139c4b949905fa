"""Measures by name: what they are, which way is better, and what finds them. Naming them needs no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autosnn_ray.measures.base import (
    MAXIMIZE,
    MINIMIZE,
    Evaluated,
    Known,
    Measurable,
    Measured,
    Profiled,
    Subject,
    known_of,
)
from autosnn_ray.measures.taken import energy, latency, peak_memory, synaptic_operations

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem
    from autosnn_ray.space import Architecture

__all__ = [
    "BUILT_IN",
    "MAXIMIZE",
    "MEASURES",
    "MINIMIZE",
    "Evaluated",
    "Known",
    "Measurable",
    "Measured",
    "Profiled",
    "Subject",
    "known_of",
]


def parameters(problem: Problem, architecture: Architecture) -> float:
    """Trainable numbers."""
    return problem.costs.of(architecture).parameters


def macs(problem: Problem, architecture: Architecture) -> float:
    """Dense multiply-accumulates of one sample over all time steps, padding included.

    A static frame passes the stem's first convolution once, whatever T: what would be done is counted.
    """
    return problem.costs.of(architecture).macs


def memory(problem: Problem, architecture: Architecture) -> float:
    """Bytes that weights and activations take at batch 1, at least.

    Parameters and buffers, and what the layer with the largest activations reads and writes (its shortcut included),
    over all time steps, in 32-bit numbers. What a machine needs beyond it is measured by ``peak_memory``.
    """
    cost = problem.costs.of(architecture)
    return cost.weight_bytes + cost.activation_bytes


MEASURES: dict[str, Measurable] = {
    one.name: one
    for one in (
        Evaluated("accuracy", None, "0 to 1", "share of validation samples classified right", MAXIMIZE),
        Evaluated("loss", None, "", "mean training loss over the validation samples"),
        Evaluated("spikes", None, "spikes/sample", "all spikes for one sample over all time steps"),
        Evaluated("score", None, "", "what a training-free evaluator gives in place of an accuracy", MAXIMIZE),
        Known("parameters", parameters, "", "trainable numbers"),
        Known("macs", macs, "MACs/sample", "dense multiply-accumulates for one sample over all time steps"),
        Known("memory", memory, "bytes", "weights and the largest activations at batch 1"),
        Profiled("synaptic_operations", synaptic_operations, "operations/sample", "accumulates that spikes cause"),
        Profiled("energy", energy, "J/sample", "energy of the operations, by 45 nm figures, without data movement"),
        Measured("latency", latency, "s/sample", "median time of a pass at batch 1 on the machine that evaluates"),
        Measured("peak_memory", peak_memory, "bytes", "weights and all tensors alive at one time at batch 1"),
    )
}
"""Every measure by name. To add one: a function, and a line here."""

BUILT_IN = dict(MEASURES)
"""Those of the toolkit itself, which a journal knows by their names alone."""
