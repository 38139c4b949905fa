"""Evaluate every architecture of the space, exactly: the true front in place of a search's estimate of it.

Architectures that begin alike share their beginning, so that all 3,125 of a five-slot space cost about as much as
800 evaluated one by one. The run is a search like any other: show, resume, fidelity and halving work on it.
"""

from __future__ import annotations

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.evaluator_options import (
    add_evaluator_options,
    add_problem_options,
    chosen_evaluator,
    find_problem,
)
from autosnn_ray.cli.executor_options import URL_TOO, add_executor_options, chosen_executor
from autosnn_ray.cli.goal_options import (
    add_constraint_options,
    add_measure_options,
    chosen_constraints,
    chosen_objectives,
)
from autosnn_ray.cli.search import add_fitness_options, add_run_arguments, chosen_goal, take_former

EXAMPLE = "autosnn-ray enumerate runs/all --supernet supernet"
AFTER_INTERRUPT = "autosnn-ray resume {run} goes on with it; where it had not begun, the same command begins it."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    add_run_arguments(parser)
    add_fitness_options(parser)
    add_measure_options(parser)
    add_constraint_options(parser)
    add_evaluator_options(parser)
    parser.add_argument("--seed", type=int, default=0, help="what the data's splits are drawn from")
    parser.add_argument("--resume", action="store_true", help="go on with the run that is in the folder")
    add_problem_options(parser)
    add_executor_options(parser, URL_TOO)


def run(options: Namespace) -> None:
    """Evaluates the whole space."""
    from autosnn_ray.algorithms import Enumeration
    from autosnn_ray.cli.console import say_next
    from autosnn_ray.cli.results import show_found
    from autosnn_ray.runs.search import search

    take_former(options)
    problem, supernet = find_problem(options)
    evaluator = chosen_evaluator(options, supernet)
    goal = chosen_goal(options, evaluator)
    found = search(
        problem,
        evaluator,
        path=options.run,
        algorithm=Enumeration(),
        objectives=chosen_objectives(options, goal),
        constraints=chosen_constraints(options),
        measures=options.measure,
        reuse=options.reuse,
        candidates=problem.space.size,
        resume=options.resume,
        executor=chosen_executor(options),
        storage=options.storage,
        progress=True,
    )
    show_found(found.path, best=5)
    say_next("show", found.path, "--save", "pictures")
