"""What the last round of successive halving shows, and what it does not."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from autosnn_ray.studies.placed import Finalist


@dataclass(frozen=True)
class Verdict:
    """What the last round of successive halving shows.

    Attributes:
        is_above_chance: Whether the winner is better than always naming the commonest class.
        chance: The accuracy of that.
        is_told_apart: Whether first and second differ by more than the seeds do; None where that cannot be said: fewer
            than two seeds, or nobody beside the winner.
        difference: Mean fitness of the first less that of the second, over the same seeds.
        low: Lower end of Student's 95 % interval of that difference.
        high: Its upper end.
        seeds: How many it rests on.
    """

    is_above_chance: bool
    chance: float
    is_told_apart: bool | None = None
    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan
    seeds: int = 0

    @property
    def warnings(self) -> list[str]:
        """What must be said beside a winner's name; empty where it has earned it."""
        found = []
        if not self.is_above_chance:
            found.append(
                f"nothing is better than chance ({self.chance:.1%}): a fitness rewards networks that hardly fire, and "
                "so the winner is what does least. Train longer (`autosnn-ray halving` has --epochs), or ask for an "
                f"accuracy (--constraint 'accuracy>={min(1.0, 2 * self.chance):.2f}')"
            )
        if self.is_told_apart is False:
            found.append(
                f"first and second cannot be told apart: their fitness differs by {self.difference:+.4f} "
                f"({self.low:+.4f} to {self.high:+.4f}) over the same "
                f"{self.seeds} seeds; take either, or more seeds (`autosnn-ray halving` has --seeds)"
            )
        return found


def judge(finalists: Sequence[Finalist], chance: float) -> Verdict | None:
    """Says what the last round shows; None where nobody reached it.

    Args:
        finalists: What ``successive_halving`` returned.
        chance: Accuracy of always naming the commonest class, ``Dataset.chance``.
    """
    last = [one for one in finalists if one.round == max((other.round for other in finalists), default=0)]
    if not last:
        return None
    winner = last[0]
    accuracy = statistics.fmean(one.accuracy for one in winner.evaluations)
    samples = max(1, winner.evaluations[0].samples)
    # One-sided, at about 2.3 standard errors, as with a supernet's paths.
    is_above = accuracy > chance + 2.33 * math.sqrt(chance * (1 - chance) / samples)
    seeds = len(winner.fitnesses)
    if len(last) < 2 or seeds < 2:
        return Verdict(is_above, chance)
    pairs = [first - second for first, second in zip(winner.fitnesses, last[1].fitnesses, strict=True)]
    mean = statistics.fmean(pairs)
    from scipy import stats  # half a second of a core to import

    half = float(stats.t.ppf(0.975, seeds - 1)) * statistics.stdev(pairs) / math.sqrt(seeds)
    return Verdict(is_above, chance, not mean - half <= 0 <= mean + half, mean, mean - half, mean + half, seeds)
