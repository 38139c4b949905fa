"""What a run has found, printed: the best, the front, and what its numbers are."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosnn_ray.cli.console import amount, command, percent
from autosnn_ray.cli.finalists import finalists_of
from autosnn_ray.cli.halving import halved
from autosnn_ray.cli.tables import Column, Output, Table, records_of, write_tables
from autosnn_ray.errors import AutoSNNError
from autosnn_ray.shown import counted

if TYPE_CHECKING:
    import pandas as pd


def show_found(path: Path, best: int, *, trains: bool = False) -> None:
    """Prints what a search has found.

    Args:
        path: Its folder.
        best: How many of its best.
        trains: Whether these are trained elsewhere, or about to be: nothing is then said about that.

    Raises:
        AutoSNNError: Nothing was evaluated: what failed is said above.
    """
    from autosnn_ray.own_packages import analysis

    write_tables(results(path, best, trains=trains))
    if not (analysis.read(path).status == "done").any():
        raise AutoSNNError(f"{path}: no candidate could be evaluated; the reasons are said above")


def results(path: Path, best: int, *, trains: bool = False) -> Output:
    """Returns the best candidates and the front of a run, what their numbers are, and what came of those trained."""
    from autosnn_ray.own_packages import analysis

    frame, config = analysis.read(path), analysis.read_config(path)
    provenance = str(frame.attrs["provenance"])
    size = int((frame.status == "done").sum())
    state, quality = analysis.state(path), str(frame.attrs["quality"])
    title = f"the best {min(best, size)}, by {_goal(config)}; {provenance}"
    further = _further(frame, config)
    rest = [*(_what_cannot_be_told_apart(frame) if size else []), *_what_numbers_are(config, provenance)]
    trained = [] if trains else _trained(path)
    if size and not (trains or trained):
        rest += advice(path, config)
    tables = (
        []
        if not size
        else [
            _candidates("best", analysis.best(frame, best), quality, title, further),
            _candidates(
                "front",
                analysis.front(frame),
                quality,
                f"Pareto front: no other {'feasible ' if 'violation' in further else ''}candidate is at least as "
                "accurate with fewer spikes",
                further,
                rest,
            ),
        ]
    )
    tables += trained
    about = {
        "path": str(path),
        "state": state,
        "candidates": config.get("candidates", 0),
        "evaluated": size,
        "provenance": provenance,
    }
    heading = _how_far(path, frame, config, state)
    return Output(tables, about, heading)


def _trained(path: Path) -> list[Table]:
    """Returns what came of a search's best when they were trained from scratch."""
    from autosnn_ray.own_packages import analysis

    halving, finalists = analysis.read_halving(path), finalists_of(path)
    return [*([finalists] if finalists else []), *(halved(halving).tables if halving else [])]


def _further(frame: pd.DataFrame, config: dict[str, Any]) -> list[str]:
    """Returns what else is shown of a candidate: what the goal names, and violations where there are any."""
    from autosnn_ray.objectives import Goal

    named = Goal.from_dict(config["goal"]).measures if "goal" in config else ()
    shown = [name for name in named if name in frame and name not in (str(frame.attrs["quality"]), "spikes")]
    return [*shown, *(["violation"] if (frame["violation"] > 0).any() else [])]


def _candidates(
    name: str, part: pd.DataFrame, quality: str, title: str, further: Sequence[str], notes: Sequence[str] = ()
) -> Table:
    aims = [name for name in frame_aims(part) if name not in (quality, "spikes")]
    columns = [
        Column("index", title="#"),
        Column("architecture"),
        Column(quality, percent if quality == "accuracy" else lambda worth: amount(worth, 4), is_number=True),
        Column("spikes", amount, is_number=True),
        *(Column(name, _four_digits, is_number=True) for name in dict.fromkeys([*aims, *further])),
        Column("generation", title="gen", is_number=True),
    ]
    return Table(name, columns, [{quality: math.nan, **row} for row in records_of(part)], title, notes)


