"""Options of the predictor that a search fits unless told otherwise, and the fitting itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.evaluator_options import chosen_evaluator, given_evaluator
from autosnn_ray.cli.options import group
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.shown import epochs_text

if TYPE_CHECKING:
    from autosnn_ray.evaluators import Evaluator, Predictor
    from autosnn_ray.problem import Problem
    from autosnn_ray.runs.executors import Executor, OpenExecutor
    from autosnn_ray.runs.plan import Plan
    from autosnn_ray.training import Supernet

_KNOWS_NOTHING = 0.01
"""Less of the variance explained than this is nothing."""


def add_predictor_options(parser: ArgumentParser) -> None:
    """Adds how long, and how large, the sample is."""
    shown = group(parser, "evaluator")
    shown.add_argument(
        "--predictor-sample",
        type=int | None,
        default=None,
        help="so many architectures are trained from scratch first, and the others predicted from them: three times as "
        "many as there are choices over all slots (default: 80, where no other --evaluator is asked for; 0: none)",
    )
    shown.add_argument(
        "--predictor-epochs",
        type=int | None,
        default=None,
        help="length of each of these trainings: many short ones teach more than few long ones (default: 2, or more "
        "where few samples make few steps)",
    )


def wants_predictor(options: Namespace) -> bool:
    """Says whether a predictor is to be fitted: unless another evaluator is asked for.

    Raises:
        InvalidInputError: A sample for a predictor, and another evaluator, are asked for.
    """
    given = given_evaluator(options)
    is_other = bool(given) and given != {"name": "predictor"}
    if is_other and options.predictor_sample:
        raise InvalidInputError("--predictor-sample makes an evaluator of its own; leave --evaluator out")
    if given == {"name": "predictor"} and options.predictor_sample == 0:
        raise InvalidInputError("--evaluator predictor: expected a sample to fit it on, got --predictor-sample 0")
    return not is_other and options.predictor_sample != 0


def evaluator_asked_for(
    options: Namespace,
    problem: Problem,
    supernet: Supernet | None,
    planned: Callable[[Evaluator], Plan],
    executor: Executor | OpenExecutor,
    *,
    several: bool = False,
) -> Evaluator:
    """Returns the evaluator that the options name; unless they do, fits a predictor and says what it learned.

    Args:
        options: Those of the command.
        problem: What is searched.
        supernet: As ``find_problem`` gave it.
        planned: Makes the search's plan of an evaluator.
        executor: Where the sample is trained.
        several: Whether the folder is one of several searches.
    """
    if not wants_predictor(options):
        return chosen_evaluator(options, supernet)
    from autosnn_ray.cli.console import console
    from autosnn_ray.runs.fitting import fit_for_run
    from autosnn_ray.runs.predictor import SAMPLE

    def say(sample: int, epochs: int) -> None:
        console.print(
            f"first {sample} architectures, each choice equally often, are trained from scratch for "
            f"{epochs_text(epochs)}; the search then predicts all others from them (docs/ranking.md "
            "says what that is worth; --evaluator path is AutoSNN's own way)"
        )

    fitted = fit_for_run(
        problem,
        supernet,
        planned,
        path=options.run,
        storage=options.storage,
        resume=options.resume,
        reuse=options.reuse,
        sample=SAMPLE if options.predictor_sample is None else options.predictor_sample,
        epochs=options.predictor_epochs,
        executor=executor,
        progress=True,
        on_start=say,
        several=several,
    )
    show_fitted(fitted)
    return fitted


def show_fitted(fitted: Predictor) -> None:
    """Shows what a predictor has learned."""
    from autosnn_ray.cli.console import console, print_rows

    models = fitted.models
    spikes = "spikes" if fitted.supernet is None else "spikes, beyond the path's"
    print_rows(
        ["", "explained"],
        [
            ["order of accuracies", f"{models.accuracy.explained:.0%}"],
            [spikes, f"{models.spikes.explained:.0%}"],
        ],
        title=f"what choices explain at architectures left out, of {len(fitted.fitted['architectures'])} trained",
        numbers_from=1,
    )
    if models.accuracy.explained < _KNOWS_NOTHING:
        console.print("accuracies differ by no more than chance: all are taken as equal, and spikes decide")
