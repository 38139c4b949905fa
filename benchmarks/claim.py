"""Whether what a search prefers is really better: the found architecture against others, under equal training.

    python benchmarks/claim.py RUN --supernet SUPERNET --seeds 3 --out docs/claim-digits.json

Against (a) uniformly drawn architectures, (b) hand-made ones, (c) AutoSNN's own, each trained from scratch with several
seeds;
accuracy, spikes and fitness on the validation split, with the standard error over seeds.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

import analysis
import autosnn_ray as asr
from autosnn_ray.objectives import Goal
from autosnn_ray.space import format_architecture
from autosnn_ray.training import Supernet

AUTOSNN = "srb_k5/srb_k5/skip/srb_k3/srb_k5"


def contenders(supernet: Supernet, run: Path, found: str | None, drawn: int) -> dict[str, str]:
    """Names the architectures that are trained, and what each stands for."""
    slots = len(supernet.space.slots)
    final = run / "halving" / "halving.json"
    if found is None and final.exists():
        found = json.loads(final.read_text())[0]["architecture"]
    named = {found or str(analysis.choose(analysis.read(run))["architecture"]): "found"}
    named.setdefault("/".join(["scb_k3"] * slots), "all scb_k3")
    named.setdefault("/".join(["srb_k5"] * slots), "all srb_k5")
    named.setdefault(AUTOSNN, "AutoSNN")
    rng = np.random.default_rng(2022)
    while sum(what == "drawn" for what in named.values()) < drawn:
        named.setdefault(format_architecture(supernet.space.sample(rng)), "drawn")
    return named


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--supernet", type=Path, required=True)
    parser.add_argument("--found")
    parser.add_argument("--drawn", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--num-cpus", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    supernet = Supernet.load(options.supernet)
    problem = supernet.problem()
    named = contenders(supernet, options.run, options.found, options.drawn)
    goal = Goal.from_dict(analysis.read_config(options.run)["goal"])
    seeds = range(100, 100 + options.seeds)  # no seed that the search or its halving has used
    batches = [
        asr.Batch.of(
            problem, asr.TrainFromScratch(epochs=options.epochs, seed=seed), list(named),
            path=options.run / "claim" / f"seed_{seed}", goal=goal,
        )
        for seed in seeds
    ]  # fmt: skip
    runs = asr.evaluate_all(batches, executor=asr.Ray(num_cpus=options.num_cpus))
    frames = [run.frame().assign(seed=seed) for run, seed in zip(runs, seeds, strict=True)]
    told = pd.concat(frames)
    told["what"] = told["architecture"].map(named)
    table = told.groupby(["what", "architecture"])[["accuracy", "spikes", "fitness"]].agg(["mean", "sem"])
    drawn = told[told["what"] == "drawn"].groupby("architecture")["fitness"].mean()
    print(table.round(4).to_string())
    spread = drawn.std(ddof=1) / np.sqrt(len(drawn))
    print(f"median fitness of {len(drawn)} drawn: {drawn.median():.4f}, standard error {spread:.4f}")
    rows = told[["what", "architecture", "seed", "accuracy", "spikes", "fitness"]].to_dict("records")
    options.out.write_text(json.dumps({"epochs": options.epochs, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
