"""How well two orderings of the same architectures agree, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
REGRETS = (1, 5, 10)
RESAMPLES = 500
_FEW = 200
"""Up to so many architectures it is quicker to go through all pairs than to call scipy, which sorts."""


@dataclass(frozen=True)
class Figure:
    """A number with its bootstrap interval.

    Attributes:
        value: The number, from all architectures.
        low: Lower end of the 95 % interval over resampled architectures.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return self.text(2)

    def text(self, digits: int) -> str:
        """Returns value and interval with some digits after the point; ``-`` where it is not defined.

        Example:
            >>> Figure(0.5, 0.25, 0.75).text(2)
            '0.50 (0.25 to 0.75)'
        """
        if not np.isfinite(self.value):
            return "-"
        return f"{self.value:,.{digits}f} ({self.low:,.{digits}f} to {self.high:,.{digits}f})"


@dataclass(frozen=True)
class Scores:
    """One judge's opinion of some architectures.

    Attributes:
        worth: What the judge says each is worth; more is better.
        order: The same with ties broken, for ordering: any numbers that rise with worth.
    """

    worth: Floats
    order: Floats


def scores(worth: npt.ArrayLike, loss: npt.ArrayLike | None = None) -> Scores:
    """Makes scores whose ties are broken by a smooth loss, where there is one; less loss is better.

    Example:
        >>> scores([0.9, 0.9, 0.5], loss=[0.3, 0.1, 0.2]).order.tolist()
        [1.0, 2.0, 0.0]
    """
    values = np.asarray(worth, dtype=np.float64)
    smooth = np.zeros_like(values) if loss is None else np.nan_to_num(-np.asarray(loss, dtype=np.float64), nan=0.0)
    distinct, order = np.unique(np.stack([values, smooth], axis=1), axis=0, return_inverse=True)
    return Scores(values, order.reshape(-1).astype(np.float64) if len(distinct) else values)


def kendall_tau(judge: Scores, truth: Scores) -> float:
    """Returns Kendall's tau-b: 1 for the same order, 0 for no relation, NaN where one judge tells none apart."""
    if len(judge.order) > _FEW:
        from scipy import stats  # half a second of a core to import

        return float(stats.kendalltau(judge.order, truth.order).statistic)
    own, true = (np.sign(np.subtract.outer(one.order, one.order)) for one in (judge, truth))
    return _cosine(own.ravel(), true.ravel())


def spearman(judge: Scores, truth: Scores) -> float:
    """Returns Spearman's correlation of ranks, NaN where one judge tells none apart."""
    from scipy import stats

    own, true = (stats.rankdata(one.order) for one in (judge, truth))
    return _cosine(own - own.mean(), true - true.mean())


def _cosine(one: Floats, other: Floats) -> float:
    norm = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / norm) if norm > 0 else float("nan")


def regret(judge: Scores, truth: Scores, top: int) -> float:
    """Returns what is lost by looking only at the judge's best: true worth of the best, less that of the best of them.

    Example:
        >>> judge, truth = scores([3.0, 2.0, 1.0]), scores([0.5, 0.9, 0.8])
        >>> regret(judge, truth, 1), regret(judge, truth, 2)
        (0.4, 0.0)
    """
    chosen = np.argsort(-judge.order, kind="stable")[:top]
    return float(truth.worth.max() - truth.worth[chosen].max())


Measure = Callable[[Scores, Scores], float]
MEASURES: dict[str, Measure] = {
    "tau": kendall_tau,
    "spearman": spearman,
    **{f"regret_{top}": lambda judge, truth, top=top: regret(judge, truth, top) for top in REGRETS},  # type: ignore[misc]
}
"""Every measure of agreement by name."""


def agreement(
    pairs: Sequence[tuple[Scores, Scores]], rng: np.random.Generator, resamples: int = RESAMPLES
) -> dict[str, Figure]:
    """Measures the agreement of judges with truths, averaged over the pairs.

    Args:
        pairs: Each a judge and a truth over the same architectures: one evaluator with each seed of the truth, or
            for the ceiling each seed with each other.
        rng: What resamples are drawn from.
        resamples: Bootstrap resamples of the architectures.

    Returns:
        A figure for each of ``MEASURES``; NaN where it is not defined.
    """
    rows = _resampled(len(pairs[0][0].worth), rng, resamples)
    return {name: _figure(np.array([_mean(measure, pairs, row) for row in rows])) for name, measure in MEASURES.items()}


@dataclass(frozen=True)
class Difference(Figure):
    """A difference of two numbers from the same architectures, with its paired bootstrap interval.

    Attributes:
        p_value: Twice the share of resamples in which the difference is not on the side of most, at most 1: how well
            chance alone, in which architectures were drawn, would explain it. NaN where there is no difference to tell.
    """

    p_value: float


def paired_differences(
    one: Sequence[tuple[Scores, Scores]],
    other: Sequence[tuple[Scores, Scores]],
    measures: Sequence[str],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> dict[str, Difference]:
    """Measures by how much one judge agrees better with the truth than another does, on the same architectures.

    Both are judged by the same resamples, so that what an architecture does to both cancels out.

    Args:
        one: A judge and a truth, for each seed of the truth.
        other: Another judge and the same truths.
        measures: Of ``MEASURES``; of a regret less is better.
        rng: What resamples are drawn from.
        resamples: Bootstrap resamples of the architectures.

    Returns:
        For each measure what ``one`` has more of it than ``other``.
    """
    rows = _resampled(len(one[0][0].worth), rng, resamples)
    found = {}
    for name in measures:
        measure = MEASURES[name]
        values = np.array([_mean(measure, one, row) - _mean(measure, other, row) for row in rows])
        figure, known = _figure(values), values[1:][np.isfinite(values[1:])]
        below, above = (known <= 0).sum(), (known >= 0).sum()
        # One is added to what is counted: no bootstrap shows a chance of nothing.
        p_value = min(1.0, 2 * (1 + min(below, above)) / (1 + len(known))) if len(known) else np.nan
        p_value = p_value if np.isfinite(figure.value) else np.nan
        found[name] = Difference(figure.value, figure.low, figure.high, float(p_value))
    return found


def _resampled(count: int, rng: np.random.Generator, resamples: int) -> list[npt.NDArray[np.int64]]:
    """Returns all rows, then so many draws of them with replacement."""
    return [np.arange(count), *(rng.integers(count, size=count) for _ in range(resamples))]


def _figure(values: Floats) -> Figure:
    """Makes a figure of what all rows gave, and each resample."""
    spread = values[1:][np.isfinite(values[1:])]
    low, high = np.quantile(spread, [0.025, 0.975]) if len(spread) else (np.nan, np.nan)
    return Figure(float(values[0]), float(low), float(high))


def _mean(measure: Measure, pairs: Sequence[tuple[Scores, Scores]], rows: npt.NDArray[np.int64]) -> float:
    def part(whole: Scores) -> Scores:
        return Scores(whole.worth[rows], whole.order[rows])

    return float(np.mean([measure(part(judge), part(truth)) for judge, truth in pairs]))
