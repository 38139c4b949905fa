"""An evaluator that trains, driven an epoch at a time: what a scheduler may cut short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from autosnn_ray.evaluations import EXACT, Evaluation, Measure
from autosnn_ray.evaluators.base import Estimate, Evaluator, EvaluatorContext
from autosnn_ray.space import Architecture

if TYPE_CHECKING:
    from autosnn_ray.training.supernet import Supernet

EPOCHS, CUT = "epochs", "cut"
"""Measures of a training that could be cut short: its epochs, and whether there would have been more, 1 or 0."""


@dataclass(frozen=True)
class ByEpoch(Evaluator):
    """Evaluates after each epoch: every call for the same training trains the next, until all are done.

    Attributes:
        evaluator: What trains.
    """

    evaluator: Evaluator

    def start(self, context: EvaluatorContext) -> Estimate:
        """Makes what trains the next epoch of an architecture, and evaluates it as it is then."""
        begin, epochs = self.evaluator.start_by_epoch(context), self.evaluator.most_epochs
        at: tuple[Architecture, int] | None = None
        following: Iterator[Evaluation] = iter(())
        done = 0

        def estimate(architecture: Architecture, repetition: int) -> Evaluation:
            nonlocal at, following, done
            if at != (architecture, repetition):
                at, following, done = (architecture, repetition), begin(architecture, repetition), 0
            found = next(following)
            done += 1
            is_cut = done < (epochs or done)
            if not is_cut:
                at = None
            more = {EPOCHS: Measure(done, EXACT), CUT: Measure(float(is_cut), EXACT)}
            return replace(found, measures={**found.measures, **more})

        return estimate

    @property
    def weights(self) -> Supernet | None:
        """The supernet of what trains."""
        return self.evaluator.weights
