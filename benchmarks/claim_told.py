"""What the trainings of ``claim.py`` tell: means with their errors, the verdict, table and picture."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import analysis
from analysis.plots.style import FRONT, MUTED, POINTS, apply_style, place

MEASURES = ("accuracy", "validation_accuracy", "spikes", "synaptic_operations", "energy", "parameters")
FOUND = ("found", "found, twice as wide", "found, AutoSNN's size")
MOST_SPIKES = 0.6
"""Share of the spikes of the best of the others that the found network may have."""


def summary(told: dict[str, Any]) -> pd.DataFrame:
    """Returns each network's means, and the standard error of its accuracy: over seeds; with one seed, of images."""
    images = told["data"]["test"]
    frame = pd.DataFrame(told["rows"])
    found = frame.groupby(["what", "architecture"], sort=False)[list(MEASURES)].mean()
    groups = frame.groupby(["what", "architecture"], sort=False)
    found["seeds"] = groups.size()
    of_images = np.sqrt(found["accuracy"] * (1 - found["accuracy"]) / images)
    found["accuracy_error"] = groups["accuracy"].sem().fillna(of_images)
    found["spikes_error"] = groups["spikes"].sem()
    return found.reset_index()


def verdict(table: pd.DataFrame, found: str) -> dict[str, Any]:
    """Holds a found network against the most accurate other: the goal, and how far it is reached by now."""
    ours, others = table[table["what"] == found], table[~table["what"].isin(FOUND)]
    if ours.empty or others.empty:
        return {}
    one, best = ours.iloc[0], others.loc[others["accuracy"].idxmax()]
    difference, error = one["accuracy"] - best["accuracy"], math.hypot(one["accuracy_error"], best["accuracy_error"])
    share, seeds = one["spikes"] / best["spikes"], int(min(one["seeds"], best["seeds"]))
    return {
        "best_of_the_others": best["what"],
        "others": len(others),
        "seeds": seeds,
        "accuracy_difference": round(float(difference), 5),
        "standard_error": round(error, 5),
        "standard_error_of": "seeds" if seeds > 1 else "images",
        "share_of_its_spikes": round(float(share), 3),
        "accuracy_holds": bool(difference >= -error),
        "spikes_hold": bool(share <= MOST_SPIKES),
    }


def lines(table: pd.DataFrame) -> Iterator[str]:
    yield "| what | seeds | test accuracy | spikes/sample | synaptic operations | energy, nJ | parameters |"
    yield "|---|---|---|---|---|---|---|"
    for row in table.to_dict("records"):
        name = f"{row['what']}: `{row['architecture']}`" if row["architecture"] else row["what"]
        yield (
            f"| {name} | {row['seeds']} | {row['accuracy']:.2%} ± {row['accuracy_error']:.2%} | {row['spikes']:,.0f} | "
            f"{row['synaptic_operations']:,.0f} | {row['energy'] * 1e9:,.0f} | {row['parameters']:,.0f} |"
        )


def draw(table: pd.DataFrame, title: str, path: Path) -> None:
    figure, axes = place(None, 8.0, 5.5)
    for row in table.to_dict("records"):
        drawn = row["what"].startswith("drawn")
        colour = FRONT if row["what"] in FOUND else MUTED if drawn else POINTS
        errors = {"xerr": np.nan_to_num(row["spikes_error"]), "yerr": 100 * row["accuracy_error"]}
        spikes, accuracy = row["spikes"], 100 * row["accuracy"]
        axes.errorbar(spikes, accuracy, **errors, fmt="o", color=colour, ms=3 if drawn else 5, elinewidth=0.8)
        text = row["what"].removeprefix("drawn ")
        is_last = spikes == table["spikes"].max()  # its name would leave the picture
        at, side = ((-4, 3), "right") if is_last else ((4, 3), "left")
        axes.annotate(text, (spikes, accuracy), at, textcoords="offset points", ha=side, fontsize=8, color=colour)
    axes.set(xlabel="spikes/sample", ylabel="accuracy on test images, %")
    axes.set_title(title, fontsize=8, color=MUTED, loc="left")
    apply_style(axes)
    analysis.save(figure, path)


def write(told: dict[str, Any], out: Path) -> None:
    """Writes JSON, table and picture of what is known by now."""
    table = summary(told) if told["rows"] else None
    told["verdict"] = {} if table is None else {found: verdict(table, found) for found in FOUND}
    out.write_text(json.dumps(told, indent=1) + "\n")
    print(json.dumps({name: told[name] for name in told if name not in ("rows", "data", "searched")}, indent=1))
    if table is not None:
        out.with_suffix(".md").write_text("\n".join(lines(table)) + "\n")
        print("\n".join(lines(table)))
        least, most = table["seeds"].min(), table["seeds"].max()
        seeds = f"{most} seeds" if least == most else f"{least} to {most} seeds"
        title = (
            f"{told['data']['train']:,} training samples, {told['epochs']} epochs, {seeds}; numbers: drawn; bars: "
            f"standard error over seeds{', of images with one seed' if least == 1 else ''}"
        )
        draw(table, title, out.with_suffix(".png"))
