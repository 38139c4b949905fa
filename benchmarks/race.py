"""Races every search algorithm on the shipped table: regret, hypervolume, and the tests between algorithms.

    python benchmarks/race.py FOLDER --out docs --seeds 100

Three races: AutoSNN's fitness of the paths of a supernet, accuracy and spikes of these as two objectives, and the
fitness of networks trained from scratch (a model of the trained sample, with the noise of one training). Writes
docs/race-*.json and .png, prints tables and paired tests. What every algorithm did on a table is kept in FOLDER, and
not run again; ``--only`` and ``--races`` run a part, several of them side by side, and the whole call then draws what
all did.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import analysis
from autosnn_ray.algorithms import ALGORITHMS, Algorithm, Table
from autosnn_ray.files import write_atomically
from autosnn_ray.objectives import Goal, Maximize, Minimize

TWO = Goal((Maximize("accuracy"), Minimize("spikes")))


def racers() -> dict[str, Algorithm]:
    return {name: kind() for name, kind in ALGORITHMS.items() if kind.is_search}  # optuna: its TPE


def run(
    name: str, table: Table, seen: Callable[[int], Table] | None, options: argparse.Namespace, title: str
) -> pd.DataFrame:
    entered = {key: one for key, one in racers().items() if not options.only or key in options.only}
    runs = []
    for key, one in entered.items():
        kept = options.folder / options.table / f"{name}-{key}-{options.seeds}.csv"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            searched = analysis.race({key: one}, table, seen=seen, seeds=options.seeds)
            write_atomically(kept, searched.to_csv(index=False).encode())
        runs.append(pd.read_csv(kept))
    frame = pd.concat(runs, ignore_index=True)
    if options.only:
        return frame
    means = frame.groupby(["algorithm", "evaluations"], sort=False)[["regret", "hypervolume"]].agg(["mean", "sem"])
    rows = [
        {"algorithm": key[0], "evaluations": int(key[1]), **{f"{a}_{b}": round(float(row[a, b]), 6) for a, b in means}}
        for key, row in means.iterrows()
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"race-{name}.json").write_text(json.dumps({"seeds": options.seeds, "rows": rows}, indent=1) + "\n")
    analysis.save(analysis.draw_race(frame, title), options.out / f"race-{name}.png")
    for measure in ("regret", "hypervolume"):
        print(f"\n{title}: {measure}, {options.seeds} seeds, mean and standard error")
        print(analysis.race_table(frame, measure=measure).round(5).to_string())
    return frame


def tests(frame: pd.DataFrame, pairs: list[tuple[tuple[str, int], tuple[str, int]]], measure: str) -> None:
    for first, second in pairs:
        if {first[0], second[0]} <= set(frame["algorithm"]):
            found = analysis.contest(frame, first, second, measure)
            print(
                f"{measure}: {first[0]} at {first[1]} {found.first:.5f}, {second[0]} at {second[1]} "
                f"{found.second:.5f}; "
                f"difference {found.difference:+.5f} ± {found.error:.5f}, p = {found.p:.2g}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", nargs="*", default=(), help="algorithms to run and not to draw (default: all)")
    parser.add_argument("--races", nargs="*", default=("fitness", "front", "scratch"))
    options = parser.parse_args()
    shipped = analysis.tabular("digits_16")
    rows = f"{shipped.paths.to_csv()}{shipped.scratch.to_csv()}"
    options.table = f"table-{hashlib.sha256(rows.encode()).hexdigest()[:8]}"
    asked = [
        (("autosnn", 400), ("random", 400)),
        (("steady_state", 400), ("autosnn", 400)),
        (("predictor_guided", 60), ("autosnn", 160)),
        (("regularised", 400), ("autosnn", 400)),
        (("predictor_guided", 400), ("autosnn", 400)),
    ]
    if "fitness" in options.races:
        found = run("fitness", shipped.table(), None, options, "fitness of a supernet's paths, digits")
        tests(found, asked, "regret")
    if "front" in options.races:
        found = run("front", shipped.table(TWO), None, options, "accuracy and spikes of a supernet's paths, digits")
        tests(found, [((name, 400), ("random", 400)) for name in racers() if name != "random"], "hypervolume")
    if "scratch" in options.races:
        truth = shipped.table(by="scratch")

        def seen(seed: int) -> Table:
            return shipped.table(by="scratch", noise=np.random.default_rng(seed))

        found = run("scratch", truth, seen, options, "fitness of networks trained from scratch (model), digits")
        tests(found, [*asked[:1], *asked[2:3], (("predictor_guided", 60), ("random", 400))], "regret")


if __name__ == "__main__":
    main()
