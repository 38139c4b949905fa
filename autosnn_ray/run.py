"""A run: a search's folder, and what can be read from it. Needs neither torch nor ray."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class Run:
    """The results of a search, read from the journal in its folder.

    Args:
        path: The run's folder.

    Attributes:
        path: The run's folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def config(self) -> dict[str, Any]:
        """Returns what the search was started with: space, algorithm, objective, checksums, versions."""
        import analysis

        return analysis.read_config(self.path)

    def frame(self) -> pd.DataFrame:
        """Returns one row a candidate, in the order of their indices; see ``analysis.read``."""
        import analysis

        return analysis.read(self.path)

    def front(self) -> pd.DataFrame:
        """Returns the non-dominated candidates: none other is as accurate with fewer spikes."""
        import analysis

        return analysis.front(self.frame())

    def best(self, count: int = 5) -> pd.DataFrame:
        """Returns the candidates of highest fitness; see ``analysis.best``."""
        import analysis

        return analysis.best(self.frame(), count)


class Retraining(Run):
    """The results of a retraining: networks trained alone, each with its model card."""

    def frame(self) -> pd.DataFrame:
        """Returns one row for each architecture and seed; see ``analysis.read_retraining``."""
        import analysis

        return analysis.read_retraining(self.path)

    def summary(self) -> pd.DataFrame:
        """Returns one row for each architecture, means with intervals; see ``analysis.summarise_retraining``."""
        import analysis

        return analysis.summarise_retraining(self.frame())


class Reproduction(Run):
    """The results of a recipe: ``search`` is its search, ``retraining`` what became of the architectures alone."""

    @property
    def search(self) -> Run:
        """The search, where the recipe has one."""
        return Run(self.path / "search")

    @property
    def retraining(self) -> Retraining:
        """The architectures, trained alone."""
        return Retraining(self.path / "retrained")

    def config(self) -> dict[str, Any]:
        """Returns what it was started with: recipe as scaled, scale, seed, data set."""
        import analysis

        return analysis.read_reproduction_config(self.path)

    def frame(self) -> pd.DataFrame:
        """Returns our numbers beside those of the paper; see ``analysis.read_reproduction``."""
        import analysis

        return analysis.read_reproduction(self.path)
