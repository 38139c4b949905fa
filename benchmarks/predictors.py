"""What decides the default: predictors by sample and length of training, and a supernet's paths; cost and fidelity.

    python benchmarks/predictors.py digits FOLDER --out docs/predictors-digits.json
    python benchmarks/predictors.py fashion_mnist FOLDER --out docs/predictors-fashion.json
    python benchmarks/predictors.py digits FOLDER --draws 3 --out docs/predictors-digits-draws.json

Held against networks trained from scratch for 8 epochs with two seeds: those of the shipped table, or on Fashion-MNIST
(a part of it: 2,000 samples to train on, 1,000 to validate, 14x14, no augmentation) 40 that are trained in FOLDER.
What is there is used again, so that it goes on where it was cut off. Costs are shares of training 400 candidates for 8
epochs: in passes over a training sample forwards and backwards (a supernet's step counts one for each path), and in
seconds, by what three architectures took at each length, in turns.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.stats import kendalltau

import analysis
import autosnn_ray as asr
import search_spaces
from autosnn_ray.algorithms import Algorithm, PredictorGuided, Stratified
from autosnn_ray.evaluators.predictor import fit
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.space import AdditiveModel, Architecture, SearchSpace

CANDIDATES, DIVISIONS, EPOCHS, SHORT, SAMPLE, LONG = 400, 10, 8, 2, 80, 10
SEED = 50
"""Of samples that predictors are fitted on; a ground truth is drawn and trained with others."""
SUPERNET_EPOCHS = {"digits": 40, "fashion_mnist": 12}
HERE = asr.Local(threads=1)
Values = dict[str, Any]


@dataclass
class Truth:
    """Networks from scratch, with two seeds, and what a supernet says of them."""

    problem: asr.Problem
    names: list[str]
    seeds: dict[str, Any]
    paths: pd.DataFrame
    supernet_epochs: int
    fitness: SpikeAwareFitness = field(default_factory=lambda: SpikeAwareFitness(1000.0))

    @property
    def space(self) -> SearchSpace:
        return self.problem.space

    @property
    def architectures(self) -> list[Architecture]:
        return [self.space.parse(name) for name in self.names]

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


def trained(
    folder: Path, problem: asr.Problem, epochs: int, seed: int, algorithm: Algorithm, count: int
) -> pd.DataFrame:
    scratch = asr.TrainFromScratch(epochs=epochs, seed=seed)
    asr.evaluate_all([asr.Batch(problem, scratch, folder, algorithm, count)], executor=HERE)
    frame = analysis.read(folder)
    return frame[frame["status"] == "done"].sort_values("index").head(count)


def shipped(_: Path) -> Truth:
    table = analysis.tabular("digits_16")
    columns = ["architecture", "seed", "accuracy", "spikes", "loss"]
    seeds = table.scratch[columns].pivot(index="architecture", columns="seed").dropna()  # trained with both seeds
    problem = asr.Problem(table.space, asr.load_dataset("digits"), timesteps=4)
    values = {name: seeds[name].to_numpy() for name in ("accuracy", "spikes", "loss")}
    return Truth(problem, list(seeds.index), values, table.paths, SUPERNET_EPOCHS["digits"])


def fashion(folder: Path) -> Truth:
    data = asr.load_dataset(
        "fashion_mnist", size=(14, 14), train_samples=2000, validation_samples=1000, augmentation="none"
    )
    problem = asr.Problem(search_spaces.load("digits_16"), data, timesteps=4)
    frames = [trained(folder / f"truth_{seed}", problem, EPOCHS, seed, Stratified(seed=0), 40) for seed in (0, 1)]
    names = list(frames[0]["architecture"])
    values = {
        name: np.stack([frame.set_index("architecture").loc[names, name].to_numpy() for frame in frames], axis=1)
        for name in ("accuracy", "spikes", "loss")
    }
    epochs = SUPERNET_EPOCHS["fashion_mnist"]
    home = folder / "supernet"
    supernet = asr.Supernet.load(home) if (home / "supernet.json").exists() else None
    if supernet is None:
        supernet = asr.train_supernet(problem, seed=0, settings=asr.TrainSettings(epochs=epochs), folder=home)
    batch = asr.Batch.of(problem, asr.SupernetPath(supernet), names, path=folder / "paths")
    asr.evaluate_all([batch], executor=HERE)
    return Truth(problem, names, values, analysis.read(folder / "paths"), epochs)


TRUTHS: dict[str, Callable[[Path], Truth]] = {"digits": shipped, "fashion_mnist": fashion}


def models_of(sample: pd.DataFrame, space: SearchSpace) -> Any:
    """Fits the product's models; with spikes of untrained networks where the sample has a column ``untrained``."""
    names = [space.parse(str(name)) for name in sample["architecture"]]
    rows = zip(sample["accuracy"], sample["spikes"], sample["loss"], strict=True)
    trained = [asr.Evaluation.measured(accuracy=a, spikes=s, loss=loss) for a, s, loss in rows]
    untrained = None
    if "untrained" in sample:
        before = [asr.Evaluation.measured(accuracy=0.0, spikes=spikes) for spikes in sample["untrained"]]
        untrained = dict(zip(names, before, strict=True))
    return asr.Predictor(fit(dict(zip(names, trained, strict=True)), untrained=untrained)).models


