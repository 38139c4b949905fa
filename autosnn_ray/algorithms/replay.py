"""Resuming is replaying: a fresh algorithm is fed the journal's events."""

from __future__ import annotations

from collections.abc import Iterable

from autosnn_ray.algorithms.base import AskTell, Candidate, OnResult
from autosnn_ray.errors import JournalError
from autosnn_ray.evaluations import Failure, Outcome
from autosnn_ray.journal.events import Ask, Event, Fail, Tell


def replay(state: AskTell, events: Iterable[Event], on_result: OnResult | None = None) -> None:
    """Brings a fresh state to where the journal ends; ``state.pending`` is then to be evaluated again.

    Args:
        state: A state to which nothing was asked or told yet.
        events: The journal's events, in order.
        on_result: Told of every candidate and its outcome again, so that a progress bar goes on where it stood.

    Raises:
        JournalError: The algorithm does not propose what the journal says it did.
    """
    asked: dict[int, Candidate] = {}
    for number, event in enumerate(events, start=1):
        if isinstance(event, Ask):
            written = _written(event)
            asked[event.index] = _check(state.ask(written), written, number)
        elif isinstance(event, Tell | Fail):
            outcome: Outcome = event.evaluation if isinstance(event, Tell) else Failure(event.reason, event.attempts)
            state.tell(event.index, outcome)
            if on_result:
                on_result(asked[event.index], outcome)


def _written(event: Ask) -> Candidate:
    return Candidate(
        event.index,
        event.architecture,
        event.origin,
        event.parents,
        event.generation,
        event.repetition,
        event.repeated,
    )


def _check(proposed: Candidate | None, written: Candidate, number: int) -> Candidate:
    if proposed != written:
        raise JournalError(
            f"journal line {number}: the algorithm proposes {proposed}, the journal holds {written}; the run was "
            "made by another version of the algorithm and cannot go on"
        )
    return written
