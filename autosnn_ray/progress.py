"""Progress bars, for commands and for calls from Python alike: on a terminal, in a notebook, as lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from autosnn_ray.evaluations import Evaluation

if TYPE_CHECKING:
    from autosnn_ray.algorithms import Candidate, OnResult
    from autosnn_ray.evaluations import Outcome
    from autosnn_ray.objectives import Goal

console = Console(highlight=False, markup=False)
"""Where everything for people is printed: into a file with no line broken but where it ends."""
console.soft_wrap = not console.is_terminal

_LOG_EVERY_SECONDS = 15.0


class Step(Protocol):
    """What a bar shows of a training, after a step."""

    @property
    def step(self) -> int:
        """Steps done."""

    @property
    def steps(self) -> int:
        """Steps in all."""

    @property
    def loss(self) -> float:
        """The loss."""

    @property
    def learning_rate(self) -> float:
        """Rate of the step."""


S = TypeVar("S", bound=Step)

OnRun = Callable[[str, int], "OnResult | None"]
"""Is called with every run that begins, what it is and of how many candidates; gives what is called with these."""


def is_shown(progress: bool | None) -> bool:
    """Says whether a call shows its progress: as it was told, or where None, if a terminal or a notebook is there."""
    return (console.is_terminal or console.is_jupyter) if progress is None else progress


def _draws_bars() -> bool:
    """Says whether bars can be redrawn in place; in a notebook that takes ipywidgets."""
    return console.is_terminal or (console.is_jupyter and find_spec("ipywidgets") is not None)


class _Bars:
    """Bars where they can be redrawn; a line now and then elsewhere."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", style="bold", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=console,
            disable=not _draws_bars(),
        )

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def add(self, title: str) -> _Bar:
        """Adds a bar of a job."""
        return _Bar(self._progress, title)


class _Bar:
    def __init__(self, progress: Progress, title: str) -> None:
        self._progress, self._title = progress, title
        self._logged_at = time.monotonic()
        self._task = progress.add_task(title, total=None, note="")

    def update(self, done: int, total: int, note: str) -> None:
        self._progress.update(self._task, completed=done, total=total, note=note)
        now = time.monotonic()
        if self._progress.disable and (done == total or now - self._logged_at > _LOG_EVERY_SECONDS):
            self._logged_at = now
            console.print(f"{self._title}: {done}/{total} {note}".rstrip())


@contextmanager
def counting_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Shows how many of some things are done, and the time left."""
    with _Bars() as bars:
        bar = bars.add(title)
        yield lambda done, total: bar.update(done, total, "")


@contextmanager
def training_bar(
    title: str, *, progress: bool | None = True, then: Callable[[S], None] | None = None
) -> Iterator[Callable[[S], None] | None]:
    """Shows a training's steps, loss, rate and time left.

    Args:
        title: What is trained.
        progress: Whether to; where None, if a terminal or a notebook is there.
        then: Is told of every step too.
    """
    if not is_shown(progress):
        yield then
        return
    with _Bars() as bars:
        bar = bars.add(title)

        def on_step(at: S) -> None:
            bar.update(at.step, at.steps, f"loss {at.loss:.4f}  rate {at.learning_rate:.1e}")
            if then is not None:
                then(at)

        yield on_step


@contextmanager
def search_bar(
    title: str, candidates: int, goal: Goal, *, progress: bool | None = True, then: OnResult | None = None
) -> Iterator[OnResult | None]:
    """Shows a search's candidates, the best of its first objective and time left.

    Args:
        title: What is done.
        candidates: How many there will be.
        goal: What the search aims at.
        progress: Whether to; where None, if a terminal or a notebook is there.
        then: Is told of every result too.
    """
    if not is_shown(progress):
        yield then
        return
    best, told, objective = float("-inf"), 0, goal.objectives[0]
    with _Bars() as bars:
        bar = bars.add(title)
        bar.update(0, candidates, "starting …")

        def on_result(candidate: Candidate, outcome: Outcome) -> None:
            nonlocal best, told
            told += 1
            if isinstance(outcome, Evaluation):
                best = max(best, objective(outcome))
            known = f"  best {objective.label} {abs(best):.4f}" if best > float("-inf") else ""
            bar.update(told, candidates, f"generation {candidate.generation}{known}")
            if then is not None:
                then(candidate, outcome)

        yield on_result


@contextmanager
def run_bar(before: str = "", *, progress: bool | None = True, then: OnRun | None = None) -> Iterator[OnRun | None]:
    """Shows the runs that a larger job is made of, each title with ``before`` before it.

    Args:
        before: What stands before each title.
        progress: Whether to; where None, if a terminal or a notebook is there.
        then: Is told of every run too.
    """
    if not is_shown(progress):
        yield then
        return
    with _Bars() as bars:

        def on_run(title: str, candidates: int) -> OnResult:
            bar, told = bars.add(before + title), 0
            bar.update(0, candidates, "")
            also = then(title, candidates) if then is not None else None

            def on_result(candidate: Candidate, outcome: Outcome) -> None:
                nonlocal told
                told += 1
                bar.update(told, candidates, "")
                if also is not None:
                    also(candidate, outcome)

            return on_result

        yield on_run
