"""What decides the default: predictors by sample and length of training, and a supernet's paths; cost and fidelity.

    python benchmarks/predictors.py FOLDER --out docs/predictors-digits.json

Held against the shipped table's networks from scratch (two seeds, 8 epochs, digits). Trains what it needs in FOLDER:
short trainings of a sample of its own. Costs are shares of training 400 candidates for 8 epochs, in passes over a
training sample forwards and backwards; a supernet's step counts one pass for each path.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.stats import kendalltau

import analysis
import autosnn_ray as asr
from autosnn_ray.algorithms import Stratified
from autosnn_ray.evaluators.predictor import fit
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import AdditiveModel, Architecture

CANDIDATES, DIVISIONS = 400, 10


class Truth:
    def __init__(self) -> None:
        self.shipped = analysis.tabular("digits_16")
        seeds = self.shipped.scratch.pivot(index="architecture", columns="seed")
        self.names = list(seeds.index)
        self.architectures = [self.shipped.space.parse(name) for name in self.names]
        self.seeds = {name: seeds[name].to_numpy() for name in ("accuracy", "spikes", "loss")}
        self.fitness = SpikeAwareFitness(float(self.shipped.about["supernet"]["reference_spikes"]))
        self.epochs = int(self.shipped.about["scratch"]["epochs"])
        self.full = CANDIDATES * self.epochs
        self.paths = self.shipped.paths.set_index("architecture").loc[self.names]

    def judge(self, accuracy: Any, spikes: Any, rows: Any, seeds: Sequence[int] = (0, 1)) -> dict[str, float]:
        """Returns Kendall's tau against each seed, their mean, and what the best ten miss in accuracy, in points."""
        found: dict[str, list[float]] = {"accuracy": [], "spikes": [], "fitness": []}
        for seed in seeds:
            a, s = self.seeds["accuracy"][rows, seed], self.seeds["spikes"][rows, seed]
            found["accuracy"].append(kendalltau(accuracy, a).statistic)
            found["spikes"].append(kendalltau(spikes, s).statistic)
            found["fitness"].append(kendalltau(self.fitness.of(accuracy, spikes), self.fitness.of(a, s)).statistic)
        true = self.seeds["accuracy"][rows].mean(axis=1)
        best = np.argsort(-np.asarray(accuracy), kind="stable")[:10]
        regret = 100 * (true.max() - true[best].max())
        return {**{name: float(np.mean(values)) for name, values in found.items()}, "regret_10": float(regret)}


def predicted(sample: pd.DataFrame, architectures: list[Architecture], space: Any) -> tuple[Any, Any]:
    rows = zip(sample["architecture"], sample["accuracy"], sample["spikes"], sample["loss"], strict=True)
    models = asr.Predictor(fit({space.parse(str(name)): asr.Evaluation.measured(accuracy=a, spikes=s, loss=loss)
                                for name, a, s, loss in rows})).models  # fmt: skip
    return (
        np.array([models.accuracy.predict(one) for one in architectures]),
        np.exp([models.spikes.predict(one) for one in architectures]),
    )


def short_runs(folder: Path, truth: Truth, plan: dict[int, int]) -> dict[int, pd.DataFrame]:
    problem = asr.Problem(truth.shipped.space, asr.load_dataset("digits"), timesteps=4)
    found = {}
    for epochs, count in plan.items():
        scratch = asr.TrainFromScratch(epochs=epochs, seed=50)
        batch = asr.Batch(problem, scratch, folder / "short" / f"epochs_{epochs}", Stratified(seed=5), count)
        asr.evaluate_all([batch], executor=asr.Local(threads=1))
        frame = analysis.read(folder / "short" / f"epochs_{epochs}")
        found[epochs] = frame[(frame["status"] == "done") & ~frame["architecture"].isin(truth.names)]
    return found


def rows_of(folder: Path) -> list[dict[str, Any]]:
    truth = Truth()
    every = np.arange(len(truth.names))
    rows = []

    def add(name: str, cost: float, figures: dict[str, float]) -> None:
        rows.append({"what": name, "cost": round(cost / truth.full, 4), **{k: round(v, 3) for k, v in figures.items()}})

    first = {name: truth.seeds[name][:, 0] for name in ("accuracy", "spikes")}
    add("ceiling: another training", truth.full, truth.judge(first["accuracy"], first["spikes"], every, (1,)))
    supernet = int(truth.shipped.about["supernet"]["epochs"]) * 5
    add("paths of a supernet", supernet, truth.judge(truth.paths["accuracy"], truth.paths["spikes"], every))
    for epochs, sample in short_runs(folder, truth, {2: 100}).items():
        for count in (20, 40, 60, 80):
            part = sample.head(count)
            accuracy, spikes = predicted(part, truth.architectures, truth.shipped.space)
            add(f"{count} trainings of {epochs} epochs", count * epochs, truth.judge(accuracy, spikes, every))
            if count == 80:
                ratios = np.log(part["spikes"].to_numpy() / _paths(truth, part))
                known = [truth.shipped.space.parse(str(one)) for one in part["architecture"]]
                model = AdditiveModel.fit(known, ratios.tolist())
                factor = np.exp([model.predict(one) for one in truth.architectures])
                found = truth.judge(accuracy, truth.paths["spikes"] * factor, every)
                add("the same, spikes of paths corrected", count * epochs + supernet, found)
    for count in (20, 40, 60):
        figures = []
        for division in range(DIVISIONS):
            order = np.random.default_rng(division).permutation(len(every))
            learned, left = order[:count], order[count:]
            sample = pd.DataFrame({name: truth.seeds[name][learned, 0] for name in truth.seeds})
            sample["architecture"] = [truth.names[place] for place in learned]
            accuracy, spikes = predicted(sample, [truth.architectures[i] for i in left], truth.shipped.space)
            figures.append(truth.judge(accuracy, spikes, left, (1,)))
        mean = {name: float(np.mean([one[name] for one in figures])) for name in figures[0]}
        add(f"{count} trainings of {truth.epochs} epochs", count * truth.epochs, mean)
    return rows


def _paths(truth: Truth, part: pd.DataFrame) -> Any:
    return truth.shipped.paths.set_index("architecture").loc[part["architecture"], "spikes"].to_numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = rows_of(options.folder)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
