"""Draws architectures that are new: of a whole space, or of the part of it that is admitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from autosnn_ray.errors import InvalidInputError
from autosnn_ray.space import Architecture, SearchSpace

LISTED_AT_MOST = 1_000_000
"""Spaces up to this size are listed: for what is admitted, and when random draws no longer find what is unseen."""

MOST_DRAWS = 100_000
"""Draws of a larger space in a row after which what is admitted counts as used up."""

_DRAWN_EACH = 20
"""Draws for each architecture of a balanced sample of a part of a space."""

Admits = Callable[[Architecture], bool]
"""Says whether an architecture may be proposed."""


class Draws:
    """Draws architectures of a space, none twice.

    Args:
        space: Where they come from.
        rng: What every random draw comes from.

    Attributes:
        given: How many were given to begin with.
        beyond: How many of these are left out otherwise.
    """

    def __init__(self, space: SearchSpace, rng: np.random.Generator) -> None:
        self.space, self.rng = space, rng
        self._seen: set[Architecture] = set()
        self._shuffled: list[Architecture] | None = None
        self._admits: Admits | None = None
        self._admitted: npt.NDArray[np.int64] | None = None
        self._used = [Counter[str]() for _ in space.slots]
        self._first: list[Architecture] = []
        self.given = self.beyond = 0

    def take_first(self, architectures: Iterable[Architecture], most: int) -> None:
        """Takes architectures that are given, to be proposed first, and marks them seen.

        Called before ``restrict``: what is given is not left out.

        Args:
            architectures: Each once.
            most: How many may be given.

        Raises:
            InvalidInputError: One stands there twice, or there are more; or something is left out already.
        """
        if self.restricted:
            raise InvalidInputError(
                "begin_with: expected before restrict, which leaves out none that is given; got after"
            )
        wanted = list(architectures)
        taken = self.take_new(wanted, len(wanted))
        if len(taken) < len(wanted) or len(wanted) > most:
            raise InvalidInputError(
                f"begin_with: expected no more than {most} architectures, each once, got {len(wanted)} "
                f"({len(set(wanted))} different)"
            )
        self._first, self.given = taken, len(taken)

    def restrict(self, admits: Admits) -> None:
        """Leaves architectures out: none that is not admitted is drawn, nor counted as part of the space.

        Called before anything is drawn. A space that can be listed is listed: ``size`` is then of what is admitted.

        Args:
            admits: Says it of an architecture; the same whenever it is asked.
        """
        self._admits = admits
        self.beyond = sum(not admits(one) for one in self._first)
        if self.space.size <= LISTED_AT_MOST:
            every = enumerate(self.space.enumerate())
            self._admitted = np.array([place for place, one in every if admits(one)], dtype=np.int64)

    @property
    def restricted(self) -> bool:
        """Whether a part of the space is left out."""
        return self._admits is not None

    @property
    def size(self) -> int:
        """How many architectures there are to draw; of a part of a space too large to be listed, all of the space."""
        return self.space.size if self._admitted is None else len(self._admitted)

    def draw_new(self, count: int, draws: int) -> list[Architecture]:
        """Draws up to ``count`` architectures uniformly, none seen before, and marks them seen.

        Where ``draws`` draws do not find enough, the unseen of a space that can be listed are listed.
        """
        found = self.take_new((self._draw() for _ in range(draws)), count)
        if len(found) < count and self.space.size <= LISTED_AT_MOST:
            return found + self.take_new(self._unseen_shuffled(), count - len(found))
        while len(found) < count:
            another = self.take_new((self._draw() for _ in range(MOST_DRAWS)), 1)
            if not another:
                break
            found += another
        return found

    def draw_balanced(self) -> list[Architecture]:
        """Draws architectures in which each choice of each slot occurs equally often; none is marked seen.

        Of a part of a space, as far as it goes: each is, of some unseen ones that are drawn, the one whose choices were
        drawn least so far. Where the draws find none, there are fewer, or none.
        """
        if not self.restricted:
            return self.space.sample_balanced(self.rng)
        found: list[Architecture] = []
        for _ in range(max(len(slot.choices) for slot in self.space.slots)):
            drawn = [one for one in (self._draw() for _ in range(_DRAWN_EACH)) if self._is_new(one)]
            if drawn:
                found.append(min(drawn, key=self._times_used))
                for used, choice in zip(self._used, found[-1], strict=True):
                    used[choice] += 1
        return found

    def take_new(self, drawn: Iterable[Architecture], count: int) -> list[Architecture]:
        """Keeps the first ``count`` admitted that were never seen, and marks them; draws no further than needed."""
        found: list[Architecture] = []
        source: Iterator[Architecture] = iter(drawn)
        while len(found) < count:
            architecture = next(source, None)
            if architecture is None:
                break
            if self._is_new(architecture):
                self._seen.add(architecture)
                found.append(architecture)
        return found

    def _is_new(self, architecture: Architecture) -> bool:
        return architecture not in self._seen and (self._admits is None or self._admits(architecture))

    def _times_used(self, architecture: Architecture) -> int:
        return sum(used[choice] for used, choice in zip(self._used, architecture, strict=True))

    def _draw(self) -> Architecture:
        if self._admitted is None or not len(self._admitted):
            return self.space.sample(self.rng)
        return self.space.at(int(self._admitted[self.rng.integers(len(self._admitted))]))

    def _unseen_shuffled(self) -> Iterator[Architecture]:
        """Yields the unseen in random order. Listed once: a list for every ask would cost the whole space each."""
        if self._shuffled is None:
            every = self.space.enumerate() if self._admitted is None else map(self.space.at, self._admitted.tolist())
            unseen = [a for a in every if a not in self._seen]
            self._shuffled = [unseen[int(position)] for position in self.rng.permutation(len(unseen))]
        while self._shuffled:
            yield self._shuffled.pop()


def some_of(space: SearchSpace) -> Iterator[Architecture]:
    """Draws architectures uniformly, the same ones each time: so many that a search would give up after them.

    Args:
        space: Where they come from.
    """
    rng = np.random.default_rng(0)
    return (space.sample(rng) for _ in range(MOST_DRAWS))
