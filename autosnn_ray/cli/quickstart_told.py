"""What the quickstart tells: what is done, why, how long it takes, and numbers as they come."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from autosnn_ray.cli.reproduce import Shown
from autosnn_ray.evaluations import Evaluation
from autosnn_ray.shown import counted, epochs_text

if TYPE_CHECKING:
    from autosnn_ray.algorithms import Candidate, OnResult
    from autosnn_ray.evaluations import Outcome
    from autosnn_ray.evaluators import Predictor
    from autosnn_ray.progress import OnRun
    from autosnn_ray.recipes import Recipe
    from autosnn_ray.space import SearchSpace

_FIRST = 8
"""After so many trainings it is known how long the others take."""


def tell_plan(recipe: Recipe, space: SearchSpace) -> None:
    """Says what will be done, and why, to somebody who has never searched for an architecture."""
    from autosnn_ray.cli.console import console

    predictor, choices = recipe.predictor or {}, max(len(slot.choices) for slot in space.slots)
    top = (recipe.search or {})["top"]
    sample, short, long = predictor["sample"], epochs_text(predictor["epochs"]), epochs_text(recipe.retrain["epochs"])
    console.print(
        "A spiking network computes with spikes, and on neuromorphic hardware each spike costs energy. Wanted is a "
        "network that reads handwritten digits (scikit-learn's 1,797, of 8x8 pixels) accurately and spikes little.\n"
        f"It has {len(space.slots)} slots, in each of which one of {choices} blocks may stand: {space.size:,} "
        "architectures, too many to train them all. Therefore:\n"
        f"  1/3  {sample} of them, each block equally often in each slot, are trained for {short} each, just long "
        "enough to see which blocks do good where;\n"
        f"  2/3  all others are predicted from these, and an evolution of {(recipe.search or {})['candidates']} "
        "candidates finds the best trade of accuracy against spikes;\n"
        f"  3/3  the best {top} are trained for {long}, beside a network built by hand; the one of them that does best "
        "on validation samples counts, and then all are tested, once, on samples that nothing before has looked at.\n"
        "It takes minutes; how many is said as soon as a few networks are trained. Ctrl-C loses nothing, --resume goes "
        "on.",
    )
    console.print()


class Told(Shown):
    """Tells how it goes on: a first number as soon as there is one, and how long the rest takes.

    Args:
        recipe: The recipe that is run, with a predictor.
        started: When the command began, by ``time.monotonic``.
    """

    def __init__(self, recipe: Recipe, started: float) -> None:
        self._short = int((recipe.predictor or {})["epochs"])
        top = int((recipe.search or {})["top"])
        self._long = int(recipe.retrain["epochs"]) * (top + len(recipe.retrain["architectures"]))
        self._started = started
        self._told = 0
        self._first_at = math.nan

    @contextmanager
    def sampling(self) -> Iterator[OnRun | None]:
        """Shows a bar, and the first numbers beside it."""
        with super().sampling() as on_run:

            def told(title: str, candidates: int) -> OnResult:
                shown = on_run(title, candidates) if on_run else None

                def on_result(candidate: Candidate, outcome: Outcome) -> None:
                    self._number(candidate, outcome, candidates)
                    if shown is not None:
                        shown(candidate, outcome)

                return on_result

            yield told

    def _number(self, candidate: Candidate, outcome: Outcome, sample: int) -> None:
        from autosnn_ray.cli.console import console
        from autosnn_ray.space import format_architecture

        self._told += 1
        now = time.monotonic()
        if math.isnan(self._first_at) and isinstance(outcome, Evaluation):
            self._first_at, self._told = now, 1
            console.print(
                f"a first number, after {now - self._started:.0f} seconds: "
                f"{format_architecture(candidate.architecture)} reads {outcome.accuracy:.1%} of the validation digits, "
                f"with {outcome.spikes:,.0f} spikes for each, after {epochs_text(self._short)}"
            )
        elif self._told == _FIRST and sample > _FIRST:
            each = (now - self._first_at) / (_FIRST - 1)
            left = each * (sample - _FIRST), each * self._long / self._short
            console.print(
                f"at this rate {counted(sample - _FIRST, 'further training')} will take {_minutes(left[0])}, those at "
                f"the end {_minutes(left[1])}"
            )

    def fitted(self, predictor: Predictor) -> None:
        """Says what was learned, and what predicted numbers are."""
        from autosnn_ray.cli.console import console

        super().fitted(predictor)
        console.print(
            f"Accuracies below are predicted, for networks trained for {epochs_text(self._short)}: longer training "
            "lifts them all, and it is their order that the search needs.\n"
        )


def _minutes(seconds: float) -> str:
    """Returns a duration as it is said.

    Example:
        >>> _minutes(42.3), _minutes(200.0)
        ('about 40 seconds', 'about 3.3 minutes')
    """
    if seconds < 90:
        return f"about {max(5, 5 * round(seconds / 5))} seconds"
    return f"about {seconds / 60:.1f} minutes"
