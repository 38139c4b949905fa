"""Which way of training a supernet ranks best, at equal cost: each variant against one truth.

    autosnn-ray rank RUN --supernet SUPERNET --sample 40       # makes the truth, once
    python benchmarks/supernets.py RUN/rank/truth --out docs/supernets.json

Every variant takes the same number of path passes as the baseline (a step of strict fairness takes one a choice).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import analysis
import search_spaces
from analysis.agreement import agreement, scores
from autosnn_ray.data import Dataset, load_dataset
from autosnn_ray.evaluation import evaluate
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.evaluators import EvaluationData, make_evaluator
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.training import TrainSettings, train_supernet

Score = Callable[[Architecture], Evaluation]
BASE = 40


def one(sampling: str, epochs: int, recalibrate: bool = False, **changes: object):
    def build(space: SearchSpace, data: Dataset, seed: int) -> Score:
        settings = replace(TrainSettings(epochs=epochs), **changes)
        supernet = train_supernet(space, data, seed=seed, sampling=sampling, settings=settings)
        if recalibrate:
            return make_evaluator("recalibrated")(supernet.network, EvaluationData.of(data, settings))
        return lambda path: evaluate(supernet.network, data.validation, path)

    return build


def few_shot(slot: int):
    """One supernet for each choice of a slot, each trained for a share of the epochs (Zhao et al., ICML 2021)."""

    def build(space: SearchSpace, data: Dataset, seed: int) -> Score:
        choices = space.slots[slot].choices
        supernets = {}
        for choice in choices:
            position = [i for i, layer in enumerate(space.layers) if layer.is_slot][slot]
            layers = list(space.layers)
            layers[position] = replace(layers[position], choices=(choice,))
            part = replace(space, name=f"{space.name}-{choice}", layers=tuple(layers))
            settings = TrainSettings(epochs=max(1, BASE // len(choices)))
            supernets[choice] = train_supernet(part, data, seed=seed, settings=settings)
        return lambda path: evaluate(supernets[path[slot]].network, data.validation, path)

    return build


VARIANTS = {
    "strict": one("strict", BASE),
    "strict, batch norm re-estimated": one("strict", BASE, recalibrate=True),
    "uniform": one("uniform", 5 * BASE),
    "sandwich": one("sandwich", 5 * BASE // 3),
    "sandwich, distilled 0.5": one("sandwich", 5 * BASE // 3, distillation=0.5),
    "strict, distilled 0.5": one("strict", BASE, distillation=0.5),
    "strict, cross-entropy": one("strict", BASE, loss="cross_entropy"),
    "strict, constant rate 1e-3": one("strict", BASE, schedule="constant", learning_rate=1e-3),
    "strict, a quarter as long": one("strict", BASE // 4),
    "strict, twice as long": one("strict", 2 * BASE),
    "few-shot, first slot": few_shot(0),
    "few-shot, last slot": few_shot(4),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--space", default="digits_16")
    parser.add_argument("--data", default="digits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=list(VARIANTS))
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    space, data = search_spaces.load(options.space), load_dataset(options.data)
    truths = [analysis.read(path) for path in sorted(options.truth.glob("seed_*"))]
    truths = [truth[truth["status"] == "done"].set_index("architecture") for truth in truths]
    names = [name for name in truths[0].index if all(name in truth.index for truth in truths)]
    known = json.loads(options.out.read_text()) if options.out.exists() else {}
    for title in options.only:
        started = time.perf_counter()
        score = VARIANTS[title](space, data, options.seed)
        trained = time.perf_counter() - started
        found = [score(space.parse(name)) for name in names]
        judges = {
            "accuracy": scores([e.accuracy for e in found], [e.loss for e in found]),
            "spikes": scores([-e.spikes for e in found]),
        }
        row: dict[str, object] = {
            "minutes": trained / 60,
            "median_accuracy": float(np.median([e.accuracy for e in found])),
        }
        for quantity, judge in judges.items():
            true = [
                scores(truth.loc[names, "accuracy"], truth.loc[names, "loss"])
                if quantity == "accuracy"
                else scores(-truth.loc[names, "spikes"])
                for truth in truths
            ]
            figures = agreement([(judge, one_truth) for one_truth in true], np.random.default_rng(0))
            row[quantity] = {name: [f.value, f.low, f.high] for name, f in figures.items()}
        known[title] = row
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(known, indent=2) + "\n")
        tau = {quantity: row[quantity]["tau"] for quantity in judges}  # type: ignore[index]
        print(
            f"{title:35s} {trained / 60:5.1f} min  tau accuracy {tau['accuracy'][0]:.2f}  spikes {tau['spikes'][0]:.2f}"
        )


if __name__ == "__main__":
    main()
