"""Which way of training a supernet ranks best, at equal cost: each variant against one truth.

    autosnn-ray fidelity RUN --supernet SUPERNET --sample 40       # makes the ground truth, once
    python benchmarks/supernets.py RUN/fidelity/ground_truth --supernet SUPERNET --out docs/supernets-digits.json

Every variant takes as many path passes as the baseline (a step of strict fairness takes one a choice), unless its name
says otherwise. What is in the file already is not measured again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from supernet_variants import (
    Change,
    Draw,
    gradient_agreement,
    loss_on_currents,
    norm_per_predecessor,
    plainly,
    shared_kernels,
    slot_by_slot,
    split_by,
    trained,
)

import analysis
from analysis.agreement import Scores, agreement, scores
from autosnn_ray.data import Dataset, load_described
from autosnn_ray.evaluation import evaluate
from autosnn_ray.evaluation.batch_norm import recalibrated
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.space import Architecture, SearchSpace
from autosnn_ray.spiking.network import SpikingNetwork
from autosnn_ray.training import Supernet, TrainSettings

Score = Callable[[Architecture], Evaluation]
Build = Callable[[SearchSpace, Dataset, int, int], tuple[Score, SpikingNetwork]]
"""From space, data, seed and the baseline's epochs to what scores a path."""


def with_own_statistics(network: SpikingNetwork, data: Dataset, path: Architecture) -> Evaluation:
    with recalibrated(network, path, data.train.spread(512).x, batch_size=64):
        return evaluate(network, data.validation, path)


def one(draw: Draw, share: float = 1.0, change: Change | None = None, recalibrate: bool = False, **settings: object):
    def build(space: SearchSpace, data: Dataset, seed: int, epochs: int) -> tuple[Score, SpikingNetwork]:
        how = replace(TrainSettings(epochs=max(1, round(share * epochs))), **settings)  # type: ignore[arg-type]
        network = trained(space, data, seed, how, draw, change)
        if recalibrate:
            return (lambda path: with_own_statistics(network, data, path)), network
        return (lambda path: evaluate(network, data.validation, path)), network

    return build


def few_shot(slot: int):
    """One supernet for each choice of a slot, each trained for a share of the epochs (Zhao et al., ICML 2021)."""

    def build(space: SearchSpace, data: Dataset, seed: int, epochs: int) -> tuple[Score, SpikingNetwork]:
        parts = split_by(space, slot)
        how = TrainSettings(epochs=max(1, epochs // len(parts)))
        # In these spaces a slot has one choice: as many uniform paths a step as the baseline takes.
        draw: Draw = lambda part, _: lambda rng: [part.sample(rng) for _ in parts]  # noqa: E731
        networks = {choice: trained(part, data, seed, how, draw) for choice, part in parts.items()}
        return (lambda path: evaluate(networks[path[slot]], data.validation, path)), next(iter(networks.values()))

    return build


VARIANTS: dict[str, Build] = {
    "strict fairness (the default)": one(plainly("strict")),
    "strict, batch norm re-estimated": one(plainly("strict"), recalibrate=True),
    "uniform": one(plainly("uniform"), 5),
    "sandwich": one(plainly("sandwich"), 5 / 3),
    "sandwich, distilled from the largest path": one(plainly("sandwich"), 5 / 3, distillation=0.5),
    "strict, distilled from the step's first path": one(plainly("strict"), distillation=0.5),
    "strict, cross-entropy of rates": one(plainly("strict"), loss="cross_entropy"),
    "strict, cross-entropy of the last currents": one(plainly("strict"), change=loss_on_currents, loss="cross_entropy"),
    "strict, batch norm for each predecessor": one(plainly("strict"), change=norm_per_predecessor),
    "strict, 3x3 kernels the middle of 5x5": one(plainly("strict"), change=shared_kernels),
    "strict, slots join one by one": one(slot_by_slot("strict")),
    "strict, constant rate 1e-3": one(plainly("strict"), schedule="constant", learning_rate=1e-3),
    "few-shot, split at the first slot": few_shot(0),
    "few-shot, split at the last slot": few_shot(-1),
    "strict, a quarter as long": one(plainly("strict"), 1 / 4),
    "strict, twice as long": one(plainly("strict"), 2),
}


def truth_of(folder: Path) -> list[pd.DataFrame]:
    frames = [analysis.read(path) for path in sorted(folder.glob("seed_*"))]
    done = [frame[frame["status"] == "done"].set_index("architecture") for frame in frames]
    shared = [name for name in done[0].index if all(name in frame.index for frame in done)]
    return [frame.loc[shared] for frame in done]


def orders(accuracy: pd.Series, loss: pd.Series, spikes: pd.Series, exponent: float = -0.08) -> dict[str, Scores]:
    fitness = accuracy * (spikes.clip(lower=1e-9) / spikes.mean()) ** exponent
    return {"accuracy": scores(accuracy, loss), "spikes": scores(-spikes), "fitness": scores(fitness, loss)}


def measure(found: list[Evaluation], truths: list[pd.DataFrame]) -> dict[str, list[float]]:
    """Kendall's tau with its interval for each quantity."""
    table = pd.DataFrame([{"accuracy": e.accuracy, "loss": e.loss, "spikes": e.spikes} for e in found])
    judges = orders(table["accuracy"], table["loss"], table["spikes"])
    judged = [orders(truth["accuracy"], truth["loss"], truth["spikes"]) for truth in truths]
    taus = {}
    for quantity, judge in judges.items():
        figure = agreement([(judge, each[quantity]) for each in judged], np.random.default_rng(0))["tau"]
        taus[quantity] = [figure.value, figure.low, figure.high]
    return taus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--supernet", type=Path, required=True, help="whose space and data these are")
    parser.add_argument("--epochs", type=int, default=20, help="of the baseline, passes over the training samples")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=list(VARIANTS))
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    described = Supernet.load(options.supernet)
    space, data = described.space, load_described(described.data)
    truths = truth_of(options.truth)
    known = json.loads(options.out.read_text()) if options.out.exists() else {}
    for title in options.only:
        if title in known:
            continue
        started = time.perf_counter()
        score, network = VARIANTS[title](space, data, options.seed, options.epochs)
        minutes = (time.perf_counter() - started) / 60
        found = [score(space.parse(name)) for name in truths[0].index]
        cosine, opposed = gradient_agreement(network, data, np.random.default_rng(0))
        known[title] = {
            "minutes": minutes,
            "median_accuracy": float(np.median([e.accuracy for e in found])),
            "tau": measure(found, truths),
            "gradient_cosine": cosine,
            "gradients_opposed": opposed,
        }
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(known, indent=2) + "\n")
        taus = "  ".join(f"{name} {value[0]:.2f}" for name, value in known[title]["tau"].items())
        print(f"{title:45s} {minutes:5.1f} min  median {known[title]['median_accuracy']:.3f}  tau: {taus}", flush=True)


if __name__ == "__main__":
    main()
