"""What each evaluator's ranking is worth, and what it costs on a quiet machine: table and chart.

    autosnn-ray fidelity RUN --evaluators "[path,'scratch,epochs=4']"  # makes ground truth and evaluators' runs, once
    python benchmarks/fidelity.py RUN/fidelity --supernet SUPERNET --name digits

A run's own seconds are those of a machine with as many candidates on it as CPUs; here each evaluator takes three
architectures alone on one thread, and the median counts. Writes docs/fidelity-NAME.json and .png, prints the table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import replace
from pathlib import Path

import torch

import analysis
from autosnn_ray.evaluators import EvaluatorContext, evaluator_from_dict
from autosnn_ray.problem import Problem
from autosnn_ray.studies.fidelity import ground_truth_folder
from autosnn_ray.training import Supernet

TIMED = 3


def seconds_of(run: Path, supernet: Supernet, problem: Problem) -> float:
    """Times an evaluator of a run at three of its architectures, the first twice where a first call costs more."""
    entry = analysis.read_config(run)["evaluator"]
    estimate = evaluator_from_dict(entry, supernet).start(EvaluatorContext.of(problem))
    names = analysis.read(run)["architecture"].head(TIMED)
    taken = []
    for name in names:
        architecture = supernet.space.parse(str(name))
        started = time.perf_counter()
        estimate(architecture, 0)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rank", type=Path)
    parser.add_argument("--supernet", type=Path, required=True)
    parser.add_argument("--truth", type=Path, help="where the truth is, if not in the folder")
    parser.add_argument("--name", required=True)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    supernet = Supernet.load(options.supernet)
    problem = supernet.problem()
    truth = options.truth or ground_truth_folder(options.rank)
    truth_seconds = seconds_of(truth / "seed_0", supernet, problem)
    timed = {}
    for run in sorted((options.rank / "evaluators").iterdir()):
        label = analysis.evaluator_label(analysis.read_config(run))
        timed[label] = seconds_of(run, supernet, problem)
        print(f"{label:32s} {timed[label]:8.2f} s", flush=True)
    rankings = [
        replace(ranking, seconds=timed[ranking.evaluator], truth_seconds=truth_seconds)
        for ranking in analysis.read_rankings(options.rank, truth=options.truth)
    ]
    rankings.sort(key=lambda ranking: ranking.seconds)
    table = analysis.rankings_frame(rankings)
    known = table.round(4).astype(object).where(table.notna(), None)  # JSON has no NaN
    options.docs.joinpath(f"fidelity-{options.name}.json").write_text(
        json.dumps({"truth_seconds": truth_seconds, "rows": known.to_dict("records")}, indent=1) + "\n"
    )
    analysis.save(analysis.draw_fidelity(rankings), options.docs / f"fidelity-{options.name}.png")
    print("\n| evaluator | seconds | tau accuracy | tau spikes | tau fitness | top-10 regret, points |")
    print("|---|---|---|---|---|---|")
    best = " | ".join(f"*{measures['tau'].text(2)}*" for measures in rankings[0].ceiling.values())
    regret = 100 * rankings[0].ceiling["accuracy"]["regret_10"].value
    print(f"| *ceiling* | *{truth_seconds:.1f}* | {best} | *{regret:.1f}* |")
    for ranking in rankings:
        taus = " | ".join(measures["tau"].text(2) for measures in ranking.figures.values())
        regret = 100 * ranking.figures["accuracy"]["regret_10"].value
        print(f"| {ranking.evaluator} | {ranking.seconds:.2f} | {taus} | {regret:.1f} |")


if __name__ == "__main__":
    main()