def predicted(models: Any, architectures: list[Architecture]) -> tuple[Any, Any]:
    return (
        np.array([models.accuracy.predict(one) for one in architectures]),
        np.exp([models.spikes.predict(one) for one in architectures]),
    )


def scores(folder: Path, problem: asr.Problem, names: list[str]) -> pd.DataFrame:
    """Looks at networks before any training: a score, and spikes."""
    asr.evaluate_all([asr.Batch.of(problem, asr.TrainingFree(), names, path=folder)], executor=HERE)
    return analysis.read(folder).set_index("architecture").loc[names]


def two_lengths(short: pd.DataFrame, long: pd.DataFrame) -> pd.DataFrame:
    """Puts both into one sample: scores within each length, spikes of the short ones moved by what both share."""
    both = short.merge(long, on="architecture", suffixes=("", "_long"))
    factor = np.exp(np.mean(np.log(both["spikes_long"] / both["spikes"])))
    scored = []
    for part, times in ((short, factor), (long, 1.0)):
        ranks = {name: part[name].rank(pct=True) for name in ("accuracy", "loss")}
        scored.append(part.assign(spikes=part["spikes"] * times, **ranks))
    mean = (
        pd.concat(scored)[["architecture", "accuracy", "spikes", "loss", "untrained"]]
        .groupby("architecture", sort=False)
        .mean()
    )
    return mean.reset_index()


def seconds_by_length(folder: Path, truth: Truth, lengths: Sequence[int]) -> dict[int, float]:
    """Returns the median of three architectures' seconds at each length, taken in turns; kept in a file."""
    file = folder / "seconds.json"
    if not file.exists():
        found: dict[int, list[float]] = {epochs: [] for epochs in lengths}
        for name in truth.names[:3]:
            for epochs in lengths:
                began = time.perf_counter()
                architecture = truth.space.parse(name)
                asr.train_from_scratch(
                    truth.problem, architecture, settings=asr.TrainSettings(epochs=epochs), progress=False
                )
                found[epochs].append(time.perf_counter() - began)
        file.write_text(json.dumps({epochs: median(values) for epochs, values in found.items()}), encoding="utf-8")
    return {int(epochs): seconds for epochs, seconds in json.loads(file.read_text(encoding="utf-8")).items()}


class Table:
    """The rows that are asked for."""

    def __init__(self, folder: Path, truth: Truth) -> None:
        self.folder, self.truth = folder, truth
        self.seconds = seconds_by_length(folder, truth, (SHORT, 4, EPOCHS))
        self.every = np.arange(len(truth.names))
        self.rows: list[Values] = []

    def add(self, what: str, trainings: dict[int, int], figures: dict[str, float], supernet: int = 0) -> None:
        """Adds a row: how many trainings of which length it took, and path-epochs of a supernet."""
        passes = sum(epochs * count for epochs, count in trainings.items()) + supernet
        row: Values = {"what": what, "cost": round(passes / (CANDIDATES * EPOCHS), 4), "cost_seconds": None}
        if trainings and not supernet and set(trainings) <= set(self.seconds):
            seconds = sum(self.seconds[epochs] * count for epochs, count in trainings.items())
            row["cost_seconds"] = round(seconds / (CANDIDATES * self.seconds[EPOCHS]), 4)
        self.rows.append({**row, **{key: round(value, 3) for key, value in figures.items()}})

    def judged(self, sample: pd.DataFrame) -> dict[str, float]:
        accuracy, spikes = predicted(models_of(sample, self.truth.space), self.truth.architectures)
        return self.truth.judge(accuracy, spikes, self.every)

    def sample(self, name: str, epochs: int, algorithm: Algorithm, count: int, seed: int = SEED) -> pd.DataFrame:
        """Trains a sample; what the ground truth holds is left out of it."""
        shared = 2 + round(2 * count * len(self.truth.names) / self.truth.space.size)
        frame = trained(self.folder / name, self.truth.problem, epochs, seed, algorithm, count + shared)
        frame = frame[~frame["architecture"].isin(self.truth.names)].head(count)
        names = [str(one) for one in frame["architecture"]]
        untrained = scores(self.folder / f"{name}_untrained", self.truth.problem, names)
        return frame.assign(untrained=untrained["spikes"].to_numpy())


