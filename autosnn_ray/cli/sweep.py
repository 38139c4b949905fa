"""Search once for each price of a spike, the exponent of the fitness, and put what they find side by side.

What one search has evaluated, those after it do not evaluate again. The same command goes on where one was stopped.
"""

from __future__ import annotations

from argparse import SUPPRESS
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.evaluator_options import (
    add_evaluator_options,
    add_problem_options,
    find_problem,
)
from autosnn_ray.cli.executor_options import add_executor_options, chosen_executor
from autosnn_ray.cli.goal_options import add_constraint_options, chosen_constraints
from autosnn_ray.cli.interrupts import goes_on
from autosnn_ray.cli.predictor_options import add_predictor_options, evaluator_asked_for

if TYPE_CHECKING:
    from autosnn_ray.evaluators import Evaluator
    from autosnn_ray.runs.plan import Plan

EXAMPLE = "autosnn-ray sweep runs/sweep --space digits_16 --data digits"
AFTER_INTERRUPT = "Nothing is lost: the same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder for the runs, one below it for each exponent")
    parser.add_argument(
        "--exponents", type=list[float], default=[0.0, -0.08, -0.16, -0.24], help="of the fitness; 0: accuracy alone"
    )
    parser.add_argument("--algorithm", type=str, default="autosnn", help="as of autosnn-ray search")
    parser.add_argument(
        "--algorithm-settings", type=dict[str, Any], default={}, metavar="{NAME: VALUE, …}", help="its own settings"
    )
    parser.add_argument("--candidates", type=int, default=400, help="how many architectures each search proposes")
    parser.add_argument("--seed", type=int, default=0, help="what every random draw comes from")
    add_problem_options(parser)
    add_constraint_options(parser)
    add_evaluator_options(parser, by_default="predictor, fitted on a sample first")
    add_predictor_options(parser)
    add_executor_options(parser, SUPPRESS)


def run(options: Namespace) -> None:
    """Searches for each exponent."""
    from autosnn_ray.algorithms import make_algorithm
    from autosnn_ray.cli.console import say_next
    from autosnn_ray.cli.swept import side_by_side
    from autosnn_ray.cli.tables import Output, write_tables
    from autosnn_ray.errors import InvalidInputError
    from autosnn_ray.runs.search import plan_search
    from autosnn_ray.studies.sweep import sweep_exponents

    if options.storage is not None:
        raise InvalidInputError("--storage: a sweep is several runs; keep its folder below a shared one instead")
    problem, supernet = find_problem(options)
    settings: dict[str, Any] = {
        "algorithm": make_algorithm(options.algorithm, seed=options.seed, **options.algorithm_settings),
        "constraints": chosen_constraints(options),
        "candidates": options.candidates,
    }

    def planned(evaluator: Evaluator) -> Plan:
        return plan_search(problem, evaluator, **settings)

    with chosen_executor(options).open(problem.data.size_bytes) as opened:
        options.resume, options.reuse = True, None
        evaluator = evaluator_asked_for(options, problem, supernet, planned, opened, several=True)
        with goes_on(f"the sweep in {options.run} was", "the same command goes on"):
            found = sweep_exponents(
                problem,
                evaluator,
                path=options.run,
                exponents=options.exponents,
                executor=opened,
                progress=True,
                **settings,
            )
    write_tables(Output([side_by_side(found)]))
    say_next("show", next(iter(found.values())).path, "--save", "pictures")
