"""Design choices that were compared: one row a training, one row a design, and what each choice costs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.journal import JOURNAL_FILE
from autosnn_ray.shown import epochs_text

from .frames import frame_of, open_journal
from .reproduction import read_reproduction_config
from .retraining import mean_interval

_COLUMNS = [
    "structure", "what", "decay_input", "is_silent", "architecture", "is_shared", "block", "seed", "accuracy", "spikes",
    "parameters", "seconds", "status", "reason",
]  # fmt: skip
_LEAST_SPIKES = 1e-3
_NEURONS = {True: "input divided by tau", False: "input undivided"}


def read_designs(path: str | Path) -> pd.DataFrame:
    """Reads what `autosnn-ray reproduce design_choices` trained, one row for each training.

    Columns: ``structure`` (SNN_1 to SNN_4) and ``what`` it does; ``decay_input`` of its neurons; ``is_silent``, where
    no information passes them; ``architecture``, as it is called in SNN_1; ``is_shared``, whether all structures have
    it; ``block``, where it is the same in every slot and one of those compared, else empty; ``seed``; ``accuracy`` (0
    to 1) and ``spikes`` (spikes/sample) on validation samples; ``parameters``; ``seconds``; ``status`` and ``reason``.
    ``frame.attrs`` has data set, epochs, validation samples' number and the features' size of SNN_1.

    Args:
        path: The reproduction's folder. It may still be running.

    Raises:
        InvalidInputError: It compares no design choices.
    """
    path = Path(path)
    config = read_reproduction_config(path)
    if "designs" not in config:
        raise InvalidInputError(f"{path}: expected a reproduction that compares design choices")
    frames = [
        _read_design(path / design["folder"], design, config)
        for design in config["designs"]
        if (path / design["folder"] / JOURNAL_FILE).exists()
    ]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)
    frame.attrs = {
        "data": config["data"]["name"],
        "samples": {name: config["data"][name] for name in ("train", "validation")},
        "epochs": config["recipe"]["retrain"]["epochs"],
        "scale": config["scale"],
        "feature_size": config["designs"][0]["feature_size"],
        "notes": config["recipe"]["notes"],
    }
    return frame


def _read_design(run: Path, design: Mapping[str, Any], config: Mapping[str, Any]) -> pd.DataFrame:
    contents = open_journal(run)
    told = frame_of(run, contents)
    named, blocks = design["architectures"], config["recipe"]["designs"]["blocks"]
    first = int(contents.config["evaluator"]["settings"]["seed"])
    called = [named[one] for one in told["architecture"]]
    whole = [set(one.split("/")) for one in called]
    is_own = design["structure"] == "SNN_1" and design["decay_input"] == config["designs"][0]["decay_input"]
    return pd.DataFrame(
        {
            **{name: design[name] for name in ("structure", "what", "decay_input", "is_silent")},
            "architecture": called,
            "is_shared": [one in config["recipe"]["retrain"]["architectures"] for one in called],
            "block": [
                next(iter(one)) if is_own and len(one) == 1 and next(iter(one)) in blocks else "" for one in whole
            ],
            "seed": first + told["repetition"],
            **{name: told.get(name, math.nan) for name in ("accuracy", "spikes", "parameters", "seconds")},
            "status": told["status"],
            "reason": told["reason"],
        },
        columns=_COLUMNS,
    )


def summarise_designs(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns one row for each macro structure (by ``decay_input``) and for each block, means with 95 % intervals.

    Columns: ``part`` (structure or block), ``design``, ``what``, ``decay_input``, ``is_silent``, ``trainings``,
    ``accuracy``, ``spikes``, each with Student's interval ``_low``, ``_high``, and ``parameters`` (mean). The interval
    of a structure is over architectures, each the mean of its seeds; that of a block is over seeds. NaN where there is
    one.

    Args:
        frame: What ``read_designs`` gave.
    """
    done, rows = frame[frame["status"] == "done"], []
    for part, group, unit in _groups(done):
        row = {name: group[name].iloc[0] for name in ("what", "decay_input", "is_silent")}
        row |= {"part": part, "design": group["structure" if part == "structure" else "block"].iloc[0]}
        row |= {"trainings": len(group), "parameters": group.groupby("architecture")["parameters"].first().mean()}
        for measure, most in (("accuracy", 1.0), ("spikes", math.inf)):
            means = group.groupby(unit)[measure].mean().to_numpy(dtype=float)
            low, high = mean_interval(means, 0.0, most)
            row |= {measure: float(means.mean()), f"{measure}_low": low, f"{measure}_high": high}
        rows.append(row)
    columns = ["part", "design", "what", "decay_input", "is_silent", "trainings", "parameters"]
    columns += [f"{measure}{end}" for measure in ("accuracy", "spikes") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=columns)


