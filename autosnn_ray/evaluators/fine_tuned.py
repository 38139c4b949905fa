"""The evaluator that trains a path a few steps further."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from autosnn_ray.checks import check_whole
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators.base import Estimate, EvaluatorContext, SupernetEvaluator
from autosnn_ray.evaluators.scratch import path_start
from autosnn_ray.passes import Passes
from autosnn_ray.space import Architecture

if TYPE_CHECKING:
    from autosnn_ray.data.dataset import Split
    from autosnn_ray.problem import Problem


@dataclass(frozen=True)
class FineTunedPath(SupernetEvaluator):
    """Takes a path's weights out of the supernet, trains them for a few steps, and evaluates the result.

    Attributes:
        supernet: The supernet; its own weights stay as they are.
        steps: Training steps.
        learning_rate: Peak rate of Adam, a fraction of what training from scratch takes.
        seed: What every draw of the first repetition comes from.

    Raises:
        InvalidInputError: Less than one step, or a seed that is no whole number.
    """

    name: ClassVar[str] = "fine_tuned"
    summary: ClassVar[str] = "path trained a few steps further, from the supernet's weights"
    finds: ClassVar[tuple[str, ...]] = ("accuracy", "spikes", "loss")
    has_network: ClassVar[bool] = True
    steps: int = 34
    learning_rate: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("steps", self.steps)
        check_whole("seed", self.seed, 0)

    def start(self, context: EvaluatorContext) -> Estimate:
        """Takes samples and the supernet's weights."""
        from autosnn_ray.evaluation.evaluate import evaluate
        from autosnn_ray.training.standalone import train_from_scratch

        start, training = path_start(self.supernet), self.supernet.training
        settings = replace(training, epochs=1, learning_rate=self.learning_rate)
        data = context.problem.data

        def estimate(architecture: Architecture, repetition: int) -> Evaluation:
            seed = self.seed + repetition
            few = replace(data, train=_samples_for(data.train, self.steps * training.batch_size, seed))
            tuned = train_from_scratch(
                replace(context.problem, data=few),
                architecture,
                seed=seed,
                settings=settings,
                start=start,
                progress=False,
            )
            return context.complete(evaluate(tuned, data.validation, loss=training.loss), lambda: tuned)

        return estimate

    def passes(self, problem: Problem) -> Passes:
        """Returns a batch a step, and one of every validation sample."""
        return Passes(self.steps * self.supernet.training.batch_size, len(problem.data.validation))


def _samples_for(split: Split, count: int, seed: int) -> Split:
    """Draws as many samples as some steps take: whole passes in random order, then a part of one."""
    import torch

    from autosnn_ray.data.dataset import Split

    generator = torch.Generator().manual_seed(seed)
    passes = -(-count // len(split))
    rows = torch.cat([torch.randperm(len(split), generator=generator) for _ in range(passes)])[:count]
    return Split(split.x[rows], split.y[rows])
