"""Measure what a ranking is worth: train a sample of architectures alone and hold evaluators against them.

Everything is kept in the run's folder (rank/): given again, what is there is used, and a larger sample extends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import add_ray_options, plan_to_train, ray_arguments

if TYPE_CHECKING:
    from analysis import Ranking

AFTER_INTERRUPT = "The same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the search whose ranking is measured")
    parser.add_argument("--supernet", type=str | None, default=None, help="folder of the supernet, if it has moved")
    parser.add_argument("--sample", type=int, default=40, help="architectures to train alone")
    parser.add_argument("--seeds", type=int, default=2, help="trainings of each; at least two")
    parser.add_argument("--epochs", type=int, default=20, help="length of each of these trainings")
    parser.add_argument(
        "--evaluators",
        type=list[str] | None,
        default=None,
        help="what to hold against them, such as [path,'alone,epochs=4'] (default: the evaluator of the run)",
    )
    parser.add_argument("--truth", type=str | None, default=None, help="folder of a truth to use again, or to make")
    parser.add_argument("--seed", type=int, default=0, help="what the sample is drawn from")
    parser.add_argument(
        "--data-folder", type=str | None, default=None, help="where the data set's files are now, if they were moved"
    )
    add_ray_options(parser)


def run(options: Namespace) -> None:
    """Measures rankings and says what they are worth."""
    import analysis
    from autosnn_ray.cli.console import console, run_bar
    from autosnn_ray.cluster.rank import rank
    from autosnn_ray.cluster.storage import run_folder
    from autosnn_ray.evaluators import make_evaluator, parse_evaluator

    home = run_folder(options.run, options.storage)
    config = analysis.read_config(home)
    plan = plan_to_train(options, home)
    if options.evaluators is None:
        chosen = [make_evaluator(config["evaluator"]["name"], **config["evaluator"]["settings"])]
    else:
        chosen = [parse_evaluator(text) for text in options.evaluators]
    folder = home / "rank"
    with run_bar() as on_run:
        rank(
            plan.supernet,
            plan.data,
            path=folder,
            sample=options.sample,
            seeds=options.seeds,
            epochs=options.epochs,
            evaluators=chosen,
            truth=options.truth,
            seed=options.seed,
            on_run=on_run,
            **ray_arguments(options, storage=False),
        )
    rankings = analysis.read_rankings(folder, truth=options.truth, exponent=config["objective"]["exponent"])
    show_rankings(rankings)
    for path in analysis.save_rankings(rankings, folder):
        console.print(f"written: {path}")


def show_rankings(rankings: list[Ranking]) -> None:
    """Prints what each evaluator's ranking is worth, and a verdict in words."""
    from autosnn_ray.cli.console import console, print_rows

    for ranking in rankings:
        rows = []
        for quantity, measures in ranking.figures.items():
            for measure in ("tau", "spearman", "regret_1", "regret_5", "regret_10"):
                own, ceiling = measures[measure], ranking.ceiling[quantity][measure]
                digits = 0 if quantity == "spikes" and measure.startswith("regret") else 3
                rows.append([quantity, measure, own.text(digits), ceiling.text(digits)])
        print_rows(
            ["quantity", "measure", "to the truth", "ceiling: seed to seed"],
            rows,
            title=f"{ranking.evaluator}: {ranking.seconds:.2f} seconds a candidate, {len(ranking.table)} architectures",
        )
        for quantity in ranking.figures:
            console.print(ranking.verdict(quantity))
        console.print()