def rows_of(folder: Path, truth: Truth) -> list[Values]:
    table, space = Table(folder, truth), truth.space
    first = {name: truth.seeds[name][:, 0] for name in ("accuracy", "spikes")}
    ceiling = truth.judge(first["accuracy"], first["spikes"], table.every, (1,))
    table.add("ceiling: another training", {EPOCHS: CANDIDATES}, ceiling)
    paths, supernet = truth.paths.set_index("architecture"), truth.supernet_epochs * 5
    known = paths.loc[truth.names]
    table.add("paths of a supernet", {}, truth.judge(known["accuracy"], known["spikes"], table.every), supernet)

    scored = scores(folder / "training_free", truth.problem, truth.names)
    table.add("training-free score", {}, truth.judge(scored["score"], scored["spikes"], table.every))

    short = table.sample("short", SHORT, Stratified(seed=5), SAMPLE)
    for count in (20, 40, 60, SAMPLE):
        table.add(f"{count} trainings of {SHORT} epochs", {SHORT: count}, table.judged(short.head(count)))
    alone = table.judged(short.drop(columns="untrained"))
    table.add("the same, spikes of these trainings alone", {SHORT: SAMPLE}, alone)
    if set(short["architecture"]) <= set(paths.index):
        ratios = np.log(short["spikes"].to_numpy() / paths.loc[short["architecture"], "spikes"].to_numpy())
        sampled = [space.parse(str(one)) for one in short["architecture"]]
        factor = np.exp([AdditiveModel.fit(sampled, ratios.tolist()).predict(one) for one in truth.architectures])
        accuracy, _ = predicted(models_of(short, space), truth.architectures)
        found = truth.judge(accuracy, known["spikes"] * factor, table.every)
        table.add("the same, spikes of paths corrected", {SHORT: SAMPLE}, found, supernet)
    middle = table.sample("middle", 4, Stratified(seed=5), SAMPLE // 2)
    table.add("40 trainings of 4 epochs", {4: SAMPLE // 2}, table.judged(middle))
    guided = table.sample("guided", SHORT, PredictorGuided(seed=5), SAMPLE)
    table.add(f"{SAMPLE} of {SHORT} epochs, predictor-guided", {SHORT: SAMPLE}, table.judged(guided))
    long = table.sample("long", EPOCHS, Stratified(seed=5), LONG)
    count = SAMPLE - LONG * EPOCHS // SHORT
    mixed = two_lengths(short.head(count), long)
    table.add(f"{count} of {SHORT} epochs and {LONG} of {EPOCHS}", {SHORT: count, EPOCHS: LONG}, table.judged(mixed))

    for count in [count for count in (20, 40, 60) if count <= len(truth.names) // 2 + 10]:
        figures = _divided(table, count, scored["spikes"].to_numpy())
        table.add(f"{count} trainings of {EPOCHS} epochs", {EPOCHS: count}, figures)
    return table.rows


def drawn_again(folder: Path, truth: Truth, draws: int) -> list[Values]:
    """Judges other samples of the default, and of fewer and longer trainings at the same cost."""
    table = Table(folder, truth)
    for draw in range(draws):
        for epochs, count in ((SHORT, SAMPLE), (3, 2 * SAMPLE // 3)):
            name = "short" if draw == 0 and epochs == SHORT else f"e{epochs}_s{SEED + draw}"
            sample = table.sample(name, epochs, Stratified(seed=5 + draw), count, SEED + draw)
            table.add(f"sample {draw + 1}, {count} trainings of {epochs} epochs", {epochs: count}, table.judged(sample))
    return table.rows


def _divided(table: Table, count: int, untrained: Any) -> dict[str, float]:
    """Fits on a part of the ground truth, one seed, and judges by the other seed of the rest."""
    truth, figures = table.truth, []
    for division in range(DIVISIONS):
        order = np.random.default_rng(division).permutation(table.every)
        learned, left = order[:count], order[count:]
        sample = pd.DataFrame({name: truth.seeds[name][learned, 0] for name in truth.seeds})
        sample["architecture"] = [truth.names[place] for place in learned]
        sample["untrained"] = untrained[learned]
        models = models_of(sample, truth.space)
        accuracy, spikes = predicted(models, [truth.architectures[place] for place in left])
        figures.append(truth.judge(accuracy, spikes, left, (1,)))
    return {name: float(np.mean([one[name] for one in figures])) for name in figures[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=TRUTHS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--draws", type=int, help="judge so many samples of the default, and of 3 epochs, and no other")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    truth = TRUTHS[options.data](options.folder)
    rows = drawn_again(options.folder, truth, options.draws) if options.draws else rows_of(options.folder, truth)
    options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
