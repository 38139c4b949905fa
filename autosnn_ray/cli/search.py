"""Search for architectures with the best trade of accuracy against spikes.

Everything is kept in the run's folder, in a journal that survives crashes: `autosnn-ray resume RUN` goes on with it.
"""

from __future__ import annotations

import shlex
import sys
from argparse import SUPPRESS
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.algorithms import ALGORITHMS
from autosnn_ray.cli.evaluator_options import (
    add_evaluator_options,
    add_problem_options,
    find_problem,
)
from autosnn_ray.cli.executor_options import URL_TOO, add_executor_options, chosen_executor
from autosnn_ray.cli.finalists import add_finalists_option, check_finalists, end_with_finalists, trains_finalists
from autosnn_ray.cli.goal_options import (
    add_constraint_options,
    add_measure_options,
    chosen_constraints,
    chosen_objectives,
)
from autosnn_ray.cli.options import amount, group, number
from autosnn_ray.cli.predictor_options import add_predictor_options, evaluator_asked_for, wants_predictor

if TYPE_CHECKING:
    from autosnn_ray.evaluators import Evaluator
    from autosnn_ray.objectives import Goal
    from autosnn_ray.problem import Problem
    from autosnn_ray.runs.executors import Executor, OpenExecutor
    from autosnn_ray.runs.plan import Plan
    from autosnn_ray.training import Supernet

EXAMPLE = """autosnn-ray search runs/first --supernet supernet
  autosnn-ray search runs/scratch --space digits_16 --data digits \\
      --evaluator scratch --evaluator.epochs 4"""
AFTER_INTERRUPT = "autosnn-ray resume {run} goes on with it; where it had not begun, the same command begins it."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    add_run_arguments(parser)
    parser.add_argument("--candidates", type=int, default=400, help="how many architectures to evaluate")
    parser.add_argument("--seed", type=int, default=0, help="what every random draw comes from")
    parser.add_argument(
        "--begin-with",
        type=list[str],
        default=[],
        help="evaluate these first, and learn from them: architectures (srb_k5/skip/…), or the folder of another run, "
        "whose ten best are taken; may be repeated",
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run that is in the folder")
    add_finalists_option(parser)
    add_problem_options(parser)
    _add_algorithm_options(parser)
    add_fitness_options(parser)
    add_measure_options(parser)
    add_constraint_options(parser)
    add_evaluator_options(parser, by_default="predictor, fitted on a sample first")
    add_predictor_options(parser)
    add_executor_options(parser, URL_TOO)


def _add_algorithm_options(parser: ArgumentParser) -> None:
    known = "\n".join(f"  {name}: {kind.summary}" for name, kind in ALGORITHMS.items())
    shown = group(parser, "algorithm", f"how candidates are proposed (docs/algorithms.md):\n{known}")
    shown.add_argument("--algorithm", type=str, default="autosnn", metavar="NAME", help="which of them")
    shown.add_argument(
        "--algorithm-settings", type=dict[str, Any], default={}, metavar="{NAME: VALUE, …}", help="its own settings"
    )


def add_run_arguments(parser: ArgumentParser) -> None:
    """Adds the run's folder, and room for the form before, in which the supernet's folder came first."""
    parser.add_argument("run", type=str, help="folder for the run's journal and results")
    parser.add_argument("former", type=str | None, nargs="?", default=None, help=SUPPRESS)


def add_fitness_options(parser: ArgumentParser) -> None:
    """Adds the options of the fitness."""
    shown = group(parser, "goal")
    shown.add_argument(
        "--exponent",
        type=number,
        default=-0.08,
        help="of the fitness; 0: accuracy alone; lower: spikes are dearer",
    )
    shown.add_argument(
        "--reference-spikes",
        type=amount,
        default=None,
        help="of the fitness, in spikes/sample (default: the one measured with the supernet)",
    )


def take_former(options: Namespace) -> None:
    """Takes SUPERNET RUN, as it was written before, and says how it is written now."""
    if options.former is None:
        return
    if options.supernet is not None:
        from autosnn_ray.errors import InvalidInputError

        raise InvalidInputError(f"expected one folder, that of the run, beside --supernet; got {options.former!r} too")
    options.supernet, options.run = options.run, options.former
    now = shlex.join([options.run, "--supernet", options.supernet])
    print(f"autosnn-ray: note: now written RUN --supernet DIR: {now}", file=sys.stderr)


def chosen_goal(options: Namespace, evaluator: Any) -> Goal:
    """Returns the fitness that the options of ``add_fitness_options`` give."""
    from autosnn_ray.objectives import Goal, SpikeAwareFitness
    from autosnn_ray.runs.plan import default_goal

    goal = default_goal(evaluator, options.exponent)
    if options.reference_spikes is None:
        return goal
    return Goal((SpikeAwareFitness(options.reference_spikes, options.exponent, evaluator.quality),))


def run(options: Namespace) -> None:
    """Runs or resumes a search."""
    take_former(options)
    check_finalists(options)
    problem, supernet = find_problem(options)
    executor = chosen_executor(options)
    if not (wants_predictor(options) or options.finalists):
        _search(options, problem, supernet, executor)
        return
    # Everything by the same processes.
    with executor.open(problem.data.size_bytes) as opened:
        _search(options, problem, supernet, opened)


def _search(options: Namespace, problem: Problem, supernet: Supernet | None, executor: Executor | OpenExecutor) -> None:
    from autosnn_ray.algorithms import make_algorithm
    from autosnn_ray.cli.console import say_next
    from autosnn_ray.cli.results import show_found
    from autosnn_ray.runs.search import carry_out, plan_search

    settings: dict[str, Any] = {
        "algorithm": make_algorithm(options.algorithm, seed=options.seed, **options.algorithm_settings),
        "constraints": chosen_constraints(options),
        "measures": options.measure,
        "candidates": options.candidates,
        "begin_with": _begin_with(options.begin_with, problem),
        "finalists": options.finalists,
    }

    def planned(evaluator: Evaluator) -> Plan:
        objectives = chosen_objectives(options, chosen_goal(options, evaluator))
        return plan_search(problem, evaluator, objectives=objectives, **settings)

    found = carry_out(
        planned(evaluator_asked_for(options, problem, supernet, planned, executor)),
        path=options.run,
        reuse=options.reuse,
        resume=options.resume,
        executor=executor,
        storage=options.storage,
        progress=True,
    )
    trains = trains_finalists(options, found.config())
    show_found(found.path, best=5, trains=trains)
    if trains:
        end_with_finalists(options, problem, found, executor)
    say_next("show", found.path, "--save", "pictures")


def _begin_with(given: list[str], problem: Problem) -> list[str] | None:
    """Reads what is to be evaluated first; a folder is that of a run, all else is an architecture."""
    from autosnn_ray.runs.warm_start import architectures_of

    parts: list[Any] = [Path(one) if Path(one).is_dir() else [one] for one in given]
    return [name for part in parts for name in architectures_of(part, problem.space)] or None
