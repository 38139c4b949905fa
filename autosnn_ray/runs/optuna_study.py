"""A run as a study of Optuna's, for its plots and its dashboard. Needs neither torch nor ray."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosnn_ray.algorithms.optuna_trials import (
    Told,
    distributions_of,
    load_optuna,
    new_study,
    parameters_of,
    quietly,
)
from autosnn_ray.errors import InvalidInputError, JournalError
from autosnn_ray.files import write_atomically
from autosnn_ray.journal import Ask, Fail, JournalContents, Tell, read_journal
from autosnn_ray.journal.reader import journal_path
from autosnn_ray.objectives import Goal
from autosnn_ray.runs.run import Run
from autosnn_ray.space import SearchSpace, format_architecture

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.study import Study
    from optuna.trial import FrozenTrial


def to_optuna(run: Run | str | Path, file: str | Path | None = None) -> Study:
    """Makes a study of a run: a trial for each candidate that was told, in the order of their numbers.

    Slots are categorical parameters ``slot_0``, ``slot_1``, …; values are the goal's objectives, a measure that is
    minimised as it is; constraints are shares of their bounds, 0 or less where kept. A candidate that failed, or that
    the goal cannot rank, is a failed trial; one that is still under way is left out. Attributes hold the architecture,
    all measures and how each came about (``basis``), origin, generation, parents and seconds.

    Args:
        run: The run or its folder. The search may still be going on.
        file: File to write the study to, in Optuna's journal format, which its dashboard opens; in memory where None.

    Returns:
        The study, called as the run's folder.

    Raises:
        InvalidInputError: Optuna is not installed, or the file is there already.
        JournalError: No run, or a damaged one.
    """
    folder = run.path if isinstance(run, Run) else Path(run)
    contents = read_journal(folder)
    if not {"goal", "problem"} <= contents.config.keys():
        raise JournalError(f"{folder}: the search was ended before it had begun; there is nothing to make a study of")
    name = journal_path(folder).resolve().parent.name
    if file is None:
        return _filled(folder, contents, name)
    file = Path(file)
    if file.exists():
        raise InvalidInputError(
            f"{file}: is there already, and may hold other studies; give another name, or remove it"
        )
    with tempfile.TemporaryDirectory() as beside:
        path = Path(beside) / "study.log"
        _filled(folder, contents, name, _stored(path))
        write_atomically(file, path.read_bytes())
    study: Study = load_optuna().load_study(study_name=name, storage=_stored(file))
    return study


def _stored(file: Path) -> BaseStorage:
    storages = load_optuna().storages
    found: BaseStorage = storages.JournalStorage(storages.journal.JournalFileBackend(str(file)))
    return found


def _filled(folder: Path, contents: JournalContents, name: str, storage: BaseStorage | None = None) -> Study:
    goal, config = Goal.from_dict(contents.config["goal"]), contents.config
    space = SearchSpace.from_dict(config["problem"].get("space", {}), source=f"{folder}: journal")
    times, asked, trials = _times(folder, contents), contents.asked, []
    for event in contents.events:
        if isinstance(event, Tell | Fail):
            trial = _trial(asked[event.index], event, goal, space)
            trial.datetime_start, trial.datetime_complete = times[event.index]
            trials.append((event.index, trial))
    with quietly():
        study = new_study(goal, name=name, storage=storage)
        study.add_trials([trial for _, trial in sorted(trials, key=lambda one: one[0])])
    for part in ("algorithm", "evaluator"):
        study.set_user_attr(part, str(config.get(part, {}).get("name", "")))
    study.set_user_attr("space", space.name)
    return study


def _trial(ask: Ask, event: Tell | Fail, goal: Goal, space: SearchSpace) -> FrozenTrial:
    trial = load_optuna().trial
    told, about = None, _about(ask, event)
    if isinstance(event, Tell):
        evaluation = event.evaluation
        about |= {name: measure.value for name, measure in evaluation.measures.items()}
        about["basis"] = {name: measure.basis for name, measure in evaluation.measures.items()}
        about["seconds"] = evaluation.seconds
        is_judged = all(constraint.measure in evaluation for constraint in goal.constraints)
        told = Told.of(evaluation, goal) if is_judged else None
    found: FrozenTrial = trial.create_trial(
        state=trial.TrialState.COMPLETE if told else trial.TrialState.FAIL,
        values=told.values if told else None,
        params=parameters_of(ask.architecture),
        distributions=distributions_of(space),
        constraints=dict(told.constraints) if told else None,
        user_attrs=about,
    )
    return found


def _about(ask: Ask, event: Tell | Fail) -> dict[str, Any]:
    found: dict[str, Any] = {
        "index": ask.index,
        "architecture": format_architecture(ask.architecture),
        "origin": ask.origin,
        "generation": ask.generation,
        "parents": list(ask.parents),
        "repetition": ask.repetition,
        "attempts": event.attempts,
    }
    return found | ({"reason": event.reason} if isinstance(event, Fail) else {})


def _times(folder: Path, contents: JournalContents) -> dict[int, tuple[datetime, datetime]]:
    """Returns when the evaluation of each told candidate began and ended, in local time."""
    asked: dict[int, float] = {}
    found = {}
    lines = journal_path(folder).read_bytes()[: contents.size].splitlines()
    for line, event in zip(lines, contents.events, strict=True):
        if isinstance(event, Ask | Tell | Fail):
            time = float(json.loads(line)["time"])
        if isinstance(event, Ask):
            asked[event.index] = time
        elif isinstance(event, Tell | Fail):
            seconds = event.evaluation.seconds if isinstance(event, Tell) else 0.0
            end, earliest = datetime.fromtimestamp(time), datetime.fromtimestamp(asked[event.index])
            found[event.index] = max(earliest, end - timedelta(seconds=seconds)) if seconds else earliest, end
    return found
