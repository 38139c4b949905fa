"""A space that was evaluated whole, shipped with the package: to try algorithms on in seconds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from autosnn_ray.algorithms import Table
from autosnn_ray.errors import InvalidInputError, unknown_name
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.objectives import Goal, Objective, SpikeAwareFitness
from autosnn_ray.space import AdditiveModel, RankModel, SearchSpace

PATHS, SCRATCH = "paths", "scratch"
_LEAST = 1e-6


@dataclass(frozen=True)
class Tabular:
    """What is known of the networks of one space.

    Frames have ``architecture``, ``accuracy`` (0 to 1, validation samples), ``spikes`` (spikes/sample), ``loss``,
    ``parameters``, ``macs`` (a sample, as if inputs were dense), ``synaptic_operations`` (a sample), ``energy``
    (joules a sample, 45 nm) and the spikes/sample of each layer of neurons, ``spikes.stem.neuron1`` and so on: in a
    block ``neuron1`` comes first, and NaN stands where a choice has no second one.

    Attributes:
        name: The table's name.
        space: The search space.
        about: How it was made: problem, seeds, epochs, versions.
        paths: One row for each architecture of the space, in the order of ``space.enumerate()``: paths of one supernet.
        scratch: One row for each architecture of a balanced sample and each ``seed`` that it was trained from scratch
            with.
    """

    name: str
    space: SearchSpace
    about: dict[str, Any]
    paths: pd.DataFrame
    scratch: pd.DataFrame

    def table(
        self, goal: Goal | Objective | None = None, *, by: str = PATHS, noise: int | np.random.Generator | None = None
    ) -> Table:
        """Makes what algorithms search.

        Args:
            goal: What is aimed at; AutoSNN's fitness where None.
            by: ``paths``: every architecture as a path of the supernet, exactly. ``scratch``: as trained from scratch;
                of the trained sample a model is made (of the ranks of accuracies, and of the logarithm of spikes), so
                that there is a value for every architecture.
            noise: Only by ``scratch``: adds to each value what one training differs from the mean of many, drawn from
                seed.

        Raises:
            InvalidInputError: Neither of these, or noise where there is none.

        Example:
            >>> import analysis
            >>> from autosnn_ray.algorithms import AutoSNN
            >>> table = analysis.tabular("digits_16").table()
            >>> len(table.search(AutoSNN(seed=0), candidates=60))
            60
        """
        if by not in (PATHS, SCRATCH):
            raise unknown_name("table", by, (PATHS, SCRATCH))
        if by == PATHS and noise is not None:
            raise InvalidInputError("noise: paths of a supernet have none: the same path always spikes the same")
        samples = int(self.about["samples"])
        found = self.paths[["accuracy", "spikes", "loss"]] if by == PATHS else self._from_scratch(noise)
        columns = [found[name].to_numpy() for name in ("accuracy", "spikes", "loss")]
        parameters = self.paths[["parameters", "energy"]]
        evaluations = {
            architecture: _evaluation(row, samples, known)
            for architecture, row, known in zip(
                self.space.enumerate(), zip(*columns, strict=True), parameters.to_dict("records"), strict=True
            )
        }
        fitness = SpikeAwareFitness(float(self.about["supernet"]["reference_spikes"]))
        return Table(self.space, Goal.of(fitness if goal is None else goal), evaluations)

    def _from_scratch(self, noise: int | np.random.Generator | None) -> pd.DataFrame:
        """Returns what the model says, and adds to it what a training differs from the mean of many."""
        rng, found = None if noise is None else np.random.default_rng(noise), {}
        for name, (value, apart) in self._modelled.items():
            if rng is not None:
                value = value + rng.choice(apart, len(value)) * rng.choice([-1.0, 1.0], len(value))
            found[name] = np.clip(value, 0.0, 1.0) if name == "accuracy" else np.exp(value)
        return pd.DataFrame(found)

    @cached_property
    def _modelled(self) -> dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
        """Models what each architecture reaches, spikes and loss as logarithms; and what one training is off by."""
        known = self.scratch.assign(spikes=_log(self.scratch["spikes"]), loss=_log(self.scratch["loss"]))
        mean = known.groupby("architecture", sort=False)[["accuracy", "spikes", "loss"]].mean()
        sample = [self.space.parse(str(name)) for name in mean.index]
        by_rank = RankModel.fit(sample, mean["accuracy"].tolist(), beside=(-mean["loss"]).tolist())
        models = {name: AdditiveModel.fit(sample, mean[name].tolist()).predict for name in ("spikes", "loss")}
        found = {}
        for name, predict in {"accuracy": by_rank.predict, **models}.items():
            pairs = known.pivot(index="architecture", columns="seed", values=name).to_numpy()
            apart = (pairs[:, 0] - pairs[:, 1]) / np.sqrt(2)
            found[name] = np.array([predict(one) for one in self.space.enumerate()]), apart
        return found


def tabular(name: str = "digits_16") -> Tabular:
    """Loads a table that is shipped with the package.

    Args:
        name: ``digits_16``: scikit-learn's digits, 3,125 architectures.

    Raises:
        InvalidInputError: There is no such table.

    Example:
        >>> table = tabular("digits_16")
        >>> len(table.paths)
        3125
    """
    home = files("analysis") / "tables"
    known = sorted(entry.name for entry in home.iterdir() if entry.is_dir() and not entry.name.startswith("_"))
    if name not in known:
        raise unknown_name("table", name, known)
    about = json.loads((home / name / "about.json").read_text(encoding="utf-8"))
    space = SearchSpace.from_dict(about["problem"]["space"], source=f"table {name}")
    frames = {}
    for part in (PATHS, SCRATCH):
        with (home / name / f"{part}.csv.gz").open("rb") as file:
            frames[part] = _read(pd.read_csv(file, compression="gzip"), int(about["samples"]))
    if list(frames[PATHS]["architecture"]) != ["/".join(one) for one in space.enumerate()]:
        raise InvalidInputError(f"table {name}: its architectures are not those of its space; install the package anew")
    return Tabular(name, space, about, frames[PATHS], frames[SCRATCH])


def _read(frame: pd.DataFrame, samples: int) -> pd.DataFrame:
    """Turns counts over all samples into numbers a sample."""
    layers = [column for column in frame if str(column).startswith("spikes.")]
    a_sample = frame[layers] / samples
    accuracy, spikes = frame["correct"] / samples, frame[layers].sum(axis=1) / samples
    first = [column for column in ("architecture", "seed") if column in frame]
    rest = ["loss", "parameters", "macs", "synaptic_operations", "energy"]
    return pd.concat([frame[first].assign(accuracy=accuracy, spikes=spikes), frame[rest], a_sample], axis=1)


def _evaluation(row: tuple[float, ...], samples: int, known: dict[Any, Any]) -> Evaluation:
    accuracy, spikes, loss = map(float, row)
    found = Evaluation.measured(accuracy=accuracy, spikes=spikes, loss=loss, samples=samples)
    further = Evaluation.given({str(name): float(value) for name, value in known.items()})
    return Evaluation({**found.measures, **further.measures})


def _log(values: pd.Series[float]) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = np.log(np.maximum(values.to_numpy(), _LEAST))
    return found
