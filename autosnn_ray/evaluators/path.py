"""Evaluators that run the architecture as a path of the supernet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from autosnn_ray.checks import check_whole
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import Estimate, EvaluatorContext, SupernetEvaluator
from autosnn_ray.passes import Passes
from autosnn_ray.space import Architecture

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem

SHARED_BYTES = 2**27
"""What a process keeps of the beginnings of paths: 128 MiB hold all 781 of digits, the most used of larger data."""


@dataclass(frozen=True)
class SupernetPath(SupernetEvaluator):
    """Runs the architecture as a path of the supernet, as it is; paths that begin alike share their beginning.

    Attributes:
        supernet: The supernet.
        batch_size: Samples a forward pass; as many as fit, and 360 at most, where None.
        shared_bytes: Memory for the spikes of beginnings, one bit each; 0 runs every path from the start. No setting
            changes the result.
    """

    name: ClassVar[str] = "path"
    summary: ClassVar[str] = "path of the supernet, as it is"
    finds: ClassVar[tuple[str, ...]] = ("accuracy", "spikes", "loss")
    has_network: ClassVar[bool] = True
    batch_size: int | None = None
    shared_bytes: int = SHARED_BYTES

    def start(self, context: EvaluatorContext) -> Estimate:
        """Makes room for the beginnings of paths."""
        from autosnn_ray.evaluation.batches import fitting_batch
        from autosnn_ray.evaluation.evaluate import evaluate, prefixes_for
        from autosnn_ray.training.trained import take_path

        network, validation = self.supernet.network, context.problem.data.validation
        size = self.batch_size or fitting_batch(network, validation)
        # On a GPU packing bits would wait for the device in mid-pass.
        shares = self.shared_bytes > 0 and context.device == "cpu"
        prefixes = prefixes_for(network, validation, self.shared_bytes, size, context.prefixes) if shares else None

        def estimate(architecture: Architecture, repetition: int) -> Evaluation:
            found = evaluate(
                network,
                validation,
                architecture,
                loss=self.supernet.training.loss,
                batch_size=size,
                prefixes=prefixes,
            )
            return context.complete(found, lambda: take_path(network, architecture))

        return estimate

    def passes(self, problem: Problem) -> Passes:
        """Returns one of every validation sample; beginnings that are shared count as if they were run."""
        return Passes(forward=len(problem.data.validation))


@dataclass(frozen=True)
class RecalibratedPath(SupernetEvaluator):
    """Runs the architecture as a path, its batch-norm statistics measured anew on training samples.

    Attributes:
        supernet: The supernet.
        samples: Training samples that are used.
        batch_size: Samples a forward pass; as many as fit, and 360 at most, where None.

    Raises:
        InvalidInputError: Fewer than two samples.
    """

    name: ClassVar[str] = "recalibrated"
    summary: ClassVar[str] = "path with batch-norm statistics of its own"
    finds: ClassVar[tuple[str, ...]] = ("accuracy", "spikes", "loss")
    has_network: ClassVar[bool] = True
    samples: int = 512
    batch_size: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("samples", self.samples, 2)  # fewer have no variance

    def start(self, context: EvaluatorContext) -> Estimate:
        """Takes the samples for the statistics. Each path has statistics of its own: beginnings are not alike."""
        from autosnn_ray.evaluation.batch_norm import recalibrated
        from autosnn_ray.evaluation.batches import fitting_batch

        plain = SupernetPath(self.supernet, batch_size=self.batch_size, shared_bytes=0).start(context)
        network, train = self.supernet.network, context.problem.data.train
        calibration = train.spread(self.samples).x
        # Not the batch of the evaluation: statistics are an average over batches, and would depend on it.
        size = min(64, fitting_batch(network, train))

        def estimate(architecture: Architecture, repetition: int) -> Evaluation:
            with recalibrated(network, architecture, calibration, batch_size=size):
                return plain(architecture, repetition)

        return estimate

    def passes(self, problem: Problem) -> Passes:
        """Returns one of every sample for the statistics, and of every validation sample."""
        calibration = min(self.samples, len(problem.data.train))
        return Passes(forward=calibration + len(problem.data.validation))