def _four_digits(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def frame_aims(frame: pd.DataFrame) -> list[str]:
    """Returns the columns of what a run aims at: its fitness, or its objectives."""
    from autosnn_ray.objectives import Goal

    if frame.attrs.get("objective") or not frame.attrs.get("goal"):
        return ["fitness"]
    return [one.label for one in Goal.from_dict(frame.attrs["goal"]).objectives]


def _how_far(path: Path, frame: pd.DataFrame, config: dict[str, Any], state: str) -> list[str]:
    counts = {status: int((frame.status == status).sum()) for status in ("done", "failed", "pending")}
    wanted = config.get("candidates", 0)
    told = [
        f"{counts['done']} of {wanted} candidates evaluated",
        f"{counts['failed']} failed" if counts["failed"] else "",
        f"{counts['pending']} pending" if counts["pending"] else "",
    ]
    where = f"in space {config['problem']['space']['name']}" if "problem" in config else ""
    text = f"{shlex.quote(str(path))}: {', '.join(part for part in told if part)} {where}; {state}"
    reasons = frame[frame.status == "failed"]["reason"].value_counts().head(5)
    return [text, *(f"failed {count} times: {reason}" for reason, count in reasons.items())]


def _goal(config: dict[str, Any]) -> str:
    from autosnn_ray.objectives import Goal

    if "goal" not in config:
        return "its goal"
    goal = Goal.from_dict(config["goal"])
    bounds = " and ".join(constraint.text for constraint in goal.constraints)
    return " and ".join(one.label for one in goal.objectives) + (f" with {bounds}" if bounds else "")


def _what_numbers_are(config: dict[str, Any], provenance: str) -> list[str]:
    """Says by which evaluator the numbers came about, and what it is worth."""
    from autosnn_ray.objectives import Goal, SpikeAwareFitness

    found = [f"numbers: {provenance}"] if provenance else []
    for objective in Goal.from_dict(config["goal"]).objectives if "goal" in config else ():
        if isinstance(objective, SpikeAwareFitness):
            found.append(f"fitness = {objective.formula}; spikes are spikes/sample")
    return found


def advice(path: Path, config: dict[str, Any]) -> list[str]:
    """Says what to do with numbers that are not those of trained networks.

    Args:
        path: The run's folder.
        config: What it was started with.
    """
    name = config.get("evaluator", {}).get("name")
    if name == "predictor":
        return [
            "predictions give an order, and the first is often not the best of the first five (docs/ranking.md): train "
            f"these, as `{command('retrain', path, '--top', 5)}` does, and take the fittest"
        ]
    if name in ("path", "recalibrated"):
        return [
            "a supernet ranks spikes well and accuracies badly (docs/ranking.md): a search without --evaluator path "
            f"predicts accuracies from networks trained from scratch, `{command('halving', path)}` trains the best"
        ]
    return []


def _what_cannot_be_told_apart(frame: pd.DataFrame) -> list[str]:
    from autosnn_ray.own_packages import analysis

    if analysis.best(frame, 1).empty:
        return []
    chosen = analysis.choose(frame)
    if chosen["basis"] not in ("share", "prediction") or not math.isfinite(chosen["accuracy_low"]):
        return []
    interval = f"{chosen['accuracy_low']:.1%} to {chosen['accuracy_high']:.1%}"
    best = "best" if chosen["basis"] == "share" else "predicted best"
    known = f" ({interval})" if chosen["accuracy_low"] < chosen["accuracy_high"] else ""  # all may be taken as equal
    found = [f"{best}: {chosen['architecture']}, accuracy {chosen['accuracy']:.2%}{known}"]
    if chosen["basis"] != "share":
        return found
    bits = analysis.correct(frame.attrs["path"])
    equal = analysis.indistinguishable(frame, int(chosen["index"]), bits)
    preferred = analysis.preferred(frame, bits)
    others = len(equal) - 1
    if others and preferred["architecture"] != chosen["architecture"]:
        found.append(
            f"{counted(others, 'other')} cannot be told from it by accuracy; fewest spikes of them: "
            f"{preferred['architecture']}, {preferred['accuracy']:.2%}, {preferred['spikes']:,.0f} spikes/sample"
        )
    elif others:
        found.append(f"{counted(others, 'other')} cannot be told from it by accuracy; none of them has fewer spikes")
    return found
