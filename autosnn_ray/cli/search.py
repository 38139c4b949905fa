"""Search for architectures with the best trade of accuracy against spikes.

Everything is kept in the run's folder, in a journal that survives crashes: `autosnn-ray resume RUN` goes on with it.
"""

from __future__ import annotations

import shlex
import sys
from argparse import SUPPRESS
from typing import TYPE_CHECKING, Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.evaluator_options import (
    add_evaluator_options,
    add_problem_options,
    chosen_evaluator,
    find_problem,
    given_evaluator,
    named_settings,
)
from autosnn_ray.cli.executor_options import add_executor_options, chosen_executor
from autosnn_ray.cli.halving import hold_halving
from autosnn_ray.cli.options import add_constraint_options, amount, chosen_constraints, group, number

if TYPE_CHECKING:
    from autosnn_ray.evaluators import Predictor
    from autosnn_ray.objectives import Goal
    from autosnn_ray.problem import Problem
    from autosnn_ray.runs.executors import Executor, OpenExecutor
    from autosnn_ray.training import Supernet

EXAMPLE = """autosnn-ray search runs/first --supernet supernet
  autosnn-ray search runs/scratch --space digits_16 --data digits \\
      --evaluator scratch --evaluator.epochs 4"""
AFTER_INTERRUPT = "Nothing is lost: autosnn-ray resume RUN goes on with it."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    add_run_arguments(parser)
    parser.add_argument(
        "--algorithm", type=str, default="autosnn", help="autosnn (generations), steady_state or random"
    )
    parser.add_argument(
        "--algorithm-settings", type=dict[str, Any], default={}, metavar="{NAME: VALUE, …}", help="its own settings"
    )
    parser.add_argument("--candidates", type=int, default=400, help="how many architectures to evaluate")
    parser.add_argument("--seed", type=int, default=0, help="what every random draw comes from")
    parser.add_argument("--resume", action="store_true", help="go on with the run that is in the folder")
    parser.add_argument(
        "--finalists",
        type=int,
        default=0,
        help="end with successive halving: train so many of the best from scratch, fewer and fewer for longer",
    )
    add_problem_options(parser)
    add_fitness_options(parser)
    add_constraint_options(parser)
    add_evaluator_options(parser)
    _add_predictor_options(parser)
    add_executor_options(parser)


def _add_predictor_options(parser: ArgumentParser) -> None:
    shown = group(parser, "evaluator")
    shown.add_argument(
        "--predictor-sample",
        type=int,
        default=0,
        help="first train so many architectures from scratch, and predict the others from them: about twice as many "
        "as there are choices over all slots, such as 40; 0: as --evaluator says",
    )
    shown.add_argument("--predictor-epochs", type=int, default=20, help="length of each of these trainings")


def add_run_arguments(parser: ArgumentParser) -> None:
    """Adds the run's folder, and room for the form before, in which the supernet's folder came first."""
    parser.add_argument("run", type=str, help="folder for the run's journal and results")
    parser.add_argument("former", type=str | None, nargs="?", default=None, help=SUPPRESS)


def add_fitness_options(parser: ArgumentParser) -> None:
    """Adds the options of the fitness."""
    shown = group(parser, "goal")
    shown.add_argument(
        "--objective",
        type=list[str],
        default=[],
        help="what is to be as large as can be in place of the fitness, such as maximize,measure=accuracy, "
        "minimize,measure=spikes, or one of your own with its settings; may be repeated",
    )
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
    """Returns the objectives, or the fitness, that the options of ``add_fitness_options`` give."""
    from autosnn_ray.objectives import Goal, SpikeAwareFitness, objective_from_dict
    from autosnn_ray.runs.plan import default_goal

    if options.objective:
        chosen = [named_settings("objective", text) for text in options.objective]
        return Goal(tuple(objective_from_dict({**settings, "kind": name}) for name, settings in chosen))
    goal = default_goal(evaluator, options.exponent)
    if options.reference_spikes is None:
        return goal
    return Goal((SpikeAwareFitness(options.reference_spikes, options.exponent, evaluator.quality),))


def run(options: Namespace) -> None:
    """Runs or resumes a search."""
    from autosnn_ray.errors import InvalidInputError
    from autosnn_ray.storage.remote import is_url

    take_former(options)
    if options.finalists and is_url(options.storage):
        raise InvalidInputError(
            "--finalists: successive halving is not copied to a URL while it goes on; hold it afterwards "
            "(autosnn-ray halving RUN), and then copy it (autosnn-ray resume RUN --storage URL)"
        )
    problem, supernet = find_problem(options)
    executor = chosen_executor(options)
    if not (options.predictor_sample or options.finalists):
        _search(options, problem, supernet, executor)
        return
    # Everything by the same processes.
    with executor.open(problem.data.size_bytes) as opened:
        _search(options, problem, supernet, opened)


def _search(options: Namespace, problem: Problem, supernet: Supernet | None, executor: Executor | OpenExecutor) -> None:
    from autosnn_ray.algorithms import make_algorithm
    from autosnn_ray.cli.console import say_next
    from autosnn_ray.cli.results import show_found
    from autosnn_ray.runs.search import search
    from autosnn_ray.studies.halving import halving_rounds

    algorithm = make_algorithm(options.algorithm, seed=options.seed, **options.algorithm_settings)
    if options.predictor_sample:
        evaluator: Any = _fit_predictor(options, problem, supernet, executor)
    else:
        evaluator = chosen_evaluator(options, supernet)
    goal = chosen_goal(options, evaluator)
    found = search(
        problem,
        evaluator,
        path=options.run,
        algorithm=algorithm,
        objectives=goal.objectives,
        constraints=chosen_constraints(options),
        candidates=options.candidates,
        resume=options.resume,
        executor=executor,
        storage=options.storage,
        progress=True,
    )
    show_found(found.path, best=5)
    if options.finalists:
        rounds = halving_rounds(options.finalists)
        hold_halving(problem, found, rounds, executor)
    say_next("show", found.path, "--save", "pictures")


def _fit_predictor(
    options: Namespace, problem: Problem, supernet: Supernet | None, executor: Executor | OpenExecutor
) -> Predictor:
    """Trains a sample from scratch, and says what it taught."""
    from autosnn_ray.cli.console import console, print_rows
    from autosnn_ray.errors import InvalidInputError
    from autosnn_ray.storage.run_folder import open_run_folder
    from autosnn_ray.studies.predictor import fit_predictor

    if supernet is None:
        raise InvalidInputError(
            "--predictor-sample: expected --supernet too: the predictor takes spikes from the supernet's paths"
        )
    if given_evaluator(options):
        raise InvalidInputError("--predictor-sample makes an evaluator of its own; leave --evaluator out")
    with open_run_folder(options.run, options.storage, is_new=not options.resume) as home:
        former = home.path / "survey"
        fitted = fit_predictor(
            problem,
            supernet,
            path=former if former.is_dir() else home.path / "predictor",
            sample=options.predictor_sample,
            epochs=options.predictor_epochs,
            executor=executor,
            progress=True,
        )
    models = fitted.models
    print_rows(
        ["", "explained", "error"],
        [
            ["accuracy", f"{models['accuracy'].explained:.0%}", f"{models['accuracy'].error:.2%}"],
            ["spikes, beyond the path's", f"{models['spikes'].explained:.0%}", f"{models['spikes'].error:.0%}"],
        ],
        title=f"what the choices explain, by {len(fitted.fitted['architectures'])} architectures trained from scratch",
    )
    if models["accuracy"].explained < 0.01:
        console.print("accuracies differ by no more than chance: all are taken as equal, and spikes decide")
    return fitted
