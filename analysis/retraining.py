"""A retraining as frames: one row a network, one row an architecture."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from autosnn_ray.cards import CARD, ModelCard, network_folder
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import JOURNAL_FILE, read_journal

from .frames import read

MEASURES = (
    "fitness", "validation_accuracy", "test_accuracy", "spikes", "test_spikes", "synaptic_operations", "energy",
)  # fmt: skip
"""What differs from seed to seed; the rest is the architecture's."""

_SHARES = ("validation_accuracy", "test_accuracy")


def read_retraining(path: str | Path) -> pd.DataFrame:
    """Reads a retraining as a frame, one row for each architecture and seed.

    Columns: ``network`` (the space: the search's, or a hand-made network), ``architecture``, ``seed``,
    ``validation_accuracy`` and ``test_accuracy`` (0 to 1), ``spikes`` and ``test_spikes`` (spikes/sample, validation
    and test), ``fitness`` (validation), ``parameters``, ``macs``, ``synaptic_operations`` and ``energy``
    (joules; a validation sample), ``layer_spikes`` (spikes/sample of each layer, a dictionary), ``seconds`` of the
    training, ``status``, ``reason`` of a failure, and ``folder`` of the network. What is not yet known is NaN.

    Args:
        path: The retraining's folder. It may still be running.

    Raises:
        JournalError: No journal, or a damaged one.
        InvalidInputError: A damaged card.
    """
    path = Path(path)
    runs = [path] if (path / JOURNAL_FILE).exists() else []
    runs += sorted(file.parent for file in path.glob(f"hand_made/*/{JOURNAL_FILE}"))
    frames = [_read_run(run) for run in runs or [path]]
    return pd.concat(frames, ignore_index=True)


def summarise_retraining(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns one row for each architecture: means over its seeds with 95 % intervals, best validation fitness first.

    Columns: ``network``, ``architecture``, ``seeds`` (how many are done), ``parameters``, ``macs``, and for each of
    ``MEASURES`` its mean, and the ends of Student's interval, ``_low`` and ``_high``: within what the measure can be (0
    to 1 for accuracies, 0 and more elsewhere), and NaN with one seed. One over two seeds is wide: ``seeds`` says it.

    Args:
        frame: What ``read_retraining`` gave.
    """
    rows = []
    for (network, architecture), group in frame[frame["status"] == "done"].groupby(
        ["network", "architecture"], sort=False
    ):
        row: dict[str, Any] = {"network": network, "architecture": architecture, "seeds": len(group)}
        row |= {name: group[name].iloc[0] for name in ("parameters", "macs")}
        for measure in MEASURES:
            most = 1.0 if measure in _SHARES else math.inf
            low, high = mean_interval(group[measure].to_numpy(dtype=float), least=0.0, most=most)
            row |= {measure: group[measure].mean(), f"{measure}_low": low, f"{measure}_high": high}
        rows.append(row)
    columns = ["network", "architecture", "seeds", "parameters", "macs"]
    columns += [f"{measure}{end}" for measure in MEASURES for end in ("", "_low", "_high")]
    summary = pd.DataFrame(rows, columns=columns)
    return summary.sort_values("fitness", ascending=False, kind="stable", ignore_index=True)


def mean_interval(
    values: np.ndarray[Any, np.dtype[np.float64]], least: float = -math.inf, most: float = math.inf
) -> tuple[float, float]:
    """Returns Student's 95 % interval of a mean, cut at what the quantity can be; NaN for fewer than two values.

    Args:
        values: One a seed.
        least: Less than this the quantity cannot be.
        most: More than this it cannot be.

    Example:
        >>> low, high = mean_interval(np.array([0.90, 0.92, 0.94]))
        >>> round(low, 4), round(high, 4)
        (0.8703, 0.9697)
    """
    count = len(values)
    if count < 2:
        return (math.nan, math.nan)
    from scipy import stats  # half a second of a core to import

    half = float(stats.t.ppf(0.975, count - 1)) * float(values.std(ddof=1)) / math.sqrt(count)
    mean = float(values.mean())
    return (max(least, mean - half), min(most, mean + half))


def write_retraining(frame: pd.DataFrame, folder: str | Path) -> list[Path]:
    """Writes ``retraining.csv`` (layer spikes as JSON) and ``summary.csv``.

    Returns:
        The files.
    """
    folder = Path(folder)
    plain = frame.assign(layer_spikes=[json.dumps(spikes) for spikes in frame["layer_spikes"]])
    tables = {"retraining.csv": plain, "summary.csv": summarise_retraining(frame)}
    for name, table in tables.items():
        write_atomically(folder / name, table.to_csv(index=False).encode())
    return [folder / name for name in tables]


def _read_run(run: Path) -> pd.DataFrame:
    config = read_journal(run).config
    first = int(config.get("evaluator", {}).get("settings", {}).get("seed", 0))
    space = str(config.get("problem", {}).get("space", {}).get("name", ""))
    rows = [_row(run, space, first, row) for row in read(run).to_dict("records")]
    return pd.DataFrame(rows, columns=list(_row(run, space, first, _NOTHING)))


_NOTHING: dict[str, Any] = {
    "architecture": "", "repetition": 0, "accuracy": math.nan, "spikes": math.nan, "fitness": math.nan,
    "seconds": math.nan, "status": "pending", "reason": "",
}  # fmt: skip


def _row(run: Path, space: str, first: int, told: Mapping[Any, Any]) -> dict[str, Any]:
    architecture, seed = str(told["architecture"]), first + int(told["repetition"])
    folder = network_folder(run, tuple(architecture.split("/")) if architecture else (), seed)
    card = ModelCard.load(folder) if (folder / CARD).exists() else None
    test = card.on_test if card else None
    totals = card.totals if card else {}
    return {
        "network": space,
        "architecture": architecture,
        "seed": seed,
        "validation_accuracy": told["accuracy"],
        "test_accuracy": test.accuracy if test else math.nan,
        "spikes": told["spikes"],
        "test_spikes": test.spikes if test else math.nan,
        "fitness": told["fitness"],
        **{name: totals.get(name, math.nan) for name in ("parameters", "macs", "synaptic_operations", "energy")},
        "layer_spikes": dict(card.validation.layer_spikes) if card else {},
        "seconds": told["seconds"],
        "status": told["status"],
        "reason": told["reason"],
        "folder": str(folder),
    }
