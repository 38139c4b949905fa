"""Progress bars and tables."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from autosnn_ray.algorithms import Candidate, OnTold
    from autosnn_ray.cluster.rank import OnRun
    from autosnn_ray.evaluations import Outcome
    from autosnn_ray.training.loop import OnStep
    from autosnn_ray.training.loop import Progress as TrainingProgress

console = Console(highlight=False)
_LOG_EVERY_SECONDS = 15.0


class _Bar:
    """A bar on a terminal; a line now and then elsewhere."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._logged_at = time.monotonic()
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(title, total=None, note="")

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, done: int, total: int, note: str) -> None:
        self._progress.update(self._task, completed=done, total=total, note=note)
        now = time.monotonic()
        if not console.is_terminal and (done == total or now - self._logged_at > _LOG_EVERY_SECONDS):
            self._logged_at = now
            console.print(f"{self._title}: {done}/{total} {note}")


@contextmanager
def training_bar(title: str) -> Iterator[OnStep]:
    """Shows a training's steps, loss, rate and time left."""
    with _Bar(title) as bar:

        def on_step(progress: TrainingProgress) -> None:
            note = f"loss {progress.loss:.4f}  rate {progress.learning_rate:.1e}"
            bar.update(progress.step, progress.steps, note)

        yield on_step


@contextmanager
def search_bar(title: str, candidates: int, fitness: Any, told: int = 0) -> Iterator[OnTold]:
    """Shows a search's candidates, its best fitness and time left."""
    best = float("-inf")
    with _Bar(title) as bar:
        bar.update(told, candidates, "starting Ray …")

        def on_told(candidate: Candidate, outcome: Outcome) -> None:
            nonlocal best, told
            told += 1
            value = fitness(outcome) if hasattr(outcome, "accuracy") else float("-inf")
            best = max(best, value)
            bar.update(told, candidates, f"generation {candidate.generation}  best {best:.4f}")

        yield on_told


@contextmanager
def run_bar(before: str = "") -> Iterator[OnRun]:
    """Shows the runs that a larger job is made of, one after the other, each title with ``before`` before it."""
    with ExitStack() as shown:

        def on_run(title: str, candidates: int) -> OnTold:
            shown.close()
            bar, told = shown.enter_context(_Bar(before + title)), 0
            bar.update(0, candidates, "")

            def on_told(candidate: Candidate, outcome: Outcome) -> None:
                nonlocal told
                told += 1
                bar.update(told, candidates, "")

            return on_told

        yield on_run


def print_candidates(frame: pd.DataFrame, title: str) -> None:
    """Prints candidates as a table that fits into 80 columns."""
    rows = [
        [str(row.index), str(row.architecture), f"{row.accuracy:.2%}", f"{row.spikes:,.0f}", f"{row.fitness:.4f}",
         str(row.generation)]
        for row in frame.itertuples()
    ]  # fmt: skip
    print_rows(["#", "architecture", "accuracy", "spikes", "fitness", "gen"], rows, title, numbers_from=2)


def print_rows(
    columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None, numbers_from: int | None = None
) -> None:
    """Prints a table of text; columns from ``numbers_from`` on are numbers and stand to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, show_edge=False)
    for position, name in enumerate(columns):
        is_number = numbers_from is not None and position >= numbers_from
        table.add_column(name, overflow="fold", justify="right" if is_number else "left", no_wrap=is_number)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print()
