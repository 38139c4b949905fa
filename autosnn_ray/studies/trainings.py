"""Some of a search's architectures trained from scratch, each in a folder of its own, where it is used again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autosnn_ray.algorithms import OnResult
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators import TrainFromScratch
from autosnn_ray.journal import read_journal
from autosnn_ray.journal.differences import differences
from autosnn_ray.measures import MEASURES, Evaluated, Measurable
from autosnn_ray.objectives import Constraint, Goal
from autosnn_ray.own_code import own_code_of
from autosnn_ray.problem import Problem
from autosnn_ray.runs.batches import Batch, evaluate_all
from autosnn_ray.runs.executors import Executor, OpenExecutor
from autosnn_ray.runs.measuring import Named, described_measures, taken_by
from autosnn_ray.runs.run import Run
from autosnn_ray.space import Architecture


@dataclass(frozen=True)
class Trainings:
    """What a search's architectures are trained on, and judged by.

    Attributes:
        problem: What was searched.
        goal: What the search aimed at, for networks that are trained.
        measures: What the goal names beyond what a training finds.
    """

    problem: Problem
    goal: Goal
    measures: tuple[Measurable, ...] = ()

    @classmethod
    def of(
        cls,
        problem: Problem,
        run: Run,
        *,
        constraints: Iterable[Constraint] = (),
        measures: Iterable[Named] = (),
    ) -> Trainings:
        """Takes a search's goal, before anything is trained.

        Args:
            problem: What was searched.
            run: The search.
            constraints: Bounds beside those of the search.
            measures: Measures of one's own that the goal names, where they are none of ``MEASURES``.

        Raises:
            InvalidInputError: Another problem was searched, or the goal names what no training finds.
        """
        config = run.config()
        differing = differences(config, {"problem": problem.describe()}, ["problem"])
        if differing:
            raise InvalidInputError(
                f"problem: expected the one that {run.path} searched, got another: {'; '.join(differing)}"
            )
        with own_code_of(config):
            goal = Goal.from_dict(config["goal"])
        goal = Goal(goal.objectives, (*goal.constraints, *constraints))
        named = [name for name in config.get("measures", {}) if name in goal.measures]
        asked = described_measures(named, measures)
        kinds = (*MEASURES.values(), *asked)
        evaluator = TrainFromScratch()
        goal = goal.found_by((*evaluator.finds, *(one.name for one in kinds if not isinstance(one, Evaluated))))
        taken = taken_by(evaluator, goal.measures, asked)
        return cls(problem, goal, tuple(taken[name] for name in goal.measures if name in taken))

    def train_each(
        self,
        names: Sequence[str],
        *,
        epochs: int,
        home: Path,
        seeds: int = 1,
        executor: Executor | OpenExecutor | None = None,
        on_result: OnResult | None = None,
    ) -> Mapping[Architecture, tuple[Evaluation, ...]]:
        """Trains architectures from scratch, and returns what each reached on validation samples, once for each seed.

        Args:
            names: Architectures, each once, as written.
            epochs: Length of each training, passes over the training split.
            home: What is trained for so long, with so many seeds: each has a run below.
            seeds: Trainings of each.
            executor: Where; Ray started on this machine where None.
            on_result: Is called after every training.

        Raises:
            JournalError: What is there was trained otherwise.
        """
        batches = [
            Batch.of(
                self.problem,
                TrainFromScratch(epochs=epochs),
                [name],
                path=home / name.replace("/", "+"),
                repetitions=seeds,
                on_result=on_result,
                measures=self.measures,
            )
            for name in names
        ]
        runs = evaluate_all(batches, executor=executor)
        return {key: found for one in runs for key, found in read_journal(one.path).evaluations.items()}


def best_names(run: Run, count: int) -> list[str]:
    """Returns the best architectures of a search, as written.

    Raises:
        InvalidInputError: A search without any evaluated candidate.
    """
    best = run.best(count)
    if best.empty:
        raise InvalidInputError(f"{run.path}: no candidate has been evaluated: there is nothing to train")
    return [str(name) for name in best["architecture"]]
