"""What training the first few of a predicted order is worth: digits, held against the shipped table.

    python benchmarks/finalists.py FOLDER --out docs/finalists-digits.json

FOLDER is that of `predictors.py digits`, whose sample is used; what it lacks is trained. Out of the table's 400
architectures, each trained with two seeds, 200 are drawn again and again: a search that evaluates these. The predictor
puts them in order, the first K are trained once, the fittest of them is taken and judged by its other training.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from predictors import SAMPLE, SHORT, Table, models_of, predicted, shipped

from autosnn_ray.algorithms import Stratified

DRAWN, DRAWINGS = 200, 1000
FIRST = (1, 2, 3, 5, 10, 20, DRAWN)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    truth = shipped(options.folder)
    sample = Table(options.folder, truth).sample("short", SHORT, Stratified(seed=5), SAMPLE)
    order = truth.fitness.of(*predicted(models_of(sample, truth.space), truth.architectures))
    trained = np.stack(
        [truth.fitness.of(truth.seeds["accuracy"][:, seed], truth.seeds["spikes"][:, seed]) for seed in (0, 1)], axis=1
    )
    rng, lost = np.random.default_rng(0), {count: [] for count in FIRST}
    for _ in range(DRAWINGS):
        rows = rng.permutation(len(order))[:DRAWN]
        rows = rows[np.argsort(-order[rows], kind="stable")]
        best = trained[rows].mean(axis=1).max()
        for count in FIRST:
            for seed in (0, 1):
                taken = rows[np.argmax(trained[rows[:count], seed])]
                lost[count].append(100 * (1 - trained[taken, 1 - seed] / best))
    found = [
        {"trained": count, "lost": round(float(np.mean(of)), 2), "lost_95": round(float(np.percentile(of, 95)), 2)}
        for count, of in lost.items()
    ]
    about = {"drawn": DRAWN, "drawings": DRAWINGS, "unit": "% of the best one's fitness, mean of its two trainings"}
    options.out.write_text(json.dumps(about | {"rows": found}, indent=1) + "\n", encoding="utf-8")
    print(pd.DataFrame(found).to_string(index=False))


if __name__ == "__main__":
    main()
