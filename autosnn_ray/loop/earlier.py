"""Evaluations of earlier runs, that a search takes in place of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autosnn_ray.algorithms import Candidate
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.space import Architecture


@dataclass(frozen=True)
class Earlier:
    """Evaluations that earlier runs hold.

    Attributes:
        found: By architecture and repetition, each with the folder of the run that holds it.
    """

    found: Mapping[tuple[Architecture, int], tuple[Evaluation, str]] = field(default_factory=dict)

    def of(self, candidate: Candidate) -> tuple[Evaluation, str] | None:
        """Returns the evaluation of a candidate and the folder of its run; None where it is to be evaluated."""
        return self.found.get((candidate.architecture, candidate.repetition))
