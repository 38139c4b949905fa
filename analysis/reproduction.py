"""A reproduction's table: our numbers beside those of the paper."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from autosnn_ray.errors import InvalidInputError

from .retraining import read_retraining, summarise_retraining

_UNCHANGED = ("parameters",)


def read_reproduction(path: str | Path) -> pd.DataFrame:
    """Reads a reproduction as a frame, one row for each architecture and measure.

    Columns: ``architecture``; ``is_published`` (whether it is the paper's, or else one that was found here);
    ``measure`` (``test_accuracy``, 0 to 1; ``test_spikes``, spikes/sample; ``parameters``); ``ours``, the mean over
    ``seeds`` trainings, and its 95 % interval ``low``, ``high`` (NaN for one seed); ``published`` (NaN where nothing
    is); ``status`` (computed, stated, recalled). An accuracy of the paper stands beside a found architecture too, the
    parameters only beside its own. ``frame.attrs`` names recipe and scale.

    Args:
        path: The reproduction's folder.

    Raises:
        InvalidInputError: No reproduction.
        JournalError: Nothing is retrained yet.
    """
    path = Path(path)
    config = read_reproduction_config(path)
    recipe = config["recipe"]
    own = list(recipe["retrain"].get("architectures", [])) if recipe["published"] else []
    numbers = {one["measure"]: one for one in recipe["published"]}
    rows: list[dict[str, Any]] = []
    for row in summarise_retraining(read_retraining(path / "retrained")).to_dict("records"):
        is_published = row["architecture"] in own
        for measure in ("test_accuracy", "test_spikes", "parameters"):
            beside = numbers.get(measure, {}) if is_published or measure not in _UNCHANGED else {}
            rows.append(
                {
                    "architecture": row["architecture"],
                    "is_published": is_published,
                    "measure": measure,
                    "ours": row[measure],
                    "low": row.get(f"{measure}_low", math.nan),
                    "high": row.get(f"{measure}_high", math.nan),
                    "seeds": row["seeds"],
                    "published": beside.get("value", math.nan),
                    "status": beside.get("status", ""),
                }
            )
    columns = ["architecture", "is_published", "measure", "ours", "low", "high", "seeds", "published", "status"]
    frame = pd.DataFrame(rows, columns=columns)
    frame.attrs.update(recipe=recipe["name"], scale=config["scale"])
    return frame


def read_reproduction_config(path: str | Path) -> dict[str, Any]:
    """Reads what a reproduction was started with: recipe as scaled, scale, seed, data set.

    Raises:
        InvalidInputError: No such file, or a damaged one.
    """
    file = Path(path) / "reproduction.json"
    try:
        config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        known = {"name", "retrain", "published"} <= config["recipe"].keys() and "scale" in config
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(f"{file}: expected what `autosnn-ray reproduce` wrote: {error}") from error
    if not known:
        raise InvalidInputError(f"{file}: expected what `autosnn-ray reproduce` wrote, an entry is missing")
    return config
