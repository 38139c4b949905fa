"""What an evaluator's ranking is worth: held against architectures trained from scratch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.objectives import DEFAULT_EXPONENT
from autosnn_ray.passes import Passes

from .agreement import RESAMPLES, Figure, agreement
from .calibration import Calibration, calibrate
from .fronts import quality_of
from .judges import FEWEST, QUANTITIES, Judge, read_judge, read_truths, refuse_other_problem, say_left_out, scores_of


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
        wanted: Architectures that there are when evaluator and ground truth are finished.
        learned: Architectures that are left out because the evaluator was fitted on them.
        passes: What one evaluation runs through a network; None where it is not known.
        passes_before: What was run once, before the first: a predictor's sample, a supernet's training.
        truth_passes: What one training of the ground truth runs.
        calibration: Of accuracy and spikes, where the evaluator predicts them with intervals; empty where not.
        own: What the evaluator says, by architecture.
        truths: What each seed of the ground truth says.
        exponent: Of the fitness.
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
    wanted: int = 0
    learned: int = 0
    passes: Passes | None = None
    passes_before: Passes | None = None
    truth_passes: Passes | None = None
    calibration: Mapping[str, Calibration] = field(default_factory=dict)
    own: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    truths: Sequence[pd.DataFrame] = field(default=(), repr=False)
    exponent: float = DEFAULT_EXPONENT

    @property
    def extent(self) -> str:
        """How many architectures it is held against, such as ``23 of 40 architectures``."""
        count = len(self.table)
        others = f"{self.learned} other{'s' if self.learned > 1 else ''}"
        learned = f" (it was fitted on {others})" if self.learned else ""
        return f"{count}{f' of {self.wanted}' if count < self.wanted else ''} architectures{learned}"

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
    """Reads what ``autosnn-ray fidelity`` wrote, finished or not: every evaluator against the ground truth.

    Each evaluator is held against the architectures that it and every seed of the ground truth have evaluated so far.

    Args:
        folder: Holds ``ground_truth/seed_0`` … and ``evaluators/…``, each the folder of a run.
        truth: Folder with ``seed_0`` … that takes the place of ``folder/ground_truth``.
        exponent: Of the fitness that is compared.
        seed: What bootstrap resamples are drawn from.
        resamples: How many; each is a draw of the architectures with replacement.

    Returns:
        A ranking each evaluator, the cheapest first.

    Raises:
        InvalidInputError: No ground truth of at least two seeds there, too few architectures in common, or an evaluator
            of another problem.
        JournalError: A journal is damaged.

    Warns:
        AutoSNNWarning: A run is left out, which is not far enough; or a torn last line of one is.
    """
    folder = Path(folder)
    older = folder / "truth"  # what studies before had in place of ground_truth
    truths = read_truths((older if older.is_dir() else folder / "ground_truth") if truth is None else Path(truth))
    found: dict[str, Ranking] = {}
    for path in sorted(one for one in (folder / "evaluators").glob("*") if one.is_dir()):
        judge = read_judge(path)
        if judge is not None:
            refuse_other_problem(judge, truths[0])
        shared = [] if judge is None else _shared(judge, truths)
        if judge is not None and len(shared) >= FEWEST:
            found[path.name] = _compare(judge, truths, shared, exponent, np.random.default_rng(seed), resamples)
        elif judge is None or not all(one.is_finished for one in (judge, *truths)):
            say_left_out(path, judge, len(shared))
        else:
            raise InvalidInputError(
                f"{path}: expected at least {FEWEST} architectures that are also in the ground truth, and not among "
                f"those that the evaluator was fitted on, found {len(shared)}; take another --seed"
            )
    if not found:
        raise InvalidInputError(
            f"{folder / 'evaluators'}: expected the run of an evaluator that has at least {FEWEST} architectures in "
            "common with the ground truth, found none"
        )
    return sorted(_told_apart(found), key=lambda ranking: ranking.seconds)


def evaluator_label(config: Mapping[str, Any]) -> str:
    """Returns an evaluator's name with its settings, from a run's configuration.

    Example:
        >>> evaluator_label({"evaluator": {"name": "scratch", "settings": {"epochs": 8, "seed": 0}}})
        'scratch(epochs=8, seed=0)'
    """
    entry = config["evaluator"]
    given = dict(entry["settings"])
    settings = ", ".join(
        f"{key}={value}"
        for key, value in {**given, **(given.get("training") or {})}.items()
        if key != "shared_bytes" and value is not None and value is not False and not isinstance(value, Mapping)
    )
    return f"{entry['name']}({settings})" if settings else str(entry["name"])


def _told_apart(found: Mapping[str, Ranking]) -> list[Ranking]:
    """Names evaluators by their runs' folders where several are called alike, as predictors of two samples are."""
    labels = [ranking.evaluator for ranking in found.values()]
    return [
        replace(ranking, evaluator=folder) if labels.count(ranking.evaluator) > 1 else ranking
        for folder, ranking in found.items()
    ]


def _shared(judge: Judge, truths: Sequence[Judge]) -> list[str]:
    learned = judge.learned_from
    return [name for name in _known(judge, truths) if name not in learned]


def _known(judge: Judge, truths: Sequence[Judge]) -> list[str]:
    return [name for name in judge.frame.index if all(name in truth.frame.index for truth in truths)]


def _compare(
    judge: Judge,
    truths: Sequence[Judge],
    shared: list[str],
    exponent: float,
    rng: np.random.Generator,
    resamples: int,
) -> Ranking:
    own, true = judge.frame.loc[shared], [truth.frame.loc[shared] for truth in truths]
    figures, ceiling = {}, {}
    for quantity in QUANTITIES:
        opinion = scores_of(own, quantity, exponent)
        judged = [scores_of(truth, quantity, exponent) for truth in true]
        figures[quantity] = agreement([(opinion, truth) for truth in judged], rng, resamples)
        ceiling[quantity] = agreement(list(permutations(judged, 2)), rng, resamples)
    calibrated = {
        name: calibrate(intervals.loc[intervals.index.isin(shared)], [truth[name] for truth in true])
        for name, intervals in judge.intervals.items()
    }
    return Ranking(
        evaluator=evaluator_label(judge.config),
        seconds=float(own["seconds"].median()),
        truth_seconds=float(np.median([truth["seconds"].median() for truth in true])),
        figures=figures,
        ceiling=ceiling,
        table=_table(own, true),
        seeds=len(true),
        quality=quality_of(own),
        provenance=str(own.attrs.get("provenance", "")),
        truth_provenance=str(true[0].attrs.get("provenance", "")),
        wanted=min(one.wanted for one in (judge, *truths)),
        learned=len(_known(judge, truths)) - len(shared),
        passes=judge.passes("candidate"),
        passes_before=judge.passes("before"),
        truth_passes=truths[0].passes("candidate"),
        calibration={name: found for name, found in calibrated.items() if found is not None},
        own=own,
        truths=tuple(true),
        exponent=exponent,
    )


def _table(predicted: pd.DataFrame, truths: list[pd.DataFrame]) -> pd.DataFrame:
    table = predicted[["accuracy_low", "accuracy_high", "spikes"]].copy()
    table.insert(0, "accuracy", predicted[quality_of(predicted)])
    for quantity in ("accuracy", "spikes"):
        values = np.stack([truth[quantity].to_numpy(np.float64) for truth in truths])
        table[f"true_{quantity}"] = values.mean(axis=0)
        table[f"true_{quantity}_low"] = values.min(axis=0)
        table[f"true_{quantity}_high"] = values.max(axis=0)
    return table.reset_index()
