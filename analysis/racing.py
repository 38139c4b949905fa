"""Races of search algorithms on a tabular benchmark: regret and hypervolume against evaluations, over many seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import moocore
import numpy as np
import numpy.typing as npt
import pandas as pd

from autosnn_ray.algorithms import Algorithm, Candidate, Table
from autosnn_ray.errors import InvalidInputError
from autosnn_ray.evaluations import Evaluation, Outcome
from autosnn_ray.space import Architecture

AT = (10, 20, 30, 40, 60, 80, 100, 130, 160, 200, 250, 300, 400)
"""Numbers of evaluations at which racers are looked at."""


def race(
    algorithms: Mapping[str, Algorithm],
    table: Table,
    *,
    seen: Callable[[int], Table] | None = None,
    seeds: int = 100,
    at: Sequence[int] = AT,
    on_search: Callable[[str, int], None] | None = None,
) -> pd.DataFrame:
    """Lets algorithms search a table, each with several seeds.

    Args:
        algorithms: Settings by a name of your own; their seed is replaced.
        table: What is true, and what is aimed at.
        seen: What an algorithm is told in the race of a seed, where that is not what is true: such as a table with the
            noise of one training.
        seeds: Searches of each, with the seeds 0, 1, 2 …
        at: Numbers of evaluations to look at, rising.
        on_search: Is called with an algorithm's name and seed when its search begins.

    Returns:
        One row for each algorithm, seed and number of ``evaluations``, with ``regret``, by how much what it would
        choose by then falls short of the best of the table in the first objective (what it is told decides what it
        chooses, the truth decides what that is worth), and ``hypervolume``, of accuracy and spikes, as a share of the
        true front's.

    Raises:
        InvalidInputError: No algorithm, no seed, or numbers that do not rise.

    Example:
        >>> import analysis
        >>> from autosnn_ray.algorithms import AutoSNN, RandomSearch
        >>> table = analysis.tabular("digits_16").table()
        >>> frame = race({"autosnn": AutoSNN(), "random": RandomSearch()}, table, seeds=5, at=(100,))
        >>> frame.groupby("algorithm")["regret"].mean().round(3).idxmin()
        'autosnn'
    """
    numbers = list(at)
    if not algorithms or seeds < 1 or not numbers or numbers != sorted(set(numbers)) or numbers[0] < 1:
        raise InvalidInputError(
            f"race: expected algorithms, at least one seed and rising numbers of evaluations, got {list(algorithms)}, "
            f"{seeds} and {numbers}"
        )
    front = _Front.of(table)
    rows = []
    for name, algorithm in algorithms.items():
        for seed in range(seeds):
            if on_search:
                on_search(name, seed)
            told = (seen(seed) if seen else table).search(replace(algorithm, seed=seed), numbers[-1])
            rows += [{"algorithm": name, "seed": seed, **row} for row in _looks(told, table, front, numbers)]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class _Front:
    """The true front of accuracy and spikes, and the corner that areas are measured from."""

    corner: npt.NDArray[np.float64]
    area: float

    @classmethod
    def of(cls, table: Table) -> _Front:
        costs = _costs(table.evaluations.values())
        front = costs[moocore.is_nondominated(costs)]
        # A tenth beyond the front's own ends: the ends count, and hardly anything else beyond them does.
        corner = front.max(axis=0) + 0.1 * (front.max(axis=0) - front.min(axis=0))
        return cls(corner, float(moocore.hypervolume(front, ref=corner)))

    def share(self, costs: npt.NDArray[np.float64]) -> float:
        return float(moocore.hypervolume(costs, ref=self.corner)) / self.area if self.area else 1.0


def _costs(evaluations: Iterable[Evaluation]) -> npt.NDArray[np.float64]:
    return np.array([[one.spikes, -one.accuracy] for one in evaluations])


def _looks(
    told: Sequence[tuple[Candidate, Outcome]], table: Table, front: _Front, numbers: Sequence[int]
) -> list[dict[str, float]]:
    true: Mapping[Architecture, Evaluation] = table.evaluations
    best = max(table.goal.objectives[0](one) for one in _feasible(table))
    keys = [table.goal.judge(outcome).key if isinstance(outcome, Evaluation) else (np.inf,) for _, outcome in told]
    known = [true[candidate.architecture] for candidate, _ in told if candidate.architecture in true]
    rows = []
    for number in numbers:
        upto = min(number, len(told))
        chosen = told[min(range(upto), key=lambda place: (keys[place], place))][0].architecture
        regret = best - table.goal.objectives[0](true[chosen]) if chosen in true else np.nan
        rows.append({"evaluations": number, "regret": regret, "hypervolume": front.share(_costs(known[:upto]))})
    return rows


def _feasible(table: Table) -> list[Evaluation]:
    every = list(table.evaluations.values())
    kept = [one for one in every if table.goal.judge(one).is_feasible]
    if not kept:
        raise InvalidInputError(f"race: no architecture of the table keeps {table.goal.constraints}")
    return kept


@dataclass(frozen=True)
class Contest:
    """Two algorithms of a race, seed by seed.

    Attributes:
        first: The one's mean.
        second: The other's.
        difference: Mean over seeds of first minus second.
        error: Standard error of it.
        p: Of Wilcoxon's signed-rank test, two-sided, that there is none; 1 where no seed differs.
    """

    first: float
    second: float
    difference: float
    error: float
    p: float


def contest(frame: pd.DataFrame, first: tuple[str, int], second: tuple[str, int], measure: str = "regret") -> Contest:
    """Holds two algorithms of a race against each other, each at a number of evaluations.

    Args:
        frame: What ``race`` gave.
        first: An algorithm's name and a number of evaluations.
        second: Another's.
        measure: ``regret`` or ``hypervolume``.

    Raises:
        InvalidInputError: The race has no such algorithm, number or measure.
    """
    from scipy import stats

    values = [_by_seed(frame, *one, measure) for one in (first, second)]
    apart = values[0] - values[1]
    p = 1.0 if not apart.any() else float(stats.wilcoxon(apart).pvalue)
    error = float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else np.nan
    return Contest(float(values[0].mean()), float(values[1].mean()), float(apart.mean()), error, p)


def _by_seed(frame: pd.DataFrame, algorithm: str, evaluations: int, measure: str) -> npt.NDArray[np.float64]:
    rows = frame[(frame["algorithm"] == algorithm) & (frame["evaluations"] == evaluations)]
    if rows.empty or measure not in ("regret", "hypervolume"):
        raise InvalidInputError(
            f"contest: expected an algorithm of {sorted(set(frame['algorithm']))}, evaluations of "
            f"{sorted(set(frame['evaluations']))} and regret or hypervolume, got {algorithm}, {evaluations}, {measure}"
        )
    return rows.sort_values("seed")[measure].to_numpy(dtype=np.float64)


def race_table(frame: pd.DataFrame, at: Sequence[int] = (60, 160, 400), measure: str = "regret") -> pd.DataFrame:
    """Returns a row for each algorithm with mean and standard error over seeds, the best at the end first."""
    chosen = frame[frame["evaluations"].isin(list(at))]
    grouped = chosen.groupby(["evaluations", "algorithm"], sort=False)[measure]
    parts = {
        f"{name} after {number}": rows.droplevel("evaluations")
        for number in sorted(set(chosen["evaluations"]))
        for name, values in (("mean", grouped.mean()), ("error", grouped.sem()))
        if len(rows := values[values.index.get_level_values("evaluations") == number])
    }
    last = f"mean after {max(at)}"
    return pd.DataFrame(parts).sort_values(last, ascending=measure == "regret")
