"""A score without any training: how differently an untrained network answers to different samples."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from autosnn_ray.checks import check_whole
from autosnn_ray.evaluations import SCORE, Evaluation, Measure
from autosnn_ray.evaluators.base import Estimate, Evaluator, EvaluatorContext
from autosnn_ray.passes import Passes
from autosnn_ray.space import Architecture

if TYPE_CHECKING:
    from autosnn_ray.problem import Problem


@dataclass(frozen=True)
class TrainingFree(Evaluator):
    """Scores an architecture at its random initial weights, by the sparsity-aware Hamming distance of its spikes.

    Each layer gives a binary pattern a sample. Distances between the patterns of two samples are divided by what
    chance would give at their firing rates, so that a layer that hardly fires is not taken for one that cannot tell
    samples apart. The kernel ``K = 1 - distance`` of all samples, averaged over the layers, has a large
    determinant where samples are told apart. The measure ``score`` is ``exp(log|K| / samples)``, from 0 to 1: no
    accuracy. ``spikes`` are those of the untrained network on validation samples, with the batch-norm statistics of
    the training samples that are scored: without statistics of its own an untrained network hardly fires. Source: Kim
    et al., ECCV 2022 (SNASNet), the sparsity-aware Hamming distance; the normalisation to 0 … 1 is ours.

    Attributes:
        samples: Training samples that are told apart.
        seed: What the initial weights of the first repetition come from.

    Raises:
        InvalidInputError: Fewer than two samples, or a seed that is no whole number.
    """

    name: ClassVar[str] = "training_free"
    summary: ClassVar[str] = "score without training, at random weights"
    quality: ClassVar[str] = "score"
    finds: ClassVar[tuple[str, ...]] = ("score", "spikes")
    has_network: ClassVar[bool] = True
    samples: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("samples", self.samples, 2)  # one cannot be told apart
        check_whole("seed", self.seed, 0)

    def start(self, context: EvaluatorContext) -> Estimate:
        """Takes the samples that are told apart."""
        import torch

        from autosnn_ray.evaluation.batch_norm import recalibrated
        from autosnn_ray.evaluation.evaluate import evaluate
        from autosnn_ray.evaluators.kernel import patterns_of, score_of

        problem = context.problem
        x = problem.data.train.spread(self.samples).x

        def estimate(architecture: Architecture, repetition: int) -> Evaluation:
            started = time.perf_counter()
            generator = torch.Generator().manual_seed(self.seed + repetition)
            network = problem.network(generator, architecture).to(context.device)
            score = score_of(patterns_of(network, x))
            with recalibrated(network, architecture, x, batch_size=len(x)):
                found = evaluate(network, problem.data.validation)
                measures = {"score": Measure(score, SCORE), "spikes": found.measures["spikes"]}
                found = context.complete(replace(found, measures=measures), lambda: network)
            return replace(found, seconds=time.perf_counter() - started)

        return estimate

    def passes(self, problem: Problem) -> Passes:
        """Returns two of every sample that is scored, for score and statistics, and one of every validation sample."""
        scored = min(self.samples, len(problem.data.train))
        return Passes(forward=2 * scored + len(problem.data.validation))

    def passes_before(self, problem: Problem) -> Passes:
        """Returns none: nothing is trained."""
        return Passes()
