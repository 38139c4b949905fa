"""Successive halving: the best of a search are trained from scratch, again and again fewer of them for longer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from autosnn_ray.checks import check_whole
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.files import write_atomically
from autosnn_ray.journal.folders import HALVING, HALVING_FILE
from autosnn_ray.objectives import Constraint
from autosnn_ray.problem import Problem
from autosnn_ray.progress import OnRun, run_bar
from autosnn_ray.runs.executors import Executor, OpenExecutor, default_executor
from autosnn_ray.runs.measuring import Named
from autosnn_ray.runs.run import Run
from autosnn_ray.shown import epochs_text
from autosnn_ray.space import format_architecture
from autosnn_ray.studies.placed import Finalist, describe, placed
from autosnn_ray.studies.trainings import Trainings, best_names
from autosnn_ray.studies.verdict import judge


@dataclass(frozen=True)
class Round:
    """One round of successive halving.

    Attributes:
        finalists: How many architectures take part.
        epochs: How long each is trained from scratch, passes over the training split.
        seeds: How often each is trained.
    """

    finalists: int
    epochs: int
    seeds: int

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            check_whole(f"{name} of a round", value)


def halving_rounds(finalists: int, *, epochs: int = 20, seeds: int = 3, rounds: int = 3) -> tuple[Round, ...]:
    """Plans rounds: each halves the architectures and doubles the epochs; the last trains several seeds.

    Raises:
        InvalidInputError: Something is no whole number of at least 1.

    Example:
        >>> [(r.finalists, r.epochs, r.seeds) for r in halving_rounds(16)]
        [(16, 5, 1), (8, 10, 1), (4, 20, 3)]
    """
    for name, value in {"finalists": finalists, "epochs": epochs, "seeds": seeds, "rounds": rounds}.items():
        check_whole(name, value)
    steps = range(rounds - 1, -1, -1)
    return tuple(
        Round(max(1, finalists >> number), max(1, epochs >> step), 1 if step else seeds)
        for number, step in enumerate(steps)
    )


def successive_halving(
    problem: Problem,
    run: Run,
    *,
    rounds: Sequence[Round] = halving_rounds(16),
    also: Sequence[str | Sequence[str]] = (),
    constraints: Sequence[Constraint] = (),
    measures: Iterable[Named] = (),
    executor: Executor | OpenExecutor | None = None,
    on_run: OnRun | None = None,
    progress: bool | None = None,
) -> list[Finalist]:
    """Trains the best of a search from scratch, by successive halving, and declares the winner from the last round.

    Rounds are complete before the next begins, so that the result does not depend on who finishes first. Trainings are
    kept under ``halving/`` in the run's folder and used again: after a search was extended, only those are trained that
    did not take part before. What came of them is written to ``halving/halving.json``. Source: Jamieson and Talwalkar,
    AISTATS 2016.

    Args:
        problem: What was searched; only training and validation samples are used.
        run: The search.
        rounds: Architectures, epochs and seeds of each round, as ``halving_rounds`` plans them.
        also: Architectures of the space that take part in the first round whatever the search says.
        constraints: Bounds beside those of the search, such as a floor under the accuracy.
        measures: Measures of your own that the search aimed at, where they are not registered.
        executor: Where; Ray started on this machine where None.
        on_run: Is called with every run that begins.
        progress: Whether to show a bar; where None, if a terminal or a notebook is there.

    Returns:
        Finalists of all rounds, the last round's first, the winner at the head.

    Raises:
        InvalidInputError: No round, a search without any evaluated candidate, of another problem, or for what no
            training finds.
    """
    if not rounds:
        raise InvalidInputError("rounds: expected at least one; halving_rounds(16) plans three")
    further = [format_architecture(problem.space.parse(one)) for one in also]
    entered = list(dict.fromkeys([*further, *best_names(run, rounds[0].finalists)]))
    trainings = Trainings.of(problem, run, constraints=constraints, measures=measures)
    found: list[Finalist] = []
    with (
        run_bar(progress=progress, then=on_run) as told,
        (executor or default_executor()).open(problem.data.size_bytes) as opened,
    ):
        for number, plan in enumerate(rounds):
            entered = entered[: plan.finalists] if number else entered
            title = f"round {number + 1} of {len(rounds)}, {epochs_text(plan.epochs)}"
            evaluated = trainings.train_each(
                entered,
                epochs=plan.epochs,
                home=run.path / HALVING / f"epochs_{plan.epochs}_seeds_{plan.seeds}",
                seeds=plan.seeds,
                executor=opened,
                on_result=told(title, len(entered) * plan.seeds) if told else None,
            )
            round_placed = placed(number, evaluated, trainings.goal, plan.seeds)
            found = round_placed + found
            entered = [finalist.architecture for finalist in round_placed]
    _keep(run, found, rounds, problem.data.chance)
    return found


def _keep(run: Run, found: Sequence[Finalist], rounds: Sequence[Round], chance: float) -> None:
    """Writes down what came of the rounds, the winner at the head with what must be said of it."""
    verdict = judge(found, chance)
    if verdict is not None:
        rows = [{**row, "epochs": rounds[row["round"]].epochs} for row in describe(found)]
        rows[0]["warnings"] = verdict.warnings
        write_atomically(run.path / HALVING / HALVING_FILE, f"{json.dumps(rows, indent=2)}\n".encode())
