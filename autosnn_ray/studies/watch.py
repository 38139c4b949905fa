"""Who is told how a job of several stages goes on."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

from autosnn_ray.progress import OnRun, console, run_bar, search_bar, training_bar

if TYPE_CHECKING:
    from autosnn_ray.algorithms import OnResult
    from autosnn_ray.evaluators import Predictor
    from autosnn_ray.objectives import Goal
    from autosnn_ray.runs.run import Run
    from autosnn_ray.training import Supernet
    from autosnn_ray.training.loop import OnStep


class Watch(Protocol):
    """Who is told how a job goes on."""

    def training(self) -> AbstractContextManager[OnStep | None]:
        """Is there while the supernet is trained."""
        ...

    def sampling(self) -> AbstractContextManager[OnRun | None]:
        """Is there while a predictor's sample is trained."""
        ...

    def searching(self, candidates: int, goal: Goal) -> AbstractContextManager[OnResult | None]:
        """Is there while the problem is searched."""
        ...

    def retraining(self, *, searched: bool) -> AbstractContextManager[OnRun | None]:
        """Is there while architectures are trained from scratch.

        Args:
            searched: Whether that is the last of three stages; else it is the only one.
        """
        ...

    def noted(self, line: str) -> None:
        """Is told how a training is run."""

    def trained(self, supernet: Supernet) -> None:
        """Is told of the supernet."""
        ...

    def fitted(self, predictor: Predictor) -> None:
        """Is told of the predictor."""
        ...

    def searched(self, run: Run) -> None:
        """Is told of the search."""
        ...


class Silent:
    """Tells nobody."""

    def training(self) -> AbstractContextManager[OnStep | None]:
        """Shows nothing."""
        return nullcontext()

    def sampling(self) -> AbstractContextManager[OnRun | None]:
        """Shows nothing."""
        return nullcontext()

    def searching(self, candidates: int, goal: Goal) -> AbstractContextManager[OnResult | None]:
        """Shows nothing."""
        return nullcontext()

    def retraining(self, *, searched: bool) -> AbstractContextManager[OnRun | None]:
        """Shows nothing."""
        return nullcontext()

    def noted(self, line: str) -> None:
        """Shows nothing."""

    def trained(self, supernet: Supernet) -> None:
        """Shows nothing."""

    def fitted(self, predictor: Predictor) -> None:
        """Shows nothing."""

    def searched(self, run: Run) -> None:
        """Shows nothing."""


class Bars(Silent):
    """Shows a bar for each stage."""

    def training(self) -> AbstractContextManager[OnStep | None]:
        """Shows a bar while the supernet is trained."""
        return training_bar("1/3 supernet")

    def noted(self, line: str) -> None:
        """Prints it."""
        console.print(line)

    def sampling(self) -> AbstractContextManager[OnRun | None]:
        """Shows a bar while a predictor's sample is trained."""
        return run_bar("1/3 ")

    def searching(self, candidates: int, goal: Goal) -> AbstractContextManager[OnResult | None]:
        """Shows a bar while the problem is searched."""
        return search_bar("2/3 search", candidates, goal)

    def retraining(self, *, searched: bool) -> AbstractContextManager[OnRun | None]:
        """Shows a bar while architectures are trained from scratch."""
        return run_bar("3/3 " if searched else "")
