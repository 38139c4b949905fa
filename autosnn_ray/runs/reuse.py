"""Reads what earlier runs have evaluated, so that another search of the same problem need not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.journal import pack_correct, read_correct, read_journal
from autosnn_ray.loop import Earlier
from autosnn_ray.measures import MEASURES, known_of
from autosnn_ray.runs.differences import differences
from autosnn_ray.runs.plan import Plan
from autosnn_ray.runs.run import Run
from autosnn_ray.space import Architecture

Runs = str | Path | Run | Sequence[str | Path | Run]
"""A run or its folder, or several."""


def earlier_evaluations(runs: Runs | None, plan: Plan) -> Earlier:
    """Reads the evaluations of earlier runs that a search may take in place of its own.

    Those that lack a measure which the search takes are left out: such candidates are evaluated anew. So are failures.

    Args:
        runs: The runs; of several that hold a candidate, the first counts.
        plan: What is searched for, and by which evaluator.

    Raises:
        InvalidInputError: A run was of another problem, or by another evaluator; the text says what differs.
        JournalError: No run, or a damaged one.
    """
    found: dict[tuple[Architecture, int], tuple[Evaluation, str]] = {}
    folders = _folders(runs)
    if not folders:
        return Earlier(found)
    now, taken = plan.config(), plan.taken
    for path in folders:
        contents = read_journal(path)
        _refuse_other(path, contents.config, now)
        bits = read_correct(path)
        for ask, tell in contents.told:
            # What is known beforehand costs nothing.
            known = known_of(MEASURES | taken, plan.problem, ask.architecture)
            evaluation = replace(tell.evaluation, measures={**known, **tell.evaluation.measures})
            if not taken.keys() <= set(evaluation):
                continue
            if ask.index in bits:
                evaluation = replace(evaluation, correct=pack_correct(bits[ask.index]))
            found.setdefault((ask.architecture, ask.repetition), (evaluation, tell.reused_from or str(path)))
    return Earlier(found)


def refuse_before_fitting(runs: Runs | None, plan: Plan) -> None:
    """Refuses runs that cannot be taken from, whatever the evaluator has yet to learn.

    Args:
        runs: As in ``earlier_evaluations``.
        plan: What will be searched, by an evaluator of the kind that it will be.

    Raises:
        InvalidInputError: A run was of another problem, or by another kind of evaluator.
        JournalError: No run, or a damaged one.
    """
    folders = _folders(runs)
    now = plan.config() if folders else {}
    for path in folders:
        before = read_journal(path).config
        if before.get("evaluator", {}).get("name") == now["evaluator"]["name"]:
            before = {**before, "evaluator": now["evaluator"]}
        _refuse_other(path, before, now)


def _refuse_other(path: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    differing = differences(before, now, ("problem", "evaluator"))
    differing += _other_measures(before.get("measures", {}), now.get("measures", {}))
    if differing:
        raise InvalidInputError(
            f"reuse: {path} holds evaluations of another problem or evaluator: {'; '.join(differing)}"
        )


def _other_measures(there: dict[str, object], here: dict[str, object]) -> list[str]:
    """Says which measures of one name were found by another function there; those of one run alone do not matter."""
    shared = [name for name in here if name in there]
    before, now = ({"measures": {name: entries[name] for name in shared}} for entries in (there, here))
    return differences(before, now, ["measures"])


def _folders(runs: Runs | None) -> list[Path]:
    several = [] if runs is None else [runs] if isinstance(runs, str | Path | Run) else runs
    return [Path(one.path if isinstance(one, Run) else one) for one in several]