def _groups(done: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """Yields each design's trainings, and over what its interval is."""
    for _, group in done[done["is_shared"]].groupby(["decay_input", "structure"], sort=False):
        yield "structure", group, "architecture"
    for _, group in done[done["block"] != ""].groupby("block", sort=False):
        yield "block", group, "seed"


def design_costs(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns what each choice costs beside another: one row a choice, over pairs that differ in it alone.

    Columns: ``part`` (structure, neuron, block or kernel); ``choice`` and ``instead_of``; ``decay_input``;
    ``is_silent``; ``accuracy``, by how much it is higher (0.01 is a point); ``spikes`` and ``parameters``, by how much
    they are multiplied (geometric means); ``_low`` and ``_high`` of accuracy and spikes, Student's 95 % interval;
    ``pairs``; ``units``, over which the interval is: architectures, each the mean of its seeds, of macro structures and
    neurons, and seeds, each the mean of its pairs, of blocks, where every kernel and family there is takes part.

    Args:
        frame: What ``read_designs`` gave.
    """
    done, rows = frame[frame["status"] == "done"], []
    shared, blocks = done[done["is_shared"]], _with_parts(done[done["block"] != ""])
    for decays in dict.fromkeys(shared["decay_input"]):
        group = shared[shared["decay_input"] == decays]
        for name in [one for one in dict.fromkeys(group["structure"]) if one != "SNN_1"]:
            what = group[group["structure"] == name]["what"].iloc[0]
            row = {"part": "structure", "choice": f"{name}: {what}", "instead_of": "SNN_1", "decay_input": decays}
            rows.append(row | _paired(group, "structure", (name, "SNN_1"), "architecture"))
    if shared["decay_input"].nunique() == 2:
        own = bool(shared["decay_input"].iloc[0])
        row = {"part": "neuron", "choice": _NEURONS[not own], "instead_of": _NEURONS[own], "decay_input": not own}
        in_first = shared[shared["structure"] == "SNN_1"]
        rows.append(row | _paired(in_first, "decay_input", (not own, own), "architecture"))
    for part, column in (("block", "family"), ("kernel", "kernel")):
        first, *others = dict.fromkeys(blocks[column]) or ("",)
        for other in others:
            pair = _paired(blocks, column, (other, first), "seed")
            row = {"part": part, "choice": other, "instead_of": first, "decay_input": blocks["decay_input"].iloc[0]}
            rows += [row | pair] if pair["pairs"] else []
    ends = [f"{measure}{end}" for measure in ("accuracy", "spikes") for end in ("", "_low", "_high")]
    columns = ["part", "choice", "instead_of", "decay_input", "is_silent", *ends, "parameters", "pairs", "units"]
    costs = pd.DataFrame(rows, columns=columns)
    costs.attrs = dict(frame.attrs)
    return costs


def setting_of(frame: pd.DataFrame) -> str:
    """Says in words how the numbers of ``read_designs`` or ``design_costs`` came about."""
    samples, size = frame.attrs["samples"], "x".join(map(str, frame.attrs["feature_size"]))
    return (
        f"trained from scratch on {samples['train']:,} samples of {frame.attrs['data']} for "
        f"{epochs_text(frame.attrs['epochs'])}, {samples['validation']:,} validation samples; features {size}"
    )


def _with_parts(blocks: pd.DataFrame) -> pd.DataFrame:
    """Adds family and kernel of blocks: ``sib_k3_e1`` is ``sib_e1`` with ``3x3``."""
    found = [re.search(r"_k(\d+)", name) for name in blocks["block"]]
    return blocks.assign(
        family=[re.sub(r"_k\d+", "", name) for name in blocks["block"]],
        kernel=[f"{one[1]}x{one[1]}" if one else "" for one in found],
    )


def _paired(frame: pd.DataFrame, column: str, values: tuple[Any, Any], unit: str) -> dict[str, Any]:
    """Compares trainings that differ in one column alone."""
    others = {"family", "kernel", "structure", "decay_input", "seed"} & set(frame) - {column}
    on = sorted(others if "family" in frame else {*others, "architecture"})
    one, other = (frame[frame[column] == value] for value in values)
    pairs = one.merge(other, on=on, suffixes=("", "_other"))
    logs = {
        name: np.log(pairs[name].clip(lower=_LEAST_SPIKES) / pairs[f"{name}_other"].clip(lower=_LEAST_SPIKES))
        for name in ("spikes", "parameters")
    }
    means = pairs.assign(accuracy=pairs["accuracy"] - pairs["accuracy_other"], **logs).groupby(unit)
    accuracy, spikes = (means[name].mean().to_numpy(dtype=float) for name in ("accuracy", "spikes"))
    ends = [*mean_interval(accuracy, -1.0, 1.0), *np.exp(mean_interval(spikes))]
    known = len(pairs) > 0
    return {
        "is_silent": bool(one["is_silent"].any()),
        "accuracy": float(accuracy.mean()) if known else math.nan,
        "spikes": float(np.exp(spikes.mean())) if known else math.nan,
        "parameters": float(np.exp(logs["parameters"].mean())) if known else math.nan,
        **dict(zip(("accuracy_low", "accuracy_high", "spikes_low", "spikes_high"), map(float, ends), strict=True)),
        "pairs": len(pairs),
        "units": f"{len(accuracy)} {unit}{'' if len(accuracy) == 1 else 's'}",
    }
