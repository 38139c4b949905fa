"""What rankings are worth, as tables: agreement, costs, calibration, and evaluators held against the best of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autosnn_ray.cli.console import amount, percent
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
        Column("seconds", lambda value: amount(value, 2), "seconds a candidate", is_number=True),
        Column("training_passes", _known, "passes a candidate", is_number=True),
        Column("forward_passes", _known, "forward only", is_number=True),
        Column("training_passes_before", _known, "passes once before", is_number=True),
        Column("forward_passes_before", _known, "forward only", is_number=True),
        Column("", _trainings, "in trainings of the ground truth", is_number=True),
    ]
    notes = [
        "A pass: one sample forwards and backwards through a network; forward only: without training on it. Once "
        "before: a predictor's sample, or a supernet's training, whatever number of candidates follows.",
        "",
    ]
    return Table("costs", columns, records_of(analysis.costs_frame(rankings)), "what they cost", notes)


def _trainings(row: Mapping[str, Any]) -> str:
    """Says what training passes are worth in trainings of the ground truth, and those before the first with them."""
    each, before = row["trainings"], row["trainings_before"]
    if math.isnan(each):
        return "unknown"
    once = f", {'unknown' if math.isnan(before) else amount(before, 1)} before" if before != 0 else ""
    return f"{amount(each, 2)} each{once}"


def _calibration(rankings: Sequence[Ranking]) -> Table:
    from autosnn_ray.own_packages import analysis

    records = records_of(analysis.calibration_frame(rankings))
    nominal = f"{records[0]['nominal']:.0%}" if records else ""
    columns = [
        Column("evaluator"),
        Column("quantity"),
        Column("", lambda row: _share(row, "held"), f"held by its {nominal} intervals", is_number=True),
        Column("", lambda row: f"{row['architectures']} architectures x {row['seeds']} seeds", "of", is_number=True),
        Column("", _shift, "ground truth above it by", is_number=True),
        Column("held_shifted", percent, "held if moved by that", is_number=True),
    ]
    notes = [
        f"Of the ground truth's trainings, {nominal} should lie within a predictor's own intervals. What it predicts "
        "are trainings as long as its sample's: longer ones reach another accuracy and fire otherwise, which is the "
        "shift, and fewer are held. The interval of the share is binomial, over architectures.",
        "",
    ]
    return Table("calibration", columns, records, "what a predictor's intervals hold", notes)


def _share(row: Mapping[str, Any], name: str) -> str:
    return f"{row[name]:.1%} ({row[f'{name}_low']:.1%} to {row[f'{name}_high']:.1%})"


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


def _known(count: float) -> str:
    return "unknown" if math.isnan(count) else amount(count)


def _parts(before: str, figure: Figure) -> dict[str, float]:
    return {f"{before}value": figure.value, f"{before}low": figure.low, f"{before}high": figure.high}


def _digits(row: Mapping[str, Any]) -> int:
    return 0 if row["quantity"] == "spikes" and row["measure"].startswith("regret") else 3


def _interval(row: Mapping[str, Any], before: str, digits: int, value: str = "value") -> str:
    from autosnn_ray.own_packages import analysis

    parts = (f"{before}{value}", f"{before}low", f"{before}high")
    return analysis.agreement.Figure(*(row[part] for part in parts)).text(digits)
