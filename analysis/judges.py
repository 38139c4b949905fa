"""The runs of a study of fidelity, finished or not, and what each says of architectures."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from autosnn_ray.errors import AutoSNNWarning, InvalidInputError
from autosnn_ray.evaluations import PREDICTION
from autosnn_ray.journal import JOURNAL_FILE, JournalContents
from autosnn_ray.journal.differences import differences
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.passes import Passes
from autosnn_ray.space import format_architecture

from .agreement import Scores, scores
from .frames import frame_of, open_journal
from .fronts import quality_of
from .provenance import fitted_of

QUANTITIES = ("accuracy", "spikes", "fitness")
FEWEST = 5
"""Fewer architectures are no ranking."""


@dataclass(frozen=True)
class Judge:
    """What a run says of architectures, as far as it is.

    Attributes:
        path: The run's folder.
        frame: What was evaluated, by architecture.
        config: What the run was started with.
        intervals: Of what was predicted, by measure: lower and upper end of each architecture's own interval; none
            where nothing was.
        is_finished: Whether nothing more is to come.
    """

    path: Path
    frame: pd.DataFrame
    config: Mapping[str, Any]
    intervals: Mapping[str, pd.DataFrame]
    is_finished: bool

    @property
    def wanted(self) -> int:
        """How many architectures there are in the end."""
        return int(self.config.get("candidates", len(self.frame)))

    @property
    def learned_from(self) -> frozenset[str]:
        """The architectures whose ground truth it was fitted on: on those it cannot be judged."""
        return frozenset(map(str, fitted_of(self.config).get("architectures", ())))

    def passes(self, when: str) -> Passes | None:
        """Returns what is run through networks; None where it is not known, or trainings were cut short.

        Args:
            when: ``candidate``, for one evaluation, or ``before``, once before the first.
        """
        if when == "candidate" and "cut" in self.frame and (self.frame["cut"] > 0).any():
            return None
        return Passes.from_dict(self.config.get("passes", {}).get(when))


def read_judge(path: Path) -> Judge | None:
    """Reads a run of a study, which may still be running; None where it has not begun.

    Raises:
        JournalError: Its journal is damaged.
        InvalidInputError: It evaluated an architecture several times.

    Warns:
        AutoSNNWarning: A torn last line was left out.
    """
    contents = open_journal(path) if (path / JOURNAL_FILE).exists() else None
    if contents is None or not contents.config:
        return None
    frame = frame_of(path, contents)
    is_pending = (frame["status"] == "pending").any() or len(frame) < contents.config.get("candidates", 0)
    frame = frame[frame["status"] == "done"].set_index("architecture")
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()][0]
        raise InvalidInputError(f"{path}: expected one evaluation an architecture, got several of {twice}")
    intervals = {name: _intervals(contents, name) for name in ("accuracy", "spikes")}
    known = {name: found for name, found in intervals.items() if len(found)}
    return Judge(path, frame, contents.config, known, contents.stopped or not is_pending)


def read_truths(home: Path) -> list[Judge]:
    """Reads a ground truth: a run each seed.

    Raises:
        InvalidInputError: Fewer than two seeds of at least five architectures, or seeds of different problems.

    Warns:
        AutoSNNWarning: A seed is left out, which has fewer.
    """
    found: list[Judge] = []
    for path in sorted(home.glob("seed_*")):
        judge = read_judge(path)
        if judge is None or len(judge.frame) < FEWEST:
            say_left_out(path, judge, 0 if judge is None else len(judge.frame))
        else:
            refuse_other_problem(judge, (found or [judge])[0])
            found.append(judge)
    if len(found) < 2:
        raise InvalidInputError(
            f"{home}: expected the runs of at least two seeds, found {len(found)} with {FEWEST} architectures or more"
        )
    return found


def refuse_other_problem(judge: Judge, truth: Judge) -> None:
    """Refuses to hold a run against another problem's: the same names are then other networks.

    Raises:
        InvalidInputError: The text says what differs.
    """
    there, here = ({"problem": one.config.get("problem")} for one in (truth, judge))
    differing = differences(there, here, ["problem"]) if here["problem"] and there["problem"] else []
    if differing:
        raise InvalidInputError(
            f"{judge.path}: expected a run of the same problem as {truth.path}, got one of another: "
            f"{'; '.join(differing)}"
        )


def say_left_out(path: Path, judge: Judge | None, count: int) -> None:
    """Warns of a run that is not far enough to be used."""
    far = "it has not begun" if judge is None else f"{count} of {judge.wanted} architectures so far"
    warnings.warn(f"{path}: left out: {far}, and a ranking takes at least {FEWEST}", AutoSNNWarning, stacklevel=3)


def scores_of(frame: pd.DataFrame, quantity: str, exponent: float) -> Scores:
    """Returns what a frame says architectures are worth by one quantity.

    Args:
        frame: What was evaluated.
        quantity: One of ``QUANTITIES``.
        exponent: Of the fitness.
    """
    if quantity == "spikes":
        return scores(-frame["spikes"])
    quality = frame[quality_of(frame)]
    if quantity == "accuracy":
        return scores(quality, frame["loss"])
    # The reference scales every fitness alike: it changes no order, and regrets are relative to it.
    fitness = SpikeAwareFitness(max(float(frame["spikes"].mean()), 1e-9), exponent)
    return scores(fitness.of(quality, frame["spikes"].clip(lower=1e-9)), frame["loss"])


def _intervals(contents: JournalContents, name: str) -> pd.DataFrame:
    rows = {}
    for ask, tell in contents.told:
        measure = tell.evaluation.measures.get(name)
        if measure and measure.basis == PREDICTION and math.isfinite(measure.low) and math.isfinite(measure.high):
            rows[format_architecture(ask.architecture)] = (measure.value, measure.low, measure.high)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])
