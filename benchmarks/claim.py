"""The paper's claim on test images: what the default search finds against others, under equal training.

    python benchmarks/claim.py FOLDER                # goes on where it was cut off, also from --out alone
    python benchmarks/claim.py FOLDER --write-only   # table and picture of what is there

Fashion-MNIST at 16x16 (averaged down to 14x14, padded). The search is the default one, and sees a part of the training
samples; what it finds is the fittest of its five best, trained on that part. What was predicted best stands beside it.
These, AutoSNN's own architecture, every network of one block and drawn ones are trained from scratch at the search's
width. Hand-made ones are trained at the width that gives them as many parameters as AutoSNN's architecture has. So is
what was found, once more, and at twice the search's width: the paper, too, widens what it found before it holds it
against others. Lengths are tried on the first two until validation accuracy no longer rises; test images are looked at
for the chosen length alone, once a network. First one seed of all, in the order of what they tell, then the next.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from claim_told import MEASURES, write

import analysis
import autosnn_ray as asr
import search_spaces
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import JOURNAL_FILE
from autosnn_ray.space import SearchSpace, format_architecture
from autosnn_ray.studies.retraining import retrain
from autosnn_ray.training import TrainSettings

AUTOSNN = "srb_k5/srb_k5/skip/srb_k3/srb_k5"
SPACE = search_spaces.load("digits_16")
HAND_MADE = ("cifarnet_fang", "resnet11_lee")
TWICE, SCALED = "found, twice as wide", "found, AutoSNN's size"
FIRST_SEED = 100
"""No seed that the search or its sample has used."""
RISES = 0.005
"""Validation accuracy that twice the epochs must add, the mean of two networks, to be worth them."""


NOTHING: dict[str, Any] = {"found": None, "searched": None, "lengths": {}, "epochs": None, "data": None, "rows": []}
"""What is known before anything was run."""


@dataclass(frozen=True)
class Rival:
    """A network that is trained: of the space, or a hand-made one of the name where there is no architecture.

    Attributes:
        times: How often the width of the search; None for the width that gives it AutoSNN's number of parameters.
    """

    name: str
    architecture: str | None = None
    times: int | None = 1


def rivals(found: dict[str, str], drawn: int) -> list[Rival]:
    """Lists the networks, each once, in the order of what they tell."""
    slots = len(SPACE.slots)
    named = {found["architecture"]: "found"}
    named.setdefault(AUTOSNN, "AutoSNN")
    named.setdefault(found["predicted_best"], "predicted best")
    for block in SPACE.slots[0].choices:
        named.setdefault("/".join([block] * slots), f"all {block}")
    of_space, rng = len(named), np.random.default_rng(2022)
    while len(named) < of_space + drawn:
        named.setdefault(format_architecture(SPACE.sample(rng)), f"drawn {len(named) - of_space + 1}")
    every = [Rival(name, architecture) for architecture, name in named.items()]
    wider = [Rival(TWICE, found["architecture"], 2), Rival(SCALED, found["architecture"], None)]
    return [*every[:of_space], *wider, *(Rival(name, times=None) for name in HAND_MADE), *every[of_space:]]


def at_width(space: SearchSpace, channels: int) -> SearchSpace:
    """Returns a space whose stem has so many channels; all its other widths change in proportion."""

    def part(width: int) -> int:
        return max(1, round(width * channels / space.channels))

    layers = tuple(replace(layer, channels=part(layer.channels)) for layer in space.layers)
    return replace(space, channels=channels, layers=layers, hidden=tuple(map(part, space.hidden)))


def scaled(problem: asr.Problem, architecture: Sequence[str], parameters: int) -> asr.Problem:
    """Returns the problem with its space at the width at which the architecture is nearest to so many parameters."""

    def at(channels: int) -> asr.Problem:
        return replace(problem, space=at_width(problem.space, channels))

    def count(channels: int) -> int:
        return at(channels).parameters(architecture)

    widest = 2 * problem.space.channels
    while count(widest) < parameters:
        widest *= 2
    above = 1 + bisect_left(range(1, widest), parameters, key=count)
    around = [channels for channels in (above - 1, above) if channels]
    return at(min(around, key=lambda channels: abs(count(channels) - parameters)))


def hand_made(name: str, problem: asr.Problem, parameters: int) -> dict[str, Any]:
    """Returns a hand-made network of so many parameters, and the neuron it takes."""
    space = search_spaces.load(name)
    # A neuron whose input is divided never fires behind an average of spikes.
    averages = any(layer.kind == "avg_pool" for layer in space.layers)
    neuron = replace(problem.neuron, decay_input=not averages)
    own = scaled(replace(problem, space=space, neuron=neuron), (), parameters)
    return {"hand_made": [own.space], "hand_made_neuron": neuron}


@dataclass(frozen=True)
class Claim:
    """Where everything is, and how large it is; and what an earlier call has written, whose folder may be gone."""

    options: argparse.Namespace
    earlier: dict[str, Any]

    def data(self, train: int, validation: int) -> asr.Dataset:
        kept = {"train_samples": train, "validation_samples": validation, "test_samples": self.options.test_samples}
        return asr.load_dataset("fashion_mnist", size=(16, 16), augmentation="none", **kept)

    @property
    def found(self) -> dict[str, str] | None:
        kept = self.options.folder / "found.json"
        found: dict[str, str] | None = json.loads(kept.read_text()) if kept.exists() else self.earlier["found"]
        return found

    def search(self) -> dict[str, str]:
        if self.found is not None:
            return self.found
        folder, here = self.options.folder / "search", asr.Local(threads=1)
        problem = asr.Problem(SPACE, self.data(self.options.search_samples, self.options.search_samples // 2))
        is_begun = (folder / JOURNAL_FILE).exists()
        run = asr.search(problem, path=folder, resume=is_begun, executor=here, progress=False)
        winner = asr.train_finalists(problem, run, executor=here, progress=False)[0]
        predicted = str(analysis.choose(run.frame())["architecture"])
        found = {"architecture": winner.architecture, "predicted_best": predicted}
        write_atomically(self.options.folder / "found.json", json.dumps(found).encode())
        return found

    def place(self, rival: Rival, epochs: int, seed: int) -> Path:
        folder: Path = self.options.folder
        return folder / f"epochs_{epochs}" / f"seed_{seed}" / rival.name.replace(" ", "_").replace(",", "")

    def rows(self, rival: Rival, epochs: int, seed: int) -> list[dict[str, Any]]:
        """Reads what is known of a network by now."""
        folder = self.place(rival, epochs, seed)
        if not any(folder.rglob(JOURNAL_FILE)):
            rows = self.earlier["rows"] if self.earlier["epochs"] == epochs else []
            return [row for row in rows if (row["what"], row["seed"]) == (rival.name, seed)]
        frame = analysis.read_retraining(folder)
        frame = frame.rename(columns={"spikes": "validation_spikes"})
        frame = frame.rename(columns={"test_accuracy": "accuracy", "test_spikes": "spikes"})
        kept = ["architecture", "seed", "status", *MEASURES]
        return [
            {"what": rival.name, **{str(key): of for key, of in row.items()}} for row in frame[kept].to_dict("records")
        ]

    def lengths(self, two: list[Rival]) -> dict[int, list[float]]:
        """Returns validation accuracies of both, by length, as far as both are known."""
        found = {}
        for epochs in self.options.lengths:
            tried = [row["validation_accuracy"] for one in two for row in self.rows(one, epochs, FIRST_SEED)]
            known = self.earlier["lengths"].get(str(epochs), tried)
            if np.isfinite(known).sum() < len(two):
                break
            found[epochs] = known
        return found

    def chosen(self, known: dict[int, list[float]]) -> int | None:
        """Returns the first length that the next one adds nothing to; None where that is not known yet."""
        tried = self.options.lengths
        for epochs, longer in pairwise(tried):
            if longer not in known:
                return None
            if np.mean(known[longer]) - np.mean(known[epochs]) < RISES:
                return int(epochs)
        return int(tried[-1])

    def run(self) -> None:
        every = rivals(self.search(), self.options.drawn)
        problem = asr.Problem(SPACE, self.data(self.options.train_samples, self.options.validation_samples))
        size = problem.parameters(SPACE.parse(AUTOSNN))
        for epochs in self.options.lengths:
            lengths = self.lengths(every[:2])
            if epochs not in lengths and self.chosen(lengths) is None:
                for one in every[:2]:
                    self.try_length(problem, one, epochs)
        epochs = self.chosen(self.lengths(every[:2]))
        if epochs is None:
            sys.exit(f"no length can be chosen: a training of {every[0].name} or {every[1].name} failed")
        for seed in range(FIRST_SEED, FIRST_SEED + self.options.seeds):
            for one in every:
                self.train(problem, one, epochs, seed, size)

    def try_length(self, problem: asr.Problem, rival: Rival, epochs: int) -> None:
        """Trains as ``retrain`` does, which goes on from here, and looks at no test image."""
        settings = TrainSettings(epochs=epochs).to_dict()
        scratch = asr.TrainFromScratch(epochs=epochs, seed=FIRST_SEED, keep=True, training=settings)
        batch = asr.Batch.of(problem, scratch, [str(rival.architecture)], path=self.place(rival, epochs, FIRST_SEED))
        asr.evaluate_all([batch], executor=asr.Local(threads=1))
        self.say(rival, epochs, FIRST_SEED)

    def train(self, problem: asr.Problem, rival: Rival, epochs: int, seed: int, size: int) -> None:
        known = self.rows(rival, epochs, seed)
        if known and known[0]["status"] == "done" and not math.isnan(known[0]["accuracy"]):
            return
        how: dict[str, Any] = {"seeds": 1, "seed": seed, "settings": TrainSettings(epochs=epochs), "progress": False}
        if rival.architecture is None:
            how |= hand_made(rival.name, problem, size)
        elif rival.times is None:
            problem = scaled(problem, SPACE.parse(rival.architecture), size)
        else:
            problem = replace(problem, space=at_width(SPACE, rival.times * SPACE.channels))
        chosen = [] if rival.architecture is None else [rival.architecture]
        retrain(problem, chosen, path=self.place(rival, epochs, seed), executor=asr.Local(threads=1), **how)
        self.say(rival, epochs, seed)

    def say(self, rival: Rival, epochs: int, seed: int) -> None:
        for row in self.rows(rival, epochs, seed):
            print(f"{epochs} epochs, {row}", flush=True)

    def read(self) -> dict[str, Any]:
        """Returns all that is known by now."""
        told: dict[str, Any] = NOTHING | {"found": self.found, "failed": []}
        if self.found is None:
            return told
        run = self.options.folder / "search"
        is_here = (run / JOURNAL_FILE).exists()
        told["searched"] = analysis.read_config(run)["problem"]["data"] if is_here else self.earlier["searched"]
        every = rivals(self.found, self.options.drawn)
        told["lengths"] = self.lengths(every[:2])
        told["epochs"] = epochs = self.chosen(told["lengths"])
        if epochs is not None:
            seeds = range(FIRST_SEED, FIRST_SEED + self.options.seeds)
            rows = [row for seed in seeds for one in every for row in self.rows(one, epochs, seed)]
            told["rows"] = [row for row in rows if not math.isnan(row["accuracy"])]
            told["failed"] = [f"{row['what']}, seed {row['seed']}" for row in rows if row["status"] == "failed"]
            runs = [path.parent for path in self.options.folder.glob(f"epochs_{epochs}/**/{JOURNAL_FILE}")]
            told["data"] = analysis.read_config(runs[0])["problem"]["data"] if runs else self.earlier["data"]
        return told


def earlier(options: argparse.Namespace) -> dict[str, Any]:
    """Reads what an earlier call has written; refuses figures of other sizes."""
    if not options.out.exists():
        return NOTHING
    told = json.loads(options.out.read_text(encoding="utf-8"))
    asked = {"train": options.train_samples, "validation": options.validation_samples}
    asked |= {} if options.test_samples is None else {"test": options.test_samples}
    if told["data"] is not None and {name: told["data"][name] for name in asked} != asked:
        sys.exit(f"{options.out}: holds figures of other sizes ({told['data']}); give another --out, or move it away")
    return {name: told.get(name, default) for name, default in NOTHING.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/claim-fashion-test.json"))
    parser.add_argument("--write-only", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--drawn", type=int, default=10)
    parser.add_argument("--lengths", type=int, nargs="+", default=[4, 8, 16], help="epochs; one: nothing is tried")
    parser.add_argument("--search-samples", type=int, default=2000, help="to train on; half as many validate")
    parser.add_argument("--train-samples", type=int, default=12000)
    parser.add_argument("--validation-samples", type=int, default=4000)
    parser.add_argument("--test-samples", type=int, help="default: all 10,000")
    options = parser.parse_args()
    torch.set_num_threads(1)
    claim = Claim(options, earlier(options))
    if not options.write_only:
        claim.run()
    write(claim.read(), options.out)


if __name__ == "__main__":
    main()
