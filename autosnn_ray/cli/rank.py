"""Measure what a ranking is worth: train a sample of architectures alone and hold evaluators against them.

Everything is kept in the run's folder (rank/): given again, what is there is used, and a larger sample extends it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from autosnn_ray.cli.options import add_ray_options

if TYPE_CHECKING:
    from analysis import Ranking

AFTER_INTERRUPT = "The same command goes on."


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("run", type=str, help="folder of the search whose ranking is measured")
    parser.add_argument("--supernet", type=str, required=True, help="folder of the supernet that was searched")
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
    from autosnn_ray.data import load_described
    from autosnn_ray.evaluators import make_evaluator, parse_evaluator
    from autosnn_ray.training import Supernet

    config = analysis.read_config(options.run)
    supernet = Supernet.load(options.supernet)
    if options.evaluators is None:
        chosen = [make_evaluator(config["evaluator"]["name"], **config["evaluator"]["settings"])]
    else:
        chosen = [parse_evaluator(text) for text in options.evaluators]
    folder = Path(options.run) / "rank"
    with run_bar() as on_run:
        rank(
            supernet,
            load_described(supernet.data, options.data_folder),
            path=folder,
            sample=options.sample,
            seeds=options.seeds,
            epochs=options.epochs,
            evaluators=chosen,
            truth=options.truth,
            seed=options.seed,
            address=options.address,
            num_cpus=options.num_cpus,
            cpus_per_candidate=options.cpus_per_candidate,
            on_run=on_run,
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
