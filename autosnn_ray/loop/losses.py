"""Candidates that were lost with the process, or the node, that evaluated them: when to try again, and when not."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from autosnn_ray.algorithms import Candidate
from autosnn_ray.errors import AutoSNNError

_TRIES = 3
"""How often a candidate is started before it is failed."""

_PAUSE_SECONDS = 5.0
"""How long one that was lost twice waits: idle actors of a node that just died would lose it a third time."""

_HOPELESS = 3
"""So many candidates given up, and none evaluated: it is not the candidates."""


class Losses:
    """Keeps account of lost candidates, and says when each is tried again, and when it is given up."""

    def __init__(self) -> None:
        self._losses: Counter[int] = Counter()
        self._waiting: list[tuple[float, Candidate]] = []
        self._given_up: list[Candidate] = []
        self._works = False

    def add(self, candidates: Sequence[Candidate]) -> None:
        """Takes candidates whose trial was lost; each is tried again by itself, as one of them may be why.

        Raises:
            AutoSNNError: The processes that evaluate die, whatever the candidate.
        """
        for candidate in candidates:
            self._losses[candidate.index] += 1
            lost = self._losses[candidate.index]
            if lost < _TRIES:
                self._waiting.append((time.monotonic() + _PAUSE_SECONDS * (lost - 1), candidate))
            else:
                self._given_up.append(candidate)
        if not self._works and len(self._given_up) >= _HOPELESS:
            raise AutoSNNError(
                f"the evaluating process died with each of the first {_HOPELESS} candidates, {_TRIES} times each, and "
                "none has been evaluated: none of them is failed for that. "
                "ray.log in the run's folder says why; most often "
                "the nodes lack a package, or the evaluator's module (see runtime_env), or memory. Mend it and resume"
            )

    def works(self) -> None:
        """Says that a candidate was evaluated: from now on it is the fault of a candidate that ends its process."""
        self._works = True

    def attempts(self, index: int) -> int:
        """Returns how often a candidate was started, its present start among them."""
        return self._losses[index] + 1

    def again(self) -> Candidate | None:
        """Takes a candidate that is to be tried again now."""
        now = time.monotonic()
        for position, (when, candidate) in enumerate(self._waiting):
            if when <= now:
                del self._waiting[position]
                return candidate
        return None

    def failed(self, *, last: bool) -> list[tuple[Candidate, int]]:
        """Takes those that are given up, and how often each was started.

        Args:
            last: There is nothing else to try; otherwise none is given up before any was evaluated.
        """
        if not self._works and (not last or self._waiting):
            return []
        found, self._given_up = self._given_up, []
        return [(candidate, self._losses[candidate.index]) for candidate in found]
