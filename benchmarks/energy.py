"""Do spikes measure energy? Over the shipped table: rank correlations, and what a search finds that minds energy.

    python benchmarks/energy.py --out docs

Writes docs/energy.json and .png, and prints what it found.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import analysis
from analysis.plots.style import FRONT, MUTED, POINTS, apply_style, place
from autosnn_ray.objectives import SpikeAwareFitness


def agreement(frame: pd.DataFrame) -> dict[str, float]:
    return {
        name: round(float(stats.kendalltau(frame["spikes"], frame[name]).statistic), 3)
        for name in ("synaptic_operations", "energy", "macs", "parameters")
    }


def found_by(frame: pd.DataFrame, cost: str) -> dict[str, Any]:
    """Returns the best by the fitness with a cost in the place of spikes, in units of the cost's own mean."""
    worth = SpikeAwareFitness(float(frame[cost].mean())).of(frame["accuracy"].to_numpy(), frame[cost].to_numpy())
    best = frame.iloc[int(np.argmax(worth))]
    return {name: best[name] for name in ("architecture", "accuracy", "spikes", "synaptic_operations", "energy")}


def draw(frames: dict[str, pd.DataFrame], chosen: dict[str, dict[str, Any]], path: Path) -> None:
    figure, axes = place(None, 7.0, 5.0)
    frame = frames["paths"]
    axes.scatter(
        frame["spikes"], frame["energy"] * 1e9, s=5, color=POINTS, alpha=0.3, label="3,125 paths", linewidths=0
    )
    trained = frames["scratch"]
    axes.scatter(
        trained["spikes"], trained["energy"] * 1e9, s=9, color=MUTED, label=f"{len(trained)} trained from scratch"
    )
    for marker, (cost, best) in zip(("*", "D"), chosen.items(), strict=False):
        axes.scatter(
            best["spikes"], best["energy"] * 1e9, s=120, marker=marker, color=FRONT, edgecolors="white",
            label=f"path chosen by accuracy and {cost}",
        )  # fmt: skip
    axes.set_xlabel("spikes/sample")
    axes.set_ylabel("energy, nJ/sample (45 nm)")
    apply_style(axes)
    axes.legend(frameon=False, fontsize=8)
    analysis.save(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    options = parser.parse_args()
    shipped = analysis.tabular("digits_16")
    mean = shipped.scratch.groupby("architecture").mean(numeric_only=True).reset_index()
    frames = {"paths": shipped.paths, "scratch": mean}
    found = {
        name: {
            "architectures": len(frame),
            "tau_with_spikes": agreement(frame),
            "best": {cost: found_by(frame, cost) for cost in ("spikes", "energy")},
        }
        for name, frame in frames.items()
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "energy.json").write_text(json.dumps(found, indent=2, default=float) + "\n", encoding="utf-8")
    draw(frames, found["paths"]["best"], options.out / "energy.png")
    print(json.dumps(found, indent=2, default=float))


if __name__ == "__main__":
    main()
