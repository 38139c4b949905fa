"""What an evaluator's ranking is worth: held against architectures trained from scratch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.objectives import DEFAULT_EXPONENT, SpikeAwareFitness

from .agreement import RESAMPLES, Figure, Scores, agreement, scores
from .frames import read, read_config
from .fronts import quality_of

QUANTITIES = ("accuracy", "spikes", "fitness")
_FEWEST = 5


@dataclass(frozen=True)
class Ranking:
    """One evaluator held against the ground truth.

    Attributes:
        evaluator: Its name with its settings, such as ``scratch(epochs=4)``.
        seconds: What it takes for one candidate, median.
        truth_seconds: What the ground truth takes for one candidate and one seed, median.
        figures: For each quantity the measures of agreement, averaged over the seeds of the ground truth.
        ceiling: The same between two seeds of the ground truth: what no evaluator can be expected to pass.
        table: One row an architecture: what was predicted, and mean, least and most of the ground truth.
        seeds: Seeds of the ground truth.
        quality: What is held against the true accuracy: ``accuracy``, or an evaluator's ``score``.
        provenance: How the evaluator's numbers came about, in words.
        truth_provenance: How the ground truth's did.
    """

    evaluator: str
    seconds: float
    truth_seconds: float
    figures: dict[str, dict[str, Figure]]
    ceiling: dict[str, dict[str, Figure]]
    table: pd.DataFrame
    seeds: int
    quality: str = "accuracy"
    provenance: str = ""
    truth_provenance: str = ""

    def verdict(self, quantity: str) -> str:
        """Says in words whether this ranking can choose by one quantity."""
        own, best = self.figures[quantity]["tau"], self.ceiling[quantity]["tau"]
        if not np.isfinite(best.value) or best.low <= 0:
            return (
                f"{quantity}: nothing to choose between; two trainings of the same architectures agree "
                f"no better than chance (tau {best}), so they differ by less than can be told"
            )
        agree = "the two seeds" if self.seeds == 2 else f"two of {self.seeds} seeds"
        compared = f"tau {own}, {agree} of the ground truth agree to {best.value:.2f}"
        if not np.isfinite(own.value) or own.low <= 0:
            return f"{quantity}: cannot choose; no better than chance, as far as {len(self.table)} show ({compared})"
        if own.value >= 0.8 * best.value:
            return f"{quantity}: can choose, about as well as anything could ({compared})"
        return f"{quantity}: a hint, not a choice: take several and train them from scratch ({compared})"


def read_rankings(
    folder: str | Path,
    *,
    truth: str | Path | None = None,
    exponent: float = DEFAULT_EXPONENT,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> list[Ranking]:
    """Reads what ``autosnn-ray fidelity`` wrote: every evaluator against the ground truth.

    Args:
        folder: Holds ``ground_truth/seed_0`` … and ``evaluators/…``, each the folder of a run.
        truth: Folder with ``seed_0`` … that takes the place of ``folder/ground_truth``.
        exponent: Of the fitness that is compared.
        seed: What bootstrap resamples are drawn from.
        resamples: How many; each is a draw of the architectures with replacement.

    Returns:
        A ranking each evaluator, the cheapest first.

    Raises:
        InvalidInputError: No ground truth of at least two seeds there, or too few architectures in common.
    """
    folder = Path(folder)
    older = folder / "truth"  # what studies before had in place of ground_truth
    home = (older if older.is_dir() else folder / "ground_truth") if truth is None else Path(truth)
    truths = [_done(path) for path in sorted(home.glob("seed_*"))]
    if len(truths) < 2:
        raise InvalidInputError(f"{home}: expected the runs of at least two seeds, found {len(truths)}")
    found = [
        _compare(path, truths, exponent, np.random.default_rng(seed), resamples)
        for path in sorted((folder / "evaluators").iterdir())
    ]
    return sorted(found, key=lambda ranking: ranking.seconds)


def rankings_frame(rankings: list[Ranking]) -> pd.DataFrame:
    """Returns one row an evaluator, quantity and measure: value, its interval, and the ceiling."""
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
            "seeds": ranking.seeds,
        }
        for ranking in rankings
        for quantity, measures in ranking.figures.items()
        for measure, figure in measures.items()
    ]
    return pd.DataFrame(rows)


def evaluator_label(config: Mapping[str, Any]) -> str:
    """Returns an evaluator's name with its settings, from a run's configuration.

    Example:
        >>> evaluator_label({"evaluator": {"name": "scratch", "settings": {"epochs": 8, "seed": 0}}})
        'scratch(epochs=8, seed=0)'
    """
    entry = config["evaluator"]
    settings = ", ".join(
        f"{key}={value}"
        for key, value in dict(entry["settings"]).items()
        if key not in ("shared_bytes", "training")
        and value is not None
        and value is not False
        and not isinstance(value, Mapping)
    )
    return f"{entry['name']}({settings})" if settings else str(entry["name"])


def _learned_from(config: Mapping[str, Any]) -> frozenset[str]:
    """Returns the architectures whose ground truth an evaluator was fitted on: on those it cannot be judged."""
    fitted = config["evaluator"]["settings"].get("fitted", {})
    return frozenset(map(str, fitted.get("architectures", ())))


def _done(path: Path) -> pd.DataFrame:
    frame = read(path)
    return frame[frame["status"] == "done"].set_index("architecture")


def _compare(
    path: Path, truths: list[pd.DataFrame], exponent: float, rng: np.random.Generator, resamples: int
) -> Ranking:
    predicted = _done(path)
    config = read_config(path)
    learned = _learned_from(config)
    shared = [a for a in predicted.index if a not in learned and all(a in truth.index for truth in truths)]
    if len(shared) < _FEWEST:
        raise InvalidInputError(
            f"{path}: expected at least {_FEWEST} architectures that are also in the ground truth, and not among those "
            f"that the evaluator was fitted on, found {len(shared)}; take another --seed"
        )
    predicted, truths = predicted.loc[shared], [truth.loc[shared] for truth in truths]
    figures, ceiling = {}, {}
    for quantity in QUANTITIES:
        judge = _scores(predicted, quantity, exponent)
        judged = [_scores(truth, quantity, exponent) for truth in truths]
        figures[quantity] = agreement([(judge, truth) for truth in judged], rng, resamples)
        ceiling[quantity] = agreement(list(permutations(judged, 2)), rng, resamples)
    return Ranking(
        evaluator=evaluator_label(config),
        seconds=float(predicted["seconds"].median()),
        truth_seconds=float(np.median([truth["seconds"].median() for truth in truths])),
        figures=figures,
        ceiling=ceiling,
        table=_table(predicted, truths),
        seeds=len(truths),
        quality=quality_of(predicted),
        provenance=str(predicted.attrs.get("provenance", "")),
        truth_provenance=str(truths[0].attrs.get("provenance", "")),
    )


def _scores(frame: pd.DataFrame, quantity: str, exponent: float) -> Scores:
    if quantity == "spikes":
        return scores(-frame["spikes"])
    quality = frame[quality_of(frame)]
    if quantity == "accuracy":
        return scores(quality, frame["loss"])
    # The reference scales every fitness alike: it changes no order, and regrets are relative to it.
    fitness = SpikeAwareFitness(max(float(frame["spikes"].mean()), 1e-9), exponent)
    return scores(fitness.of(quality, frame["spikes"].clip(lower=1e-9)), frame["loss"])


def _table(predicted: pd.DataFrame, truths: list[pd.DataFrame]) -> pd.DataFrame:
    table = predicted[["accuracy_low", "accuracy_high", "spikes"]].copy()
    table.insert(0, "accuracy", predicted[quality_of(predicted)])
    for quantity in ("accuracy", "spikes"):
        values = np.stack([truth[quantity].to_numpy(np.float64) for truth in truths])
        table[f"true_{quantity}"] = values.mean(axis=0)
        table[f"true_{quantity}_low"] = values.min(axis=0)
        table[f"true_{quantity}_high"] = values.max(axis=0)
    return table.reset_index()
