"""Rankings as tables: agreement, calibration, costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from autosnn_ray.passes import Passes

from .ranking import Ranking


def rankings_frame(rankings: Sequence[Ranking]) -> pd.DataFrame:
    """Returns one row an evaluator, quantity and measure: value, its interval, the ceiling, and what it cost.

    Passes are those of samples through a network, of one evaluation and ``_before`` the first; NaN: not known.
    """
    rows = [
        {
            "evaluator": ranking.evaluator,
            "seconds": ranking.seconds,
            "quantity": quantity,
            "measure": measure,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "ceiling": ranking.ceiling[quantity][measure].value,
            "ceiling_low": ranking.ceiling[quantity][measure].low,
            "ceiling_high": ranking.ceiling[quantity][measure].high,
            "architectures": len(ranking.table),
            "wanted": ranking.wanted,
            "seeds": ranking.seeds,
            **_counts(ranking.passes, ""),
            **_counts(ranking.passes_before, "_before"),
        }
        for ranking in rankings
        for quantity, measures in ranking.figures.items()
        for measure, figure in measures.items()
    ]
    return pd.DataFrame(rows)


def calibration_frame(rankings: Sequence[Ranking]) -> pd.DataFrame:
    """Returns one row an evaluator and quantity that it predicts with intervals; no row where none does.

    Columns: ``nominal``, the share that the intervals claim to hold; ``held``, the share of the ``architectures`` times
    ``seeds`` values of the ground truth that they do hold, with its binomial interval ``held_low`` to ``held_high``;
    ``shift``, what the ground truth is above the prediction on average, with its interval; ``held_shifted``, the share
    if every interval were moved by the shift.
    """
    rows = [
        {
            "evaluator": ranking.evaluator,
            "quantity": quantity,
            "nominal": found.nominal,
            "held": found.held.value,
            "held_low": found.held.low,
            "held_high": found.held.high,
            "shift": found.shift.value,
            "shift_low": found.shift.low,
            "shift_high": found.shift.high,
            "held_shifted": found.held_shifted,
            "architectures": found.architectures,
            "seeds": found.seeds,
        }
        for ranking in rankings
        for quantity, found in ranking.calibration.items()
    ]
    return pd.DataFrame(rows)


def costs_frame(rankings: Sequence[Ranking]) -> pd.DataFrame:
    """Returns one row an evaluator, and one for a training of the ground truth: seconds and passes; NaN: not known.

    Columns: ``evaluator``; ``seconds`` a candidate; ``training_passes`` (forward and backward) and ``forward_passes``
    of samples a candidate, and what was run once before the first, ``training_passes_before`` and
    ``forward_passes_before``; ``trainings`` and ``trainings_before``, the training passes as a multiple of those of
    one training of the ground truth.
    """
    rows = [(one.evaluator, one.seconds, one.passes, one.passes_before) for one in rankings]
    truth = [("ground truth, one seed", one.truth_seconds, one.truth_passes, Passes()) for one in rankings[:1]]
    unit = truth[0][2].training if truth and truth[0][2] else 0
    return pd.DataFrame(
        {
            "evaluator": evaluator,
            "seconds": seconds,
            **_counts(passes, ""),
            **_counts(before, "_before"),
            "trainings": _multiple(passes, unit),
            "trainings_before": _multiple(before, unit),
        }
        for evaluator, seconds, passes, before in [*rows, *truth]
    )


def _multiple(passes: Passes | None, unit: int) -> float:
    if passes is None or (passes.training and not unit):
        return float("nan")
    return passes.training / unit if unit else 0.0


def _counts(passes: Passes | None, after: str) -> dict[str, float]:
    """Returns passes as numbers by name, with something after each; NaN where they are not known."""
    unknown = {"training": np.nan, "forward": np.nan}
    return {f"{name}_passes{after}": count for name, count in (passes.to_dict() if passes else unknown).items()}
