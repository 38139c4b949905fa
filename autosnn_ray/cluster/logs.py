"""Ray Tune's loggers, told of candidates: each is a trial of theirs, with its measures as metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ray.tune.experiment import Trial

from autosnn_ray.algorithms import Candidate
from autosnn_ray.cluster.metrics import metrics_of, slots_of
from autosnn_ray.evaluations import Evaluation, Outcome
from autosnn_ray.evaluators.task import Task
from autosnn_ray.loop import SearchLoop

LOGS = "tune"
"""Name of the folder in a run's folder that loggers write below, one folder a candidate."""


class LoggedCandidate(Trial):
    """A candidate as loggers see it: a trial of Tune's that nothing runs.

    Args:
        candidate: The candidate.
        run: The run's folder.
    """

    def __init__(self, candidate: Candidate, run: Path) -> None:
        self._name, self._run = f"candidate_{candidate.index:05d}", run
        config = {**slots_of(candidate.architecture), "origin": candidate.origin, "generation": candidate.generation}
        super().__init__(
            "candidate", config=config, evaluated_params=config, trial_id=f"{run.name}_{self._name}", stub=True
        )

    @property
    def local_path(self) -> str:
        """Where loggers write."""
        return str(self._run / LOGS / self._name)

    @property
    def path(self) -> str:
        """The same: nothing is moved from there."""
        return self.local_path

    @property
    def experiment_dir_name(self) -> str:
        """What the candidates of one run have in common."""
        return self._run.name

    def init_local_path(self) -> None:
        """Makes the folder."""
        Path(self.local_path).mkdir(parents=True, exist_ok=True)

    def __str__(self) -> str:
        return self._name

    __repr__ = __str__


@contextmanager
def logged(callbacks: Sequence[Any], jobs: Sequence[tuple[SearchLoop, Task]]) -> Iterator[None]:
    """Tells callbacks, for the while of the block, of each candidate whose outcome is in the journal.

    They are set up, then told of a start, a result and a completion for each candidate (an error in place of the last
    two where it failed), and of the end. A candidate's place on the axis is its number from 1.

    Args:
        callbacks: Instances of ``ray.tune.Callback``.
        jobs: The searches.
    """
    if not callbacks:
        yield
        return
    trials: list[LoggedCandidate] = []
    total = sum(loop.remaining for loop, _ in jobs)
    for one in callbacks:
        one.setup(stop=None, num_samples=total, total_num_samples=total)
    for loop, task in jobs:
        loop.listen(_Teller(callbacks, trials, loop, task.context.home or Path()))
    try:
        yield
    finally:
        for one in callbacks:
            one.on_experiment_end(trials=trials)


class _Teller:
    def __init__(self, callbacks: Sequence[Any], trials: list[LoggedCandidate], loop: SearchLoop, run: Path) -> None:
        self._callbacks, self._trials, self._loop, self._run = callbacks, trials, loop, run

    def __call__(self, candidate: Candidate, outcome: Outcome) -> None:
        trial = LoggedCandidate(candidate, self._run)
        self._trials.append(trial)
        self._tell("on_trial_start", trial)
        if isinstance(outcome, Evaluation):
            result = {
                **metrics_of(outcome, self._loop.goal),
                "training_iteration": candidate.index + 1,
                "time_total_s": outcome.seconds,
                "trial_id": trial.trial_id,
                "config": trial.config,
            }
            self._tell("on_trial_result", trial, result=result)
            trial.status = Trial.TERMINATED
            self._tell("on_trial_complete", trial)
        else:
            trial.status = Trial.ERROR
            self._tell("on_trial_error", trial)

    def _tell(self, what: str, trial: LoggedCandidate, **more: Any) -> None:
        for one in self._callbacks:
            getattr(one, what)(iteration=len(self._trials), trials=self._trials, trial=trial, **more)
