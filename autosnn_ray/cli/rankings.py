"""What rankings are worth, as tables: agreement, costs, calibration, and evaluators held against the best of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autosnn_ray.cli.console import amount
from autosnn_ray.cli.tables import Column, Output, Table, records_of

if TYPE_CHECKING:
    from analysis import Ranking
    from analysis.agreement import Figure


def ranked(rankings: Sequence[Ranking]) -> Output:
    """Returns what each evaluator's ranking is worth, with a verdict in words, what it costs, and which is better.

    Args:
        rankings: What ``analysis.read_rankings`` gave.
    """
    tables = [*map(_agreement, rankings), _costs(rankings)]
    return Output([*tables, *(table for table in (_calibration(rankings), _compared(rankings)) if table.records)])


def _agreement(ranking: Ranking) -> Table:
    records = [
        {
            "quantity": quantity,
            "measure": measure,
            **_parts("", own),
            **_parts("ceiling_", ranking.ceiling[quantity][measure]),
            "seconds": ranking.seconds,
            "architectures": len(ranking.table),
            "wanted": ranking.wanted,
            "seeds": ranking.seeds,
        }
        for quantity, measures in ranking.figures.items()
        for measure, own in measures.items()
    ]
    columns = [
        Column("quantity"),
        Column("measure"),
        Column("", lambda row: _interval(row, "", _digits(row)), "to the ground truth"),
        Column("", lambda row: _interval(row, "ceiling_", _digits(row)), "seed-to-seed ceiling"),
    ]
    title = f"{ranking.evaluator}: {ranking.seconds:.2f} seconds a candidate, {ranking.extent}"
    held = f"{ranking.provenance}; against {ranking.truth_provenance}, {ranking.seeds} seeds"
    return Table(ranking.evaluator, columns, records, title, [held, *map(ranking.verdict, ranking.figures), ""])


def _costs(rankings: Sequence[Ranking]) -> Table:
    from autosnn_ray.own_packages import analysis

    columns = [
        Column("evaluator"),
        Column("seconds", lambda value: amount(value, 2), "seconds each", is_number=True),
        Column("", lambda row: _passes(row, ""), "passes each", is_number=True),
        Column("", lambda row: _passes(row, "_before"), "once before", is_number=True),
        Column("", _trainings, "in trainings of the truth", is_number=True),
    ]
    notes = [
        "A pass: one sample forwards and backwards through a network (and in brackets: forwards only). Each: for one "
        "candidate. Once before: a predictor's sample, or a supernet's training, however many candidates follow.",
        "",
    ]
    return Table("costs", columns, records_of(analysis.costs_frame(rankings)), "what they cost", notes)


def _passes(row: Mapping[str, Any], when: str) -> str:
    training, forward = row[f"training_passes{when}"], row[f"forward_passes{when}"]
    if math.isnan(training):
        return "unknown"
    return f"{amount(training)} ({amount(forward)})" if training or forward else "0"


def _trainings(row: Mapping[str, Any]) -> str:
    """Says what the passes are worth in trainings of the ground truth, each and once before."""
    each, before = row["trainings"], row["trainings_before"]
    texts = ["unknown" if math.isnan(one) else amount(one, 2) for one in (each, before)]
    return f"{texts[0]} each, {texts[1]} before" if before != 0 else texts[0]


def _calibration(rankings: Sequence[Ranking]) -> Table:
    from autosnn_ray.own_packages import analysis

    records = records_of(analysis.calibration_frame(rankings))
    nominal = f"{records[0]['nominal']:.0%}" if records else ""
    columns = [
        Column("evaluator"),
        Column("quantity"),
        Column("", _held, f"{nominal} intervals hold", is_number=True),
        Column("", lambda row: f"{row['architectures']} x {row['seeds']}", "of", is_number=True),
        Column("", _shift, "the truth lies above by", is_number=True),
        Column("held_shifted", lambda share: f"{share:.1%}", "moved by that", is_number=True),
    ]
    notes = [
        f"Of the ground truth's trainings (architectures x seeds), {nominal} should lie within a predictor's own "
        "intervals. What it predicts are trainings as long as its sample's: longer ones reach another accuracy and "
        "fire otherwise, so that fewer are held; the last column says how many would be if every interval were moved "
        "by the mean difference. The share's interval is binomial, over architectures.",
        "",
    ]
    return Table("calibration", columns, records, "what a predictor's intervals hold", notes)


def _held(row: Mapping[str, Any]) -> str:
    return f"{row['held']:.1%} ({row['held_low']:.1%} to {row['held_high']:.1%})"


def _shift(row: Mapping[str, Any]) -> str:
    scale, digits, unit = (100, 2, "points") if row["quantity"] == "accuracy" else (1, 0, "spikes/sample")
    value, low, high = (scale * row[name] for name in ("shift", "shift_low", "shift_high"))
    return f"{value:+,.{digits}f} {unit} ({low:+,.{digits}f} to {high:+,.{digits}f})"


def _compared(rankings: Sequence[Ranking]) -> Table:
    from autosnn_ray.own_packages import analysis

    frame = analysis.compare_with_best(rankings)
    records = records_of(frame)
    columns = [
        Column("evaluator"),
        Column("quantity"),
        Column("measure"),
        Column("", lambda row: _interval(row, "", _digits(row), "difference"), "difference", is_number=True),
        Column("p_value", lambda value: amount(value, 3), "p", is_number=True),
        Column("architectures", is_number=True),
    ]
    best = records[0]["than"] if records else ""
    notes = [
        "Each less the best, on the same architectures: below 0 is worse for tau, above 0 for a regret. The 95 % "
        "interval and p are of a paired bootstrap over architectures; p is not corrected for how many are compared."
    ]
    return Table("compared", columns, records, f"held against the best by fitness, {best}", notes)


def _parts(before: str, figure: Figure) -> dict[str, float]:
    return {f"{before}value": figure.value, f"{before}low": figure.low, f"{before}high": figure.high}


def _digits(row: Mapping[str, Any]) -> int:
    return 0 if row["quantity"] == "spikes" and row["measure"].startswith("regret") else 3


def _interval(row: Mapping[str, Any], before: str, digits: int, value: str = "value") -> str:
    from autosnn_ray.own_packages import analysis

    parts = (f"{before}{value}", f"{before}low", f"{before}high")
    return analysis.agreement.Figure(*(row[part] for part in parts)).text(digits)
