"""Progress bars and tables."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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

    from autosnn_ray.algorithms import Candidate
    from autosnn_ray.cluster.searcher import OnTold
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


def print_candidates(frame: pd.DataFrame, title: str) -> None:
    """Prints candidates as a table."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in ("index", "architecture"):
        table.add_column(name, no_wrap=True)
    for name in ("accuracy", "spikes/sample", "fitness", "generation", "origin"):
        table.add_column(name, justify="right")
    for row in frame.itertuples():
        table.add_row(
            str(row.index),
            str(row.architecture),
            f"{row.accuracy:.2%}",
            f"{row.spikes:,.0f}",
            f"{row.fitness:.4f}",
            str(row.generation),
            str(row.origin),
        )
    console.print(table)


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> None:
    """Prints a table of text."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)
