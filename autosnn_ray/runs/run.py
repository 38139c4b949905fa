"""A run: a search's folder, and what can be read from it. Needs neither torch nor ray."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosnn_ray.errors import AutoSNNError
from autosnn_ray.shown import Shown

if TYPE_CHECKING:
    import pandas as pd


class Run(Shown):
    """The results of a search, read from the journal in its folder.

    Args:
        path: The run's folder.

    Attributes:
        path: The run's folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def _about(self) -> dict[str, object]:
        """Returns where it is and how far; a run that cannot be read is shown too."""
        found: dict[str, object] = {"path": str(self.path)}
        try:
            found |= self._state()
        except AutoSNNError as error:
            found["state"] = str(error)
        return found

    def _state(self) -> dict[str, object]:
        from autosnn_ray.own_packages import analysis

        frame, config = analysis.read(self.path), analysis.read_config(self.path)
        best = analysis.best(frame, 1)
        return {
            "state": analysis.state(self.path),
            "evaluated": f"{int((frame['status'] == 'done').sum()):,} of {config.get('candidates', 0):,}",
            "numbers": frame.attrs["provenance"],
            "best": "none yet" if best.empty else best["architecture"].iloc[0],
            **self._found(),
        }

    def _found(self) -> dict[str, object]:
        """Returns the best of those that were trained at its end, where there is one."""
        from autosnn_ray.own_packages import analysis

        if halved := analysis.read_halving(self.path):
            return {"found": f"{halved[0]['architecture']}, winner of successive halving"}
        done = analysis.longest_trained(self.finalists())
        return {} if done.empty else {"found": f"{done['architecture'].iloc[0]}, trained from scratch"}

    def config(self) -> dict[str, Any]:
        """Returns what the search was started with: space, algorithm, objective, checksums, versions."""
        from autosnn_ray.own_packages import analysis

        return analysis.read_config(self.path)

    def frame(self) -> pd.DataFrame:
        """Returns one row a candidate, in the order of their indices; see ``analysis.read``."""
        from autosnn_ray.own_packages import analysis

        return analysis.read(self.path)

    def front(self) -> pd.DataFrame:
        """Returns the non-dominated candidates: none other is as accurate with fewer spikes."""
        from autosnn_ray.own_packages import analysis

        return analysis.front(self.frame())

    def best(self, count: int = 5) -> pd.DataFrame:
        """Returns the candidates of highest fitness; see ``analysis.best``."""
        from autosnn_ray.own_packages import analysis

        return analysis.best(self.frame(), count)

    def finalists(self) -> pd.DataFrame:
        """Returns its best that were trained from scratch, the best of them first; see ``analysis.read_finalists``."""
        from autosnn_ray.own_packages import analysis

        return analysis.read_finalists(self.path)


class Retraining(Run):
    """The results of a retraining: networks trained alone, each with its model card."""

    def _state(self) -> dict[str, object]:
        frame = self.frame()
        trained = f"{int((frame['status'] == 'done').sum())} of {len(frame)} networks"
        names = list(dict.fromkeys(row["architecture"] or row["network"] for row in frame.to_dict("records")))
        return {"trained": trained, "architectures": f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''}"}

    def frame(self) -> pd.DataFrame:
        """Returns one row for each architecture and seed; see ``analysis.read_retraining``."""
        from autosnn_ray.own_packages import analysis

        return analysis.read_retraining(self.path)

    def summary(self) -> pd.DataFrame:
        """Returns one row for each architecture, means with intervals; see ``analysis.summarise_retraining``."""
        from autosnn_ray.own_packages import analysis

        return analysis.summarise_retraining(self.frame())


class Reproduction(Run):
    """The results of a recipe: ``search`` is its search, ``retraining`` what became of the architectures alone."""

    def _state(self) -> dict[str, object]:
        config = self.config()
        return {"recipe": config["recipe"]["name"], "scale": config["scale"], "seed": config.get("seed", 0)}

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
        from autosnn_ray.own_packages import analysis

        return analysis.read_reproduction_config(self.path)

    def frame(self) -> pd.DataFrame:
        """Returns our numbers beside those of the paper; see ``analysis.read_reproduction``."""
        from autosnn_ray.own_packages import analysis

        return analysis.read_reproduction(self.path)


class DesignChoices(Reproduction):
    """The results of a recipe that compares design choices: macro structures and blocks, trained from scratch."""

    def frame(self) -> pd.DataFrame:
        """Returns one row for each training; see ``analysis.read_designs``."""
        from autosnn_ray.own_packages import analysis

        return analysis.read_designs(self.path)

    def summary(self) -> pd.DataFrame:
        """Returns one row for each design, means with intervals; see ``analysis.summarise_designs``."""
        from autosnn_ray.own_packages import analysis

        return analysis.summarise_designs(self.frame())

    def costs(self) -> pd.DataFrame:
        """Returns one row for each choice, what it costs beside another; see ``analysis.design_costs``."""
        from autosnn_ray.own_packages import analysis

        return analysis.design_costs(self.frame())
