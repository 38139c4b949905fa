"""What design choices cost, printed and written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autosnn_ray.cli.tables import Column, Output, Table, records_of


def compared(path: Path) -> Output:
    """Returns what every design reached, and what each choice costs beside another."""
    from autosnn_ray.cli.console import amount
    from autosnn_ray.cli.retrain import mean_and_interval
    from autosnn_ray.own_packages import analysis

    frame = analysis.read_designs(path)
    failed = [
        f"failed: {row['structure']}, {row['architecture']}, seed {row['seed']}: {row['reason']}"
        for row in frame[frame["status"] == "failed"].to_dict("records")
    ]
    designs = [
        Column("", lambda row: row["design"] + (f": {row['what']}" if row["part"] == "structure" else ""), "design"),
        Column("decay_input", lambda decays: "divided by tau" if decays else "undivided", "input"),
        Column("", lambda row: mean_and_interval(row, "accuracy"), "accuracy %", is_number=True),
        Column("", _spikes, "spikes", is_number=True),
        Column("parameters", amount, is_number=True),
        Column("trainings", is_number=True),
    ]
    costs = [
        Column("choice"),
        Column("instead_of", title="in place of"),
        Column("decay_input", lambda decays: "divided by tau" if decays else "undivided", "input"),
        Column("", _points, "accuracy, points", is_number=True),
        Column("", lambda row: _times(row, "spikes"), "spikes, times", is_number=True),
        Column("parameters", lambda value: f"{value:.2f}", "parameters, times", is_number=True),
        Column("units", title="interval over", is_number=True),
    ]
    summary, found = analysis.summarise_designs(frame), analysis.design_costs(frame)
    notes = ["silent: no information passes averages where the input is divided by tau (docs/neurons.md)"]
    notes += [f"note: {note}" for note in frame.attrs["notes"]]
    tables = [
        Table("designs", designs, records_of(summary), "each design; means with 95 % intervals", failed),
        Table("costs", costs, records_of(found), "what each choice costs, over pairs that differ in it alone", notes),
    ]
    about = {"path": str(path), **{str(name): value for name, value in frame.attrs.items()}}
    return Output(tables, about, [f"{path}: {analysis.setting_of(frame)}"])


def save_compared(path: Path, folder: Path, suffix: str = "png") -> list[Path]:
    """Writes one row a training, what each choice costs, and a picture of that.

    Returns:
        The files.
    """
    from autosnn_ray.files import write_atomically
    from autosnn_ray.own_packages import analysis

    frame = analysis.read_designs(path)
    costs = analysis.design_costs(frame)
    for name, table in (("designs", frame), ("costs", costs)):
        write_atomically(folder / f"{name}.csv", table.to_csv(index=False).encode())
    picture = analysis.save(analysis.draw_designs({path.absolute().name: costs}), folder / f"costs.{suffix}")
    return [folder / "designs.csv", folder / "costs.csv", picture]


def _spikes(row: Mapping[str, Any]) -> str:
    from autosnn_ray.cli.console import amount

    middle, low, high = (row[f"spikes{end}"] for end in ("", "_low", "_high"))
    return amount(middle) if math.isnan(low) else f"{amount(middle)} ({amount(low)} to {amount(high)})"


def _points(row: Mapping[str, Any]) -> str:
    middle, low, high = (100 * row[f"accuracy{end}"] for end in ("", "_low", "_high"))
    interval = "" if math.isnan(low) else f" ({low:+.1f} to {high:+.1f})"
    return f"{middle:+.1f}, silent" if row["is_silent"] else f"{middle:+.1f}{interval}"


def _times(row: Mapping[str, Any], measure: str) -> str:
    middle, low, high = (row[f"{measure}{end}"] for end in ("", "_low", "_high"))
    return f"{middle:.2f}" if math.isnan(low) else f"{middle:.2f} ({low:.2f} to {high:.2f})"
