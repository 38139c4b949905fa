"""Measure what a ranking is worth: train a sample of architectures from scratch and hold evaluators against it.

Reported are agreement and its ceiling, costs in seconds and in passes of samples, what a predictor's intervals hold,
and how each evaluator compares with the best.
Everything is kept in the run's folder (fidelity/): given again, what is there is used, and a larger sample extends it.
While it is at work, `autosnn-ray show RUN/fidelity` reports what is there so far.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.evaluator_options import parse_evaluator
from autosnn_ray.cli.executor_options import add_executor_options, chosen_executor
from autosnn_ray.cli.options import add_moved_options, problem_of_run
from autosnn_ray.cli.tables import write_tables

EXAMPLE = "autosnn-ray fidelity runs/first --evaluators \"[path,'scratch,epochs=4']\""
AFTER_INTERRUPT = "The same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the search whose ranking is measured")
    parser.add_argument("--sample", type=int, default=40, help="architectures to train from scratch")
    parser.add_argument("--seeds", type=int, default=2, help="trainings of each; at least two")
    parser.add_argument("--epochs", type=int, default=20, help="length of each of these trainings")
    parser.add_argument(
        "--evaluators",
        type=list[str] | None,
        default=None,
        help="what to hold against them, such as [path,'scratch,epochs=4'] (default: the evaluator of the run)",
    )
    parser.add_argument("--ground-truth", type=str | None, default=None, help="folder of one to use again, or to make")
    parser.add_argument("--seed", type=int, default=0, help="what the sample is drawn from")
    add_moved_options(parser)
    add_executor_options(parser)


def run(options: Namespace) -> None:
    """Measures rankings and says what they are worth."""
    from autosnn_ray.cli.console import say_written
    from autosnn_ray.cli.rankings import ranked
    from autosnn_ray.own_packages import analysis
    from autosnn_ray.runs.plan import plan_of
    from autosnn_ray.storage.run_folder import run_folder
    from autosnn_ray.storage.supernets import open_supernet
    from autosnn_ray.studies.fidelity import fidelity

    home = run_folder(options.run, options.storage)
    problem, config = problem_of_run(options, home)
    if options.evaluators is None:
        chosen = [plan_of(home, config, supernet=options.supernet, data=problem.data).evaluator]
    else:
        supernet = open_supernet(home, config, options.supernet)
        chosen = [parse_evaluator(text, supernet) for text in options.evaluators]
    folder = _folder(home)
    fidelity(
        problem,
        chosen,
        path=folder,
        sample=options.sample,
        seeds=options.seeds,
        epochs=options.epochs,
        ground_truth=options.ground_truth,
        seed=options.seed,
        executor=chosen_executor(options),
        progress=True,
    )
    rankings = analysis.read_rankings(folder, truth=options.ground_truth, exponent=_exponent(config))
    write_tables(ranked(rankings))
    say_written(analysis.save_rankings(rankings, folder))


def _folder(home: Path) -> Path:
    former = home / "rank"
    return former if former.is_dir() else home / "fidelity"


def _exponent(config: dict[str, Any]) -> float:
    from autosnn_ray.objectives import DEFAULT_EXPONENT, Goal, SpikeAwareFitness

    for objective in Goal.from_dict(config["goal"]).objectives:
        if isinstance(objective, SpikeAwareFitness):
            return objective.exponent
    return DEFAULT_EXPONENT
