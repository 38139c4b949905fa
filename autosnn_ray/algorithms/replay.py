"""Resuming is replaying: a fresh algorithm is fed the journal's events."""

from __future__ import annotations

from collections.abc import Iterable

from autosnn_ray.algorithms.base import AskTell, Candidate
from autosnn_ray.errors import JournalError
from autosnn_ray.evaluations import Failure
from autosnn_ray.journal.events import Ask, Event, Fail, Tell


def replay(state: AskTell, events: Iterable[Event]) -> None:
    """Brings a fresh state to where the journal ends; ``state.pending`` is then to be evaluated again.

    Args:
        state: A state to which nothing was asked or told yet.
        events: The journal's events, in order.

    Raises:
        JournalError: The algorithm does not propose what the journal says it did.
    """
    for number, event in enumerate(events, start=1):
        if isinstance(event, Ask):
            _check(state.ask(), event, number)
        elif isinstance(event, Tell):
            state.tell(event.index, event.evaluation)
        elif isinstance(event, Fail):
            state.tell(event.index, Failure(event.reason, event.attempts))


def _check(proposed: Candidate | None, event: Ask, number: int) -> None:
    written = Candidate(event.index, event.architecture, event.origin, event.parents, event.generation)
    if proposed != written:
        raise JournalError(
            f"journal line {number}: the algorithm proposes {proposed}, the journal holds {written}; the run was "
            "made by another version of the algorithm and cannot go on"
        )
