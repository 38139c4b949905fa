"""Who is told how a job of several stages goes on."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from autosnn_ray.algorithms import OnTold
from autosnn_ray.cluster.rank import OnRun
from autosnn_ray.objectives import SpikeAwareFitness
from autosnn_ray.run import Run
from autosnn_ray.training import Supernet
from autosnn_ray.training.loop import OnStep


class Watch(Protocol):
    """Who is told how a job goes on."""

    def training(self) -> AbstractContextManager[OnStep | None]:
        """Is there while the supernet is trained."""
        ...

    def searching(self, candidates: int, fitness: SpikeAwareFitness) -> AbstractContextManager[OnTold | None]:
        """Is there while the supernet is searched."""
        ...

    def retraining(self) -> AbstractContextManager[OnRun | None]:
        """Is there while architectures are trained alone."""
        ...

    def trained(self, supernet: Supernet) -> None:
        """Is told of the supernet."""
        ...

    def searched(self, run: Run) -> None:
        """Is told of the search."""
        ...


class Silent:
    """Tells nobody."""

    def training(self) -> AbstractContextManager[OnStep | None]:
        """Shows nothing."""
        return nullcontext()

    def searching(self, candidates: int, fitness: SpikeAwareFitness) -> AbstractContextManager[OnTold | None]:
        """Shows nothing."""
        return nullcontext()

    def retraining(self) -> AbstractContextManager[OnRun | None]:
        """Shows nothing."""
        return nullcontext()

    def trained(self, supernet: Supernet) -> None:
        """Shows nothing."""

    def searched(self, run: Run) -> None:
        """Shows nothing."""
